package reader

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

// messages reads an object whose records are framed already: each message is
// told apart and parsed by itself, and as many as fit share a batch.
func (r *Reader) messages(ctx context.Context, b *event.Batch, next func() *event.Batch, out func(*event.Batch) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		room := cap(b.Buf) - len(b.Buf)
		text, from, err := r.object.Messages.Next(b.Buf[len(b.Buf):])
		switch {
		case errors.Is(err, io.EOF):
			r.held = nil
			return out(b)
		case errors.Is(err, ingest.ErrIdle):
			if b, err = r.turnOver(b, next, out); err != nil {
				return err
			}
			continue
		case err != nil:
			return fmt.Errorf("read %s at message %d: %w", r.object.Origin.Name, r.base, err)
		case len(text) > room:
			if b, err = r.turnOver(b, next, out); err != nil {
				return err
			}
		}
		if err := r.message(b, place(b, text), from); err != nil {
			return err
		}
	}
}

// turnOver hands a batch on and begins the next one, unless it is empty.
func (r *Reader) turnOver(b *event.Batch, next func() *event.Batch, out func(*event.Batch) error) (*event.Batch, error) {
	if b.End == b.Start {
		return b, nil
	}
	fresh := r.label(next())
	return fresh, out(b)
}

// place is text in the memory of the batch, where it lies already if it was
// appended in place. One that is larger than the batch brings its own memory.
func place(b *event.Batch, text []byte) []byte {
	at := len(b.Buf)
	if at == 0 && len(text) > cap(b.Buf) {
		b.Buf = text
	} else {
		b.Buf = append(b.Buf, text...)
	}
	return b.Buf[at:len(b.Buf):len(b.Buf)]
}

// message parses one message. It is known by its own origin, which its events
// and rejects name instead of the batch's.
func (r *Reader) message(b *event.Batch, text []byte, from *event.Origin) error {
	i, err := r.familyOf(from, text)
	if err != nil {
		return err
	}
	whole, rejects := b.Origin, len(b.Rejects)
	b.Origin = from
	n, failed := 0, errUnknown
	if i >= 0 {
		p := r.parserOf(i)
		p.Reset(from, nil)
		n, failed = p.Parse(text, 0, true, b)
	}
	if failed != nil {
		b.Reject(event.Reject{Offset: int64(n), Raw: text[n:], Reason: failed.Error()})
	}
	b.Origin = whole
	for k := range b.Rejects[rejects:] {
		b.Rejects[rejects+k].Origin = from
	}
	r.base++
	b.End = r.base
	return nil
}

// familyOf tells a message's family. Neighbours are mostly of one, which is asked
// first.
func (r *Reader) familyOf(from *event.Origin, text []byte) (int, error) {
	if from.Dataset == "" && r.near < len(r.o.Specs) &&
		r.o.Specs[r.near].Detect(from.Name, text[:min(len(text), parsers.HeadSize)]) == certain {
		return r.near, nil
	}
	i, err := r.pick("", from, text)
	r.near = max(i, 0)
	return i, err
}

func closeContent(o *ingest.Object) error {
	if o.Messages != nil {
		return o.Messages.Close()
	}
	return o.Body.Close()
}
