package event

import "unsafe"

// Scratch is a worker's short-lived memory: derived values are built in it and
// die at the next Reset. The zero Scratch is ready. It is not safe for two
// goroutines at once.
type Scratch struct {
	block []byte
	spare []byte
	held  int // bytes of the block and of those before it, since Reset
	round uint64
	part  part

	moment     int64
	momentText []byte
	escaped    [4]escapedText
	turn       int
	memos      []memo
	hash       hasher
}

// Blocks grow up to scratchLimit, so that after a few rounds all of a round
// fits into one and nothing is allocated any more.
const (
	scratchBlock = 16 << 10
	scratchLimit = 1 << 20
)

// Reset forgets everything allocated since the last Reset. Call it once for
// each event, never while values made with it are in use.
func (s *Scratch) Reset() {
	s.block, s.held = s.block[:0], cap(s.block)
	s.round++
}

// Round is another number after each Reset, never 0 after the first: what was
// read of one event is told by it from what was read of the next, which may lie
// at the same place.
func (s *Scratch) Round() uint64 { return s.round }

// Alloc returns n bytes of capacity with length 0, good until Reset. A block
// that is full is left to the garbage collector with whoever still points into
// it, so that values allocated earlier never move.
func (s *Scratch) Alloc(n int) []byte {
	if cap(s.block)-len(s.block) < n {
		s.grow(n)
	}
	at := len(s.block)
	s.block = s.block[:at+n]
	return s.block[at : at : at+n]
}

func (s *Scratch) grow(n int) {
	s.block = make([]byte, 0, max(scratchBlock, n, min(2*cap(s.block), scratchLimit)))
	s.held += cap(s.block)
}

// open lends the rest of the block, n bytes at least, to write something of
// unknown size in place; shut takes it back with what was written, which is
// then good until Reset. Whatever outgrew the block lies elsewhere and is as good.
func (s *Scratch) open(n int) []byte {
	if cap(s.block)-len(s.block) < n {
		s.grow(n)
	}
	return s.block[len(s.block):]
}

func (s *Scratch) shut(b []byte) []byte {
	at := len(s.block)
	if len(b) <= cap(s.block)-at && len(b) > 0 && &b[0] == &s.block[:at+1][at] {
		s.block = s.block[:at+len(b)]
	} else {
		s.held += cap(b)
	}
	return b[:len(b):len(b)]
}

// Copy returns a copy of b that is good until Reset.
func (s *Scratch) Copy(b []byte) []byte { return append(s.Alloc(len(b)), b...) }

// Grab lends a buffer of unknown final size; Release gives it back (grown or
// not), after which its content is gone. Calls do not nest.
func (s *Scratch) Grab() []byte { return s.spare[:0] }

// Release takes back a buffer lent by Grab.
func (s *Scratch) Release(b []byte) { s.spare = b[:0] }

// memo is what one owner remembers.
type memo struct{ owner, memory any }

// Memo returns what owner remembers from one event to the next, such as the
// text of fields that come back; make makes it the first time. It is the
// worker's alone, and Reset does not touch it. It only saves time: what is
// derived must not depend on it.
func (s *Scratch) Memo(owner any, make func() any) any {
	for i := range s.memos {
		if s.memos[i].owner == owner {
			return s.memos[i].memory
		}
	}
	m := make()
	s.memos = append(s.memos, memo{owner, m})
	return m
}

// escapedText is a string that is no record's, and its form in JSON.
type escapedText struct {
	text string
	json []byte
}

// Escape is text as the inside of a JSON string, and remembers it: for those
// that many events in a row share, such as the name of their origin. The bytes
// are not changed later; they are good as long as the program runs.
func (s *Scratch) Escape(text string) []byte {
	for i := range s.escaped {
		// The same string, not an equal one: it is held here, so that its place
		// cannot be another's.
		if m := &s.escaped[i]; len(m.text) == len(text) && unsafe.StringData(m.text) == unsafe.StringData(text) && m.json != nil {
			return m.json
		}
	}
	s.turn = (s.turn + 1) % len(s.escaped)
	json := AppendEscaped(make([]byte, 0, len(text)+chunk), []byte(text))
	s.escaped[s.turn] = escapedText{text, json}
	return json
}

// AppendTime appends a moment as the function AppendTime does, and remembers it:
// for those that many events in a row share, such as event.created.
func (s *Scratch) AppendTime(dst []byte, ns int64) []byte {
	if ns != s.moment || len(s.momentText) == 0 {
		s.moment, s.momentText = ns, AppendTime(s.momentText[:0], ns)
	}
	return append(dst, s.momentText...)
}
