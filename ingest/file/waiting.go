package file

import (
	"fmt"
	"io"
	"time"
)

// finished reports whether a file is left at its end without waiting: nothing
// was written to it for long, or for some time and others wait for its place.
func (r *reading) finished() bool {
	o, pressed := &r.src.options, r.src.pressed()
	r.mu.Lock()
	defer r.mu.Unlock()
	patience := o.CloseInactive
	switch {
	case !r.whole():
		patience = o.lastLineWait()
	case pressed:
		patience = min(patience, o.Settle)
	}
	info, err := r.file.Stat()
	return err == nil && !r.lost && info.Size() == r.offset && r.src.env.Now().Sub(info.ModTime()) >= patience
}

// pause reports whether this is the first call at the end.
func (r *reading) pause() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.atEnd {
		return false
	}
	r.atEnd, r.quiet = true, 0
	return true
}

// wait waits until there may be more, or says why there will be no more.
func (r *reading) wait() error {
	waited := time.Duration(0)
	t := time.NewTimer(r.src.options.PollInterval)
	defer t.Stop()
	select {
	case <-t.C:
		waited = r.src.options.PollInterval
	case <-r.wake:
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	info, err := r.file.Stat()
	if err != nil {
		return fmt.Errorf("look at its size: %w", err)
	}
	r.quiet += waited
	r.rotated = r.rotated || removed(info)
	if !r.lost && info.Size() < r.least() {
		r.lost, r.quiet = true, 0
	}
	if r.lost {
		r.src.poke()
	} else if info.Size() > r.offset {
		return nil
	}
	switch {
	case r.moved && !r.whole():
		return errMoved
	case r.ended():
		return io.EOF
	}
	return nil
}

// least is how long the file is as long as its content is there.
func (r *reading) least() int64 {
	if r.form != lines {
		return r.offset
	}
	return max(r.offset, int64(r.expect.N))
}

// ended reports whether the file, at whose end reading stands, is closed now.
// One whose last line is not whole stays open as long as it can, so that the
// line is not cut in two.
func (r *reading) ended() bool {
	o := &r.src.options
	switch {
	case r.lost:
		return r.moved || r.quiet > o.lostWait()
	case r.rotated:
		return r.quiet >= rotateWait
	case !r.whole():
		return r.quiet >= o.lastLineWait() || r.leave && r.quiet >= o.CloseInactive
	}
	return r.leave || r.quiet >= o.CloseInactive
}

// whole reports whether the last record seems complete: a line that has ended,
// or the end of an object or array of JSON.
func (r *reading) whole() bool {
	if len(r.last) == 0 {
		return true
	}
	switch r.last[len(r.last)-1] {
	case '\n', '}', ']', 0:
		return true
	}
	return false
}
