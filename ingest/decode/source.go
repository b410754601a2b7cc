package decode

import (
	"errors"
	"io"

	"github.com/burstwatch/burstwatch/ingest"
)

// source reads the body and remembers what it said: a decompressor wraps or
// replaces the errors of what it reads from, so that a broken connection would
// look like a broken file.
type source struct {
	body io.Reader
	// err is the body's failure, nil while it is well, ended or idle.
	err  error
	pos  int64
	idle bool
}

// Read reads the body. Being idle is told once for each time that the body
// says so, never together with bytes.
func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if s.idle {
		s.idle = false
		return 0, ingest.ErrIdle
	}
	n, err := s.body.Read(p)
	s.pos += int64(n)
	switch {
	case err == nil, err == io.EOF:
		return n, err
	case !errors.Is(err, ingest.ErrIdle):
		s.err = err
		return n, err
	case n > 0:
		s.idle = true
		return n, nil
	}
	return 0, ingest.ErrIdle
}
