package window_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/window"
)

var openEntries = flag.Int("entries", 100_000, "how many window entries BenchmarkOpenEntries holds open")

// BenchmarkOpenEntries is what open window entries cost, ten in each group: on
// disk, in memory at the most, and to take in. The bounds are 1 GB of disk and 200 MB
// of memory for ten million:
//
//	go test ./rules/window -run ^$ -bench OpenEntries -benchtime 1x -entries 10000000
func BenchmarkOpenEntries(b *testing.B) {
	entries := *openEntries
	batch := max(1000, entries/1000) // so that it is not the disk's syncs that are measured
	many := ruleOf("many", detect.Span{Bucket: 24 * time.Hour})
	n := 0
	many.observe = func(ev *event.Event, out *detect.Notes) {
		for range batch {
			id := event.HashID(&event.Scratch{}, fmt.Append(nil, n))
			out.Add(detect.Note{Group: fmt.Appendf(nil, "person%d@studio.example", n%(entries/10)), Time: int64(n) * 1e6, ID: id, Value: []byte("203.0.113.7")})
			n++
		}
	}
	many.judge = func(*detect.Window) []detect.Case { return nil }
	set := testSet(b, many)
	for b.Loop() {
		n = 0
		s, err := state.Open(vfs.Default, b.TempDir(), quiet)
		if err != nil {
			b.Fatal(err)
		}
		e, err := window.Open(s, set, window.Options{Now: time.Now})
		if err != nil {
			b.Fatal(err)
		}
		w := e.Worker()
		peak := peakMemory{}
		for n < entries {
			if err := e.Commit([]*window.Found{w.Batch(batchOf([]record{{at: 1, id: n, name: "Deny", user: "x"}}))}, nil); err != nil {
				b.Fatal(err)
			}
			peak.look()
		}
		if kept := e.Stats().Entries; kept != int64(entries) {
			b.Fatalf("%d entries are kept of %d", kept, entries)
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(e.Stats().Disk)/1e6, "disk-MB")
		b.ReportMetric(float64(m.HeapInuse)/1e6, "heap-MB")
		b.ReportMetric(float64(peak.most)/1e6, "anon-MB")
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(entries), "ns/entry")
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// peakMemory is the most anonymous memory that the process had, looked at now and
// then: the store's own is not Go's. 0 where the system does not tell.
type peakMemory struct {
	calls int
	most  int64
}

func (p *peakMemory) look() {
	if p.calls++; p.calls%4 != 0 {
		return
	}
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	if f := strings.Fields(rest); len(f) > 0 {
		kb, _ := strconv.ParseInt(f[0], 10, 64)
		p.most = max(p.most, kb<<10)
	}
}
