package file

import (
	"errors"
	"io/fs"
	"time"
)

// refuse reports a file that cannot be opened, and leaves it alone for a while.
func (s *source) refuse(f sight, err error) {
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	reason := plain(err)
	s.denied[f.path] = denial{reason, s.clock(), f.info.ModTime(), f.info.Mode()}
	s.report(Skipped{f.path, reason, true})
}

// denial is when a file could not be opened, and what it was like.
type denial struct {
	reason   string
	at       time.Duration
	modified time.Time
	mode     fs.FileMode
}

// stillDenied reports whether it is too early to try a file again.
func (s *source) stillDenied(f sight) bool {
	d, ok := s.denied[f.path]
	if !ok {
		return false
	}
	if s.clock()-d.at < deniedWait && d.mode == f.info.Mode() && d.modified.Equal(f.info.ModTime()) && s.options.Follow {
		s.report(Skipped{f.path, d.reason, true})
		return true
	}
	delete(s.denied, f.path)
	return false
}
