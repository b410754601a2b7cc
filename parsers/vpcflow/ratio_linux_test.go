package vpcflow

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
	"github.com/burstwatch/burstwatch/parsers"
)

// BenchmarkRatio reports user CPU time as a multiple of gunzip's of the same
// bytes: the median of pairs run one right after the other, so that the figure
// holds on a busy machine.
func BenchmarkRatio(b *testing.B) {
	plain := sample(16 << 20)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(plain); err != nil || w.Close() != nil {
		b.Fatal(err)
	}
	z, in, buf := new(gzip.Reader), bytes.NewReader(nil), make([]byte, 64<<10)
	gunzip := func() {
		in.Reset(packed.Bytes())
		err := z.Reset(in)
		for err == nil {
			_, err = z.Read(buf)
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
	p, batch := Spec().New(parsers.Options{}), event.NewBatch(0, nil)
	var s event.Scratch
	var fields []event.Field
	out := make([]byte, 0, 300<<10)
	parse := func(do func(*event.Event)) {
		p.Reset(&testOrigin, nil)
		for at := 0; at < len(plain); {
			batch.Reuse(nil)
			batch.Origin = &testOrigin
			end := min(at+256<<10, len(plain))
			n, err := p.Parse(plain[at:end], int64(at), end == len(plain), batch)
			if err != nil || len(batch.Rejects) > 0 {
				b.Fatal(err)
			}
			for i := range batch.Events {
				s.Reset()
				do(&batch.Events[i])
			}
			at += n
		}
	}
	b.Run("parse", func(b *testing.B) { ratio(b, gunzip, func() { parse(func(*event.Event) {}) }) })
	b.Run("events", func(b *testing.B) {
		ratio(b, gunzip, func() {
			parse(func(ev *event.Event) {
				if out, fields = event.AppendEvent(out, ev, fields, &s); len(out) > 256<<10 {
					out = out[:0]
				}
			})
		})
	})
	b.Run("general", func(b *testing.B) {
		ratio(b, gunzip, func() {
			parse(func(ev *event.Event) {
				fields = ev.Schema.Fields(fields[:0], ev, &s)
				if out = event.AppendDocument(out, fields); len(out) > 256<<10 {
					out = out[:0]
				}
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
