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

// errMoved ends reading in the middle of a line whose rest is in another file: it
// is read from there, whole.
var errMoved = errors.New("its content was moved to another file, and is read there")

// reading is a file while it is open. It is the object's body: Read is called by
// one goroutine, the rest by the source.
type reading struct {
	src    *source
	k      *known
	ctx    context.Context // the source's
	follow bool            // wait at the end for more
	form   form
	expect fingerprint // how it began when it was recognised
	wake   chan struct{}

	mu      sync.Mutex
	file    *os.File // nil once it is closed
	begin   []byte   // of the file when it was closed
	offset  int64
	last    []byte        // the last bytes before offset, at most tailSize
	tails   []tail        // of what was read and is not settled, ascending
	begun   bool          // something was read
	atEnd   bool          // nothing more was there when it was last looked
	quiet   time.Duration // how long it has waited there
	rotated bool          // it has another name now, or none
	lost    bool          // its content is no longer there
	leave   bool          // its place is needed
	moved   bool          // its content is in another file now, which is read instead
}

// Read reads on. At the end of a file that is followed it first says so, and
// waits for more when it is called again.
func (r *reading) Read(p []byte) (int, error) {
	for {
		n, err := r.readOn(p)
		if n > 0 || err != nil && !errors.Is(err, io.EOF) {
			return n, err
		}
		if !r.follow || len(p) == 0 || r.finished() {
			return 0, err
		}
		if r.pause() {
			return 0, ingest.ErrIdle
		}
		if err := r.wait(); err != nil {
			return 0, err
		}
	}
}

// readOn reads what is there now.
func (r *reading) readOn(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lost {
		return 0, io.EOF // what stands there now is something else
	}
	n, err := r.file.ReadAt(p, r.offset)
	if n == 0 {
		return 0, err
	}
	// Looked at after it was read: what was written anew in between shows.
	if r.follow && !r.intact() || !r.begun && !r.begins() {
		r.lost, r.quiet = true, 0
		return 0, io.EOF
	}
	r.begun, r.atEnd = true, false
	r.offset += int64(n)
	r.remember(p[:n])
	return n, nil
}

// intact reports whether the bytes before the offset are those that were read:
// a file that was truncated and written anew may be longer than before.
func (r *reading) intact() bool {
	b := make([]byte, len(r.last))
	n, _ := r.file.ReadAt(b, r.offset-int64(len(b)))
	return n == len(b) && string(b) == string(r.last)
}

// begins reports whether the file still begins as it did when it was recognised.
func (r *reading) begins() bool {
	if r.form != lines {
		return true
	}
	head := make([]byte, r.expect.N)
	n, _ := r.file.ReadAt(head, 0)
	return r.expect.of(head[:n])
}

// remember keeps the last bytes read.
func (r *reading) remember(b []byte) {
	if len(b) >= tailSize {
		r.last = append(r.last[:0], b[len(b)-tailSize:]...)
	} else {
		r.last = append(r.last, b...)
		if over := len(r.last) - tailSize; over > 0 {
			r.last = append(r.last[:0], r.last[over:]...)
		}
	}
	r.tails = append(r.tails, tailOf(r.last, r.offset))
}

// settledTail is the first tail at or behind a position that has settled; those
// before are dropped.
func (r *reading) settledTail(upto int64) (tail, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := 0
	for i < len(r.tails)-1 && r.tails[i].At < upto {
		i++
	}
	r.tails = r.tails[i:]
	if len(r.tails) == 0 || r.tails[0].At < upto {
		return tail{}, false
	}
	return r.tails[0], true
}

func (r *reading) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// head is the begin of what has been read, nil if the content is lost. After
// Close it is what it was then.
func (r *reading) head() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return r.begin
	}
	b := make([]byte, min(r.offset, printSize))
	if n, _ := r.file.ReadAt(b, 0); n < len(b) || r.lost || !r.intact() {
		return nil
	}
	return b
}

// ReadAt reads anywhere, for tables.
func (r *reading) ReadAt(p []byte, off int64) (int, error) { return r.file.ReadAt(p, off) }

// Close closes the file. Its object settles later.
func (r *reading) Close() error {
	if r.form == lines {
		r.begin = r.head()
	}
	r.mu.Lock()
	if r.file == nil {
		r.mu.Unlock()
		return nil
	}
	err := r.file.Close()
	r.file = nil
	r.mu.Unlock()
	r.src.opened(-1)
	return err
}
