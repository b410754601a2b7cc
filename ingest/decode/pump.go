package decode

import (
	"errors"
	"io"
	"iter"

	"github.com/burstwatch/burstwatch/ingest"
)

// pump turns a decoder that writes into a stream that is read. The decoder runs
// as a coroutine (iter.Pull: a direct switch, about 100 ns, no scheduler), which
// buys two things: it may pause in the middle of a block where a body is idle,
// though every error is final to an inflater; and inflate's own window is copied
// once, to where the caller wants it.
type pump struct {
	next  func() (error, bool)
	stop  func()
	yield func(error) bool
	dst   []byte
	n     int
	err   error
}

var errStopped = errors.New("decode: closed")

// start sets run to write the content. It begins at the first read.
func (p *pump) start(run func(w io.Writer) error) {
	p.next, p.stop = iter.Pull(func(yield func(error) bool) {
		p.yield = yield
		if p.err = run(p); p.err == nil {
			p.err = io.EOF
		}
	})
}

func (p *pump) read(dst []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	p.dst, p.n = dst, 0
	err, more := p.next()
	p.dst = nil
	if !more {
		err = p.err
	}
	return p.n, err
}

// Write is called by the decoder. It pauses whenever the caller's memory is full.
func (p *pump) Write(b []byte) (int, error) {
	all := len(b)
	for {
		n := copy(p.dst[p.n:], b)
		p.n += n
		if b = b[n:]; len(b) == 0 {
			return all, nil
		}
		if !p.yield(nil) {
			return all - len(b), errStopped
		}
	}
}

// patient is the body as a decoder sees it: where it is idle the whole decoder
// pauses, and its caller is told.
type patient struct {
	body *source
	pump *pump
}

func (p patient) Read(b []byte) (int, error) {
	for {
		n, err := p.body.Read(b)
		if !errors.Is(err, ingest.ErrIdle) {
			return n, err
		}
		if !p.pump.yield(ingest.ErrIdle) {
			return 0, errStopped
		}
	}
}

// end stops a decoder that is not done.
func (p *pump) end() {
	if p.stop != nil {
		p.stop()
	}
	if p.err == nil {
		p.err = errStopped
	}
}
