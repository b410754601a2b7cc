package pipeline

import (
	"context"
	"errors"
	"io"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
)

// lent is the content of an object as its worker gets it: it gives the worker's
// slot back while it waits for more.
func (g *generation) lent(f *flight) (io.ReadCloser, ingest.Messages) {
	w := standing{g: g, flight: f}
	if m := f.object.Messages; m != nil {
		return nil, &messages{m, w}
	}
	return (&body{f.object.Body, w}).as(f.object.Body), nil
}

// standing is how a worker waits for a log to grow: without a slot, and once its
// flight knows that all is read that there is.
type standing struct {
	g      *generation
	flight *flight
	idle   bool // the last read said that there was no more
}

// during reads, by f, with the slot given back if there was no more before.
func (w *standing) during(f func() error) {
	wait := w.idle
	if wait {
		w.flight.source.rests(w.flight, nil)
		w.g.slots.Release(1)
	}
	w.idle = errors.Is(f(), ingest.ErrIdle)
	if wait {
		// Not given up when the pipeline stops: run releases the slot.
		_ = w.g.slots.Acquire(context.Background(), 1)
		w.g.p.turn.take("worker", w.flight.object.Origin.Name)
		w.flight.source.begins(w.flight)
	}
}

// body is a run of bytes.
type body struct {
	io.ReadCloser
	standing
}

// Read reads; after ErrIdle it waits without a slot.
func (b *body) Read(p []byte) (n int, err error) {
	b.during(func() error { n, err = b.ReadCloser.Read(p); return err })
	return n, err
}

// as is the body with what else the object's own can do: Parquet is read at
// offsets.
func (b *body) as(from io.ReadCloser) io.ReadCloser {
	if at, ok := from.(io.ReaderAt); ok {
		return struct {
			*body
			io.ReaderAt
		}{b, at}
	}
	return b
}

// messages are framed already.
type messages struct {
	ingest.Messages
	standing
}

// Next is the next one; after ErrIdle it waits without a slot.
func (m *messages) Next(dst []byte) (text []byte, from *event.Origin, err error) {
	m.during(func() error { text, from, err = m.Messages.Next(dst); return err })
	return text, from, err
}
