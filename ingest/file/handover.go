package file

import (
	"os"
	"time"

	"github.com/burstwatch/burstwatch/ingest/decode"
)

// moveTo goes on in another file that has the same content: the copy that was
// made before the first was truncated. It reports whether it has.
func (r *reading) moveTo(f *os.File) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil || !r.lost && r.intact() {
		return false
	}
	old := r.file
	r.file, r.lost = f, true
	if !r.intact() {
		r.file = old
		return false
	}
	_ = old.Close()
	r.lost, r.rotated, r.atEnd = false, true, false
	r.poke()
	return true
}

// abandon gives the file up if what is compressed in f goes on where reading stands.
func (r *reading) abandon(d *decode.Decoder, f *os.File, size int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil || r.form != lines || !r.lost && r.intact() || !tailOf(r.last, r.offset).standsIn(d, f, size) {
		return
	}
	r.lost, r.moved = true, true
	r.poke()
}

// closed reports whether the file has been read; its object may not have settled.
func (r *reading) closed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.file == nil
}

// progress is how far reading has come, and whether the content is lost.
func (r *reading) progress() (offset int64, lost bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.offset, r.lost
}

// idle reports whether the file could be closed without harm, and how long it
// has waited at its end.
func (r *reading) idle() (quiet time.Duration, yes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.quiet, r.atEnd && !r.lost && (r.whole() || r.quiet >= r.src.options.CloseInactive)
}

// rotate says that the file has another name now, or none that is looked for.
func (r *reading) rotate() {
	r.mu.Lock()
	r.rotated = true
	r.mu.Unlock()
}

// yield asks for the file's place.
func (r *reading) yield() {
	r.mu.Lock()
	r.leave = true
	r.mu.Unlock()
	r.poke()
}
