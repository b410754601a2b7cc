package event

// Scratch is a worker's short-lived memory: derived values are built in it and
// die at the next Reset. The zero Scratch is ready. It is not safe for two
// goroutines at once.
type Scratch struct {
	block  []byte
	spare  []byte
	fields []Field
}

const scratchBlock = 16 << 10

// Reset forgets everything allocated since the last Reset. Call it once for
// each event, never while values made with it are in use.
func (s *Scratch) Reset() { s.block = s.block[:0] }

// Alloc returns n bytes of capacity with length 0, good until Reset. A block
// that is full is left to the garbage collector with whoever still points into
// it, so that values allocated earlier never move.
func (s *Scratch) Alloc(n int) []byte {
	if cap(s.block)-len(s.block) < n {
		s.block = make([]byte, 0, max(scratchBlock, n))
	}
	at := len(s.block)
	s.block = s.block[:at+n]
	return s.block[at : at : at+n]
}

// Copy returns a copy of b that is good until Reset.
func (s *Scratch) Copy(b []byte) []byte { return append(s.Alloc(len(b)), b...) }

// Grab lends a buffer of unknown final size; Release gives it back (grown or
// not), after which its content is gone. Calls do not nest.
func (s *Scratch) Grab() []byte { return s.spare[:0] }

// Release takes back a buffer lent by Grab.
func (s *Scratch) Release(b []byte) { s.spare = b[:0] }
