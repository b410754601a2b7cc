package detect

import (
	"encoding/binary"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Notes takes what observers note of one batch. Its memory is used again.
type Notes struct {
	list  []Note
	block []byte
	show  func(dst []byte, ev *event.Event, s *event.Scratch) []byte

	// What was shown last, because several rules note one event.
	shown []byte
	of    *event.Event
	id    event.ID
}

// NewNotes returns empty notes. show writes what an alert says of an event.
func NewNotes(show func(dst []byte, ev *event.Event, s *event.Scratch) []byte) *Notes {
	return &Notes{show: show}
}

// Add takes a note and copies its Group, Value and Event.
func (n *Notes) Add(note Note) {
	note.Group, note.Value, note.Event = n.keep(note.Group), n.keep(note.Value), n.keep(note.Event)
	n.list = append(n.list, note)
}

func (n *Notes) keep(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	if cap(n.block)-len(n.block) < len(b) {
		n.block = make([]byte, 0, max(64<<10, len(b)))
	}
	from := len(n.block)
	n.block = append(n.block, b...)
	return n.block[from:len(n.block):len(n.block)]
}

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

// All are the notes since the last Reset; they are good until the next.
func (n *Notes) All() []Note { return n.list }

// Reset forgets all notes.
func (n *Notes) Reset() { n.list, n.block = n.list[:0], n.block[:0] }

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
	for i := range out {
		x, size := binary.Varint(value)
		if size <= 0 {
			break
		}
		out[i], value = x, value[size:]
	}
	return out
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
