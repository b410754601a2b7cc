package detect

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Notes takes what observers note. Its memory is used again.
//
// It remembers what it was given before: a note that would change nothing beside
// an earlier one is left out, and what an alert would say of its event is never
// derived. Most notes are of that kind: the same session from the same address,
// a file later. Notes that are left out rest on those that were not, so whoever
// takes notes makes them durable in the order in which they came, or forgets the
// Notes with those that were lost.
type Notes struct {
	list  []Note
	block Block
	show  func(dst []byte, ev *event.Event, s *event.Scratch) []byte

	rule    uint32
	seed    maphash.Seed
	said    []said // by the hash of what was noted
	name    []byte
	counted func(ev *event.Event) bool

	// What was shown last, because several rules note one event.
	shown []byte
	of    *event.Event
	id    event.ID
}

// said is the value that a note had: its begin, and a hash of all of it.
type said struct {
	of    uint64 // a hash of rule, group, time and ID; 0: nothing was said
	hash  uint64
	begin [16]byte
	size  uint8 // of begin
}

// maxSaid is how much is remembered, about 320 KB: whoever writes logs chooses what
// they hold. What comes later takes the place of what was there.
const maxSaid = 1 << 13

// NewNotes returns empty notes. show writes what an alert says of an event.
func NewNotes(show func(dst []byte, ev *event.Event, s *event.Scratch) []byte) *Notes {
	return &Notes{show: show, seed: maphash.MakeSeed()}
}

// Of says whose notes are added from now on: what several rules note is kept
// apart by that number.
func (n *Notes) Of(rule uint32) { n.rule = rule }

// Add takes a note and copies its Group, Value and Event, unless it would change
// nothing.
func (n *Notes) Add(note Note) {
	if n.says(&note) {
		n.add(note)
	}
}

// AddShown takes a note whose Event is what an alert says of ev. That is derived
// only if the note says something new.
func (n *Notes) AddShown(note Note, ev *event.Event, s *event.Scratch) {
	if n.says(&note) {
		note.Event = n.Evidence(ev, s)
		n.add(note)
	}
}

func (n *Notes) add(note Note) {
	note.Group, note.Value, note.Event = n.keep(note.Group), n.keep(note.Value), n.keep(note.Event)
	n.list = append(n.list, note)
}

// Wants reports whether a note that begins so would change anything, for those
// that gather notes before they add them. Of Value the first 16 bytes suffice.
func (n *Notes) Wants(note *Note) bool {
	of, was := n.about(note)
	return was.of != of || !was.before(note.Value)
}

// says reports whether a note says something new, and remembers it then.
func (n *Notes) says(note *Note) bool {
	if note.Join == Sum {
		return true
	}
	of, was := n.about(note)
	hash := maphash.Bytes(n.seed, note.Value)
	if was.of == of && (was.hash == hash || was.before(note.Value)) {
		return false
	}
	*was = said{of: of, hash: hash}
	was.size = uint8(copy(was.begin[:], note.Value))
	return true
}

// before reports whether a value is surely greater than what was said: that their
// begins are equal does not tell.
func (w *said) before(value []byte) bool {
	return bytes.Compare(w.begin[:w.size], value[:min(len(value), len(w.begin))]) < 0
}

// about is a hash of what a note is about, and where lies what was said of that, or
// of something else.
func (n *Notes) about(note *Note) (uint64, *said) {
	b := binary.LittleEndian.AppendUint64(n.name[:0], uint64(note.Time))
	b = binary.LittleEndian.AppendUint32(append(b, note.ID[:]...), n.rule)
	n.name = append(b, note.Group...)
	if n.said == nil {
		n.said = make([]said, maxSaid)
	}
	of := max(maphash.Bytes(n.seed, n.name), 1)
	return of, &n.said[of%maxSaid]
}

func (n *Notes) keep(b []byte) []byte { return n.block.Keep(b, 64<<10) }

// Evidence is what an alert will say of ev, for Note.Event. It derives the
// event's whole document, so it is asked for only where a note may lead to an
// alert; it holds no secret. It is good until the next call.
func (n *Notes) Evidence(ev *event.Event, s *event.Scratch) []byte {
	if id := ev.Schema.ID(ev, s); n.of != ev || n.id != id {
		n.of, n.id = ev, id
		n.shown = n.show(n.shown[:0], ev, s)
	}
	return n.shown
}

// Count says which events have been summed up before, by whatever way: those add
// to no sum. nil, as at first: none.
func (n *Notes) Count(counted func(ev *event.Event) bool) { n.counted = counted }

// Counted reports whether an event has been summed up before.
func (n *Notes) Counted(ev *event.Event) bool { return n.counted != nil && n.counted(ev) }

// All are the notes since the last Reset; they are good until the next.
func (n *Notes) All() []Note { return n.list }

// Reset forgets all notes.
func (n *Notes) Reset() {
	n.list = n.list[:0]
	n.block.Reset()
}

// AppendSums appends numbers as the Value of a note that is joined by Sum.
func AppendSums(dst []byte, numbers ...int64) []byte {
	for _, x := range numbers {
		dst = binary.AppendVarint(dst, x)
	}
	return dst
}

// Sums reads n numbers of such a Value; what it lacks is 0.
func Sums(value []byte, n int) []int64 {
	out := make([]int64, n)
	ReadSums(out, value)
	return out
}

// ReadSums is Sums into memory of the caller's, which holds zeros.
func ReadSums(out []int64, value []byte) {
	for i := range out {
		x, size := binary.Varint(value)
		if size <= 0 {
			break
		}
		out[i], value = x, value[size:]
	}
}

// AddSums appends the sums of two such values, which have equally many numbers
// or the shorter one is filled up with zeros.
func AddSums(dst, a, b []byte) []byte {
	for len(a) > 0 || len(b) > 0 {
		x, i := binary.Varint(a)
		y, k := binary.Varint(b)
		if i <= 0 && k <= 0 {
			break
		}
		a, b = a[max(i, 0):], b[max(k, 0):]
		dst = binary.AppendVarint(dst, x+y)
	}
	return dst
}
