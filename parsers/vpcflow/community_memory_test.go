package vpcflow

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/internal/event"
)

// TestConnectionsThatComeBackHaveTheirOwnIDs writes a few connections again and
// again, both ways and in any order, with one memory, and as many more as it
// takes to drive them out of it.
func TestConnectionsThatComeBackHaveTheirOwnIDs(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	var lines strings.Builder
	for range 4000 {
		a, b := r.IntN(3), r.IntN(3)
		if r.IntN(4) == 0 {
			b = r.IntN(200)
		}
		fmt.Fprintf(&lines, "2 111111111111 eni-1 10.0.0.%d 10.0.0.%d %d %d %d 1 1 86399 86400 ACCEPT OK\n", a, b, 80+r.IntN(2), 80+r.IntN(2), []int{0, 1, 6, 17, 132}[r.IntN(5)])
	}
	o := event.Origin{Name: "x"}
	b := event.NewBatch(0, nil)
	b.Origin = &o
	p := Spec().New(optionsOf(1024))
	p.Reset(&o, nil)
	if _, err := p.Parse(append(headed(strings.TrimSpace(lines.String())), '\n'), 0, true, b); err != nil {
		t.Fatal(err)
	}
	var s event.Scratch
	taken := 0
	for i := range b.Events {
		if sameDocument(t, &b.Events[i], &s) {
			taken++
		}
	}
	if taken < 3900 {
		t.Errorf("%d of 4000 written directly", taken)
	}
}
