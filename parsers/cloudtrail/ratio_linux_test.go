package cloudtrail_test

import (
	"bytes"
	"io"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/burstwatch/burstwatch/internal/event"
)

// BenchmarkRatio reports the user CPU time of parsing, and of parsing with
// documents, as a multiple of gunzip's of the same bytes: the median of pairs
// run one after the other, so that the figure holds on a busy machine.
func BenchmarkRatio(b *testing.B) {
	data := benchFile(b)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(data); err != nil || w.Close() != nil {
		b.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed.Bytes()))
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, benchWindow)
	gunzip := func() {
		if err := r.Reset(bytes.NewReader(packed.Bytes())); err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, err = r.Read(buf)
		}
		if err != io.EOF {
			b.Fatal(err)
		}
		err = nil
	}
	parsing, documents := newRun(data), newRun(data)
	b.Run("parse", func(b *testing.B) {
		ratio(b, gunzip, func() { parsing.parse(b, func(*event.Event) {}) })
	})
	b.Run("documents", func(b *testing.B) {
		ratio(b, gunzip, func() {
			documents.parse(b, func(e *event.Event) {
				documents.fields = documents.batch.Render(e, documents.fields, &documents.s)
				documents.s.Reset()
			})
		})
	})
}

func ratio(b *testing.B, base, work func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	base()
	work()
	var all []float64
	for b.Loop() {
		t0 := userTime(b)
		base()
		t1 := userTime(b)
		work()
		all = append(all, float64(userTime(b)-t1)/float64(t1-t0))
	}
	slices.Sort(all)
	b.ReportMetric(all[len(all)/2], "x-gunzip")
}

// userTime is what the calling thread has used so far.
func userTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	const thread = 1 // RUSAGE_THREAD
	if err := syscall.Getrusage(thread, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano())
}
