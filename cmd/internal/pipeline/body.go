package pipeline

import (
	"context"
	"errors"
	"io"

	"github.com/burstwatch/burstwatch/ingest"
)

// body gives the worker's slot back while it waits for a log to grow.
type body struct {
	io.ReadCloser
	g    *generation
	name string
	idle bool
	// flight is told when all is read that there is.
	flight *flight
}

// Read reads; after ErrIdle it waits without a slot.
func (b *body) Read(p []byte) (int, error) {
	wait := b.idle
	if wait {
		b.flight.source.rests(b.flight, nil)
		b.g.slots.Release(1)
	}
	n, err := b.ReadCloser.Read(p)
	b.idle = errors.Is(err, ingest.ErrIdle)
	if wait {
		// Not given up when the pipeline stops: run releases the slot.
		_ = b.g.slots.Acquire(context.Background(), 1)
		b.g.p.turn.take("worker", b.name)
		b.flight.source.begins(b.flight)
	}
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
