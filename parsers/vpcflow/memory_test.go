package vpcflow

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/internal/event"
)

// TestNothingOfOneOriginIsInAnothersDocument writes records of several origins,
// windows and days in turn, with one memory.
func TestNothingOfOneOriginIsInAnothersDocument(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	origins := []*event.Origin{
		{Name: "s3://bucket/AWSLogs/x.log.gz", Source: "a", Region: "eu-west-1", Account: "111111111111"},
		{Name: "s3://bucket/AWSLogs/y.log.gz", Source: "a", Region: "eu-west-1"},
		{Name: "/var/log/\"flow\".log", Source: "b\\", Account: "2"},
		{Name: strings.Repeat("long/", 80), Source: "b", Region: strings.Repeat("r", 70)},
	}
	var all []*event.Event
	for _, o := range origins {
		var lines strings.Builder
		for range 300 {
			end := []int{86399, 86400, 86401, 10 * 86400, 1793836841}[r.IntN(5)]
			start := end - []int{0, 1, 9, 10, 59, 99, 100, 600, 86000}[r.IntN(9)]
			fmt.Fprintf(&lines, "2 %s eni-1 %d.0.0.%d 10.0.%d.1 %d 443 6 1 1 %d %d %s OK\n", []string{"111111111111", "unknown", "7"}[r.IntN(3)], 9+r.IntN(3), r.IntN(256), r.IntN(256),
				r.IntN(65536), start, end, []string{"ACCEPT", "REJECT"}[r.IntN(2)])
		}
		b := event.NewBatch(0, nil)
		b.Origin = o
		p := Spec().New(optionsOf(1024))
		p.Reset(o, nil)
		if _, err := p.Parse(append(headed(strings.TrimSpace(lines.String())), '\n'), 0, true, b); err != nil {
			t.Fatal(err)
		}
		for i := range b.Events {
			b.Events[i].Created = int64(r.IntN(2)) * 1_700_000_000_123_000_000
			all = append(all, &b.Events[i])
		}
	}
	r.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	var s event.Scratch
	taken := 0
	for _, ev := range all {
		s.Reset()
		if sameDocument(t, ev, &s) {
			taken++
		}
	}
	if taken < len(all)*9/10 {
		t.Errorf("%d of %d written directly", taken, len(all))
	}
}
