// Package gather sums up what some batches hold of a matter before it becomes
// notes: a note for each of a million records would make state as large as the
// logs. A matter is what a rule counts as one (a machine and the network that it
// sends to, say); of each matter and stretch of time there are three notes, and
// each of them is the same however the records came to lie in batches:
//
//   - its sums, joined by detect.Sum;
//   - its first record, with what an alert shows of it, and a label that says in
//     the rule's own words what the matter is, joined by detect.Least;
//   - the time of its last record, joined by detect.Least of what is left of
//     all time after it.
//
// Observers of rules/egress and rules/keyuse add; their Judge reads. It imports
// internal/event and rules/detect.
package gather

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// Width is how many sums a matter has.
const Width = 8

// The last byte of a note's ID says which of the three it is. In this order
// they follow each other in a window.
const (
	first = iota
	last
	sums
)

// Gatherer sums up what comes between two calls of Flush. It belongs to one
// observer; the zero value is ready.
type Gatherer struct {
	index map[slot]int
	list  []entry
	aside [Width]int64 // takes what counts nowhere
}

type slot struct {
	id      event.ID
	stretch int64
}

type entry struct {
	group       []byte
	slot        slot
	sums        [Width]int64
	first, last int64
	delivery    event.ID
	label       []byte
	event       []byte
	old         bool // a record before first was noted in an earlier round
}

// Seen is a record as it is added.
type Seen struct {
	// Group is the note's, and ID tells the matters of all groups apart; its
	// last byte is not looked at. The bytes of Group are good until Flush.
	Group []byte
	ID    event.ID
	// Stretch is the begin of the stretch of time, Time the record's.
	Stretch, Time int64
	// Aside is set for a record that only has to do with the matter: it is in
	// the sums, and neither first nor last. Of a matter of such records alone
	// nothing is known but the sums.
	Aside bool
	// Label appends what the rule says of the matter; it is asked for the
	// earliest record, and must not depend on any other.
	Label func(dst []byte) []byte
}

// Add counts a record and returns its matter's sums, for the caller to add to
// until the next Add.
func (g *Gatherer) Add(seen Seen, ev *event.Event, s *event.Scratch, out *detect.Notes) *[Width]int64 {
	at := slot{seen.ID, seen.Stretch}
	at.id[15] = 0
	i, known := g.index[at]
	if !known {
		i = g.open(at, seen)
	}
	e := &g.list[i]
	if !seen.Aside {
		e.last = max(e.last, seen.Time)
		if seen.Time <= e.first {
			e.earlier(seen, ev, s, out)
		}
	}
	if out.Counted(ev) {
		return &g.aside
	}
	return &e.sums
}

func (g *Gatherer) open(at slot, seen Seen) int {
	if g.index == nil {
		g.index = map[slot]int{}
	}
	i := len(g.list)
	if i < cap(g.list) { // with the memory of a batch before
		g.list = g.list[:i+1]
	} else {
		g.list = append(g.list, entry{})
	}
	e := &g.list[i]
	*e = entry{group: seen.Group, slot: at, first: math.MaxInt64, last: math.MinInt64, label: e.label[:0], event: e.event[:0]}
	g.index[at] = i
	return i
}

// earlier takes the record for the first. Of two at the same time it is the one
// whose delivery id is less, so that their order does not matter.
func (e *entry) earlier(seen Seen, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	id := ev.Schema.ID(ev, s)
	if seen.Time == e.first && bytes.Compare(id[:], e.delivery[:]) >= 0 {
		return
	}
	e.first, e.delivery = seen.Time, id
	var buf [24]byte
	note := e.begins(buf[:0])
	if e.old = !out.Wants(&note); !e.old {
		e.label = seen.Label(e.label[:0])
		e.event = append(e.event[:0], out.Evidence(ev, s)...)
	}
}

// begins is the note of the first record, the label left out.
func (e *entry) begins(buf []byte) detect.Note {
	note := detect.Note{Group: e.group, Time: e.slot.stretch, ID: e.slot.id, Join: detect.Least}
	note.ID[15] = first
	note.Value = append(binary.BigEndian.AppendUint64(buf, uint64(e.first)), e.delivery[:]...)
	return note
}

// Empty tells that nothing was added since the last Flush.
func (g *Gatherer) Empty() bool { return len(g.list) == 0 }

// Flush writes the notes of what was added, and forgets it.
func (g *Gatherer) Flush(out *detect.Notes) {
	if len(g.list) == 0 {
		return
	}
	for i := range g.list {
		g.list[i].flush(out)
	}
	g.list = g.list[:0]
	clear(g.index)
}

func (e *entry) flush(out *detect.Notes) {
	var buf [128]byte
	note := e.begins(buf[:0])
	if e.last > math.MinInt64 {
		if !e.old {
			note.Value, note.Event = append(note.Value, e.label...), e.event
			out.Add(note)
		}
		note.ID[15], note.Event = last, nil
		note.Value = binary.BigEndian.AppendUint64(buf[:0], uint64(math.MaxInt64-e.last))
		out.Add(note)
	}
	note.ID[15], note.Join = sums, detect.Sum
	note.Value = detect.AppendSums(buf[:0], e.sums[:]...)
	out.Add(note)
	e.group = nil
}

// Matter is what is known of one matter in one stretch of time.
type Matter struct {
	ID event.ID
	// Stretch is the begin of the stretch, First and Last are the times of the
	// first and last record in it.
	Stretch, First, Last int64
	Sums                 [Width]int64
	// Label is the rule's own, of the first record. It belongs to the note.
	Label []byte
	// Note is the index of the note that shows the first record, -1 if there
	// were none but those aside.
	Note int
}

// Read puts the notes of a window together. Notes that are not of a matter
// are left out: the rule's own must have a last byte of their ID of [Own] or more.
func Read(notes []detect.Note) []Matter {
	out := make([]Matter, 0, len(notes)/3+1)
	for i := range notes {
		n := &notes[i]
		if n.ID[15] >= Own {
			continue
		}
		m := matterOf(&out, n)
		switch n.ID[15] {
		case first:
			if len(n.Value) >= 24 {
				m.First, m.Label, m.Note = int64(binary.BigEndian.Uint64(n.Value)), n.Value[24:], i
			}
		case last:
			if len(n.Value) == 8 {
				m.Last = math.MaxInt64 - int64(binary.BigEndian.Uint64(n.Value))
			}
		case sums:
			detect.ReadSums(m.Sums[:], n.Value)
		}
	}
	return out
}

// Between are the matters of a stretch of time; they are in its order.
func Between(all []Matter, from, to int64) []Matter {
	at := func(m Matter, t int64) int { return cmp.Compare(m.Stretch, t) }
	i, _ := slices.BinarySearchFunc(all, from, at)
	k, _ := slices.BinarySearchFunc(all, to, at)
	return all[i:max(i, k)]
}

// Own is the least last byte of the ID of a note that is not of a matter.
const Own = 16

// matterOf is the matter that a note belongs to: the last one or a new one,
// because the three of a matter follow each other.
func matterOf(list *[]Matter, n *detect.Note) *Matter {
	id := n.ID
	id[15] = 0
	if k := len(*list); k > 0 && (*list)[k-1].ID == id && (*list)[k-1].Stretch == n.Time {
		return &(*list)[k-1]
	}
	*list = append(*list, Matter{ID: id, Stretch: n.Time, Note: -1})
	return &(*list)[len(*list)-1]
}
