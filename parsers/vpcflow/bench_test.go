package vpcflow

import (
	"bytes"
	"io"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

// BenchmarkGunzip is what the others are measured against: unpacking the same
// bytes.
func BenchmarkGunzip(b *testing.B) {
	plain := sample(4 << 20)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(plain)
	w.Close()
	buf := make([]byte, 256<<10)
	z := new(gzip.Reader)
	in := bytes.NewReader(nil)
	b.SetBytes(int64(len(plain)))
	for b.Loop() {
		in.Reset(packed.Bytes())
		if err := z.Reset(in); err != nil {
			b.Fatal(err)
		}
		for {
			if _, err := z.Read(buf); err == io.EOF {
				break
			}
		}
	}
}

// BenchmarkParse finds the columns and the time, and no more.
func BenchmarkParse(b *testing.B) {
	each(b, func(*event.Event) {})
}

// BenchmarkDocument makes the whole ECS document of each event.
func BenchmarkDocument(b *testing.B) {
	var fields []event.Field
	var s event.Scratch
	out := make([]byte, 0, 4<<10)
	each(b, func(ev *event.Event) {
		s.Reset()
		fields = ev.Schema.Fields(fields[:0], ev, &s)
		out = event.AppendDocument(out[:0], fields)
	})
	b.ReportMetric(float64(len(out)), "B/document")
}

// BenchmarkEvent makes the same documents the short way, where there is one.
func BenchmarkEvent(b *testing.B) {
	var fields []event.Field
	var s event.Scratch
	out := make([]byte, 0, 300<<10)
	each(b, func(ev *event.Event) {
		s.Reset()
		if out, fields = event.AppendEvent(out, ev, fields, &s); len(out) > 256<<10 {
			out = out[:0]
		}
	})
}

// BenchmarkFields makes the fields, but no document of them.
func BenchmarkFields(b *testing.B) {
	var fields []event.Field
	var s event.Scratch
	each(b, func(ev *event.Event) {
		s.Reset()
		fields = ev.Schema.Fields(fields[:0], ev, &s)
	})
}

func each(b *testing.B, do func(*event.Event)) {
	plain := sample(4 << 20)
	p := Spec().New(parsers.Options{})
	batch := event.NewBatch(1<<20, nil)
	events := 0
	b.ReportAllocs()
	b.SetBytes(int64(len(plain)))
	for b.Loop() {
		p.Reset(&testOrigin, nil)
		for at := 0; at < len(plain); {
			window := plain[at:min(at+1<<20, len(plain))]
			batch.Reuse(nil)
			batch.Origin = &testOrigin
			n, err := p.Parse(window, int64(at), at+len(window) == len(plain), batch)
			if err != nil || len(batch.Rejects) > 0 {
				b.Fatal(err, batch.Rejects)
			}
			for i := range batch.Events {
				do(&batch.Events[i])
			}
			at += n
			events += len(batch.Events)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
}
