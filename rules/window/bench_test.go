package window_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/window"
)

// BenchmarkOpenEntries is what a hundred thousand open window entries cost, ten in each
// group: on disk, in memory, and to take in. The bounds are 10 MB of disk and
// 2 MB of memory for each, beside what the store holds at its least.
func BenchmarkOpenEntries(b *testing.B) {
	const entries, batch = 100_000, 1000
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
		for n < entries {
			if err := e.Commit([]*window.Found{w.Batch(batchOf([]record{{at: 1, id: n, name: "Deny", user: "x"}}))}, nil); err != nil {
				b.Fatal(err)
			}
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(e.Stats().Disk)/1e6, "disk-MB")
		b.ReportMetric(float64(m.HeapInuse)/1e6, "heap-MB")
		b.ReportMetric(float64(m.Sys)/1e6, "sys-MB")
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
