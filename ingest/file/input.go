package file

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/burstwatch/burstwatch/ingest"
)

// noClose leaves standard input open, and can be read at offsets.
type noClose struct{ *os.File }

// Close does nothing.
func (noClose) Close() error { return nil }

// inputPause is how long nothing must come on standard input for what has come
// to be handed on.
const inputPause = 200 * time.Millisecond

// emitInput hands standard input on. Its records have no position to be kept:
// what was read of it cannot be read again.
func (s *source) emitInput(ctx context.Context, out ingest.Emitter) error {
	if s.inputTaken {
		return nil
	}
	in := s.env.In
	if in == nil {
		return errors.New("standard input is not to be had here")
	}
	s.inputTaken = true
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			o := Stdin(in, s.env.Name)
			s.label(o)
			return ignoreStop(ctx, out.Object(ctx, o))
		}
	}
	body := pumpInput(ctx, in)
	first, err := body.first()
	if err != nil {
		return ignoreStop(ctx, err)
	}
	o := &ingest.Object{Origin: inputOrigin(first, s.env.Name), Body: body, Size: -1}
	s.label(o)
	return ignoreStop(ctx, out.Object(ctx, o))
}

func (s *source) label(o *ingest.Object) {
	o.Origin.Dataset, o.Origin.Format = s.options.Dataset, s.options.Format
}

// ignoreStop makes nothing of an error that only says that ctx has ended.
func ignoreStop(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// input is standard input that pauses: whatever has come is handed on when no
// more follows. A read of it cannot be called off, so that it is read by a
// goroutine of its own, which ends with the input or the process.
type input struct {
	ctx    context.Context
	chunks chan []byte
	end    error // once chunks is closed
	rest   []byte
	idle   bool
	closed sync.Once
	done   chan struct{}
}

func pumpInput(ctx context.Context, in io.Reader) *input {
	p := &input{ctx: ctx, chunks: make(chan []byte), done: make(chan struct{})}
	go p.pump(in)
	return p
}

func (p *input) pump(in io.Reader) {
	defer close(p.chunks)
	for {
		b := make([]byte, 64<<10)
		n, err := in.Read(b)
		if n > 0 {
			select {
			case p.chunks <- b[:n]:
			case <-p.done:
				return
			}
		}
		if err != nil {
			p.end = err
			return
		}
	}
}

// first waits for the first bytes, and returns up to printSize of them without
// taking them.
func (p *input) first() ([]byte, error) {
	select {
	case b := <-p.chunks: // nil at the end
		p.rest = b
	case <-p.ctx.Done():
		return nil, p.ctx.Err()
	}
	return p.rest[:min(len(p.rest), printSize)], nil
}

// Read returns what has come; ErrIdle once when nothing has for a while.
func (p *input) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		if err := p.more(); err != nil {
			return 0, err
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	p.idle = false
	return n, nil
}

func (p *input) more() error {
	var pause <-chan time.Time
	if !p.idle {
		t := time.NewTimer(inputPause)
		defer t.Stop()
		pause = t.C
	}
	select {
	case b, ok := <-p.chunks:
		if !ok {
			return p.end
		}
		p.rest = b
		return nil
	case <-pause:
		p.idle = true
		return ingest.ErrIdle
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

// Close gives the input up.
func (p *input) Close() error {
	p.closed.Do(func() { close(p.done) })
	return nil
}
