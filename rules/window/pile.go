package window

import (
	"bytes"
	"cmp"
	"maps"
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// pile is the notes that an engine which tells at the end holds in memory: what
// most scans note fits there, and to put it into a store only to read it once is
// most of what a store costs. It is the same set as the store's; what is too much
// goes there (see spillNotes).
type pile struct {
	groups map[groupKey]*heap
	size   int // bytes, about
	notes  int // that were added
	most   int // notes of the group that has most
	block  detect.Block
	spare  []byte // sums in the making
}

// heap is the notes of one group, as they came until settle.
type heap struct {
	name  []byte
	notes []piled
}

// piled is one note, or several of the same time and id once they are joined.
type piled struct {
	at    int64
	id    event.ID
	join  detect.Join
	value []byte
	event []byte // as a Worker wrote it (see whole.go); nil for none
}

func newPile() *pile { return &pile{groups: map[groupKey]*heap{}} }

// add takes a note in and copies what it holds.
func (p *pile) add(g groupKey, n *detect.Note) {
	h := p.groups[g]
	if h == nil {
		h = &heap{name: p.keep(n.Group), notes: make([]piled, 0, 4)}
		p.groups[g] = h
		p.size += 100 + len(n.Group)
	}
	h.notes = append(h.notes, piled{n.Time, n.ID, n.Join, p.keep(n.Value), p.keep(n.Event)})
	p.size += 100 + len(n.Value) + len(n.Event)
	p.notes++
}

// take takes in another pile, which is nobody's any more then.
func (p *pile) take(o *pile) {
	for g, h := range o.groups {
		if mine := p.groups[g]; mine == nil {
			p.groups[g] = h
		} else {
			mine.notes = append(mine.notes, h.notes...)
			h = mine
		}
		p.most = max(p.most, len(h.notes))
	}
	p.size += o.size
}

func (p *pile) keep(b []byte) []byte { return p.block.Keep(b, 64<<10) }

// full reports whether it holds more than so many bytes, or has a group of which not all
// notes can be judged at once.
func (p *pile) full(bytes int) bool { return p.size >= bytes || p.most > mostNotes }

// of are the groups of a rule, in the order in which a store has them.
func (p *pile) of(rule uint32) []groupKey {
	var out []groupKey
	for g := range p.groups {
		if g.rule == rule {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, groupKey.compare)
	return out
}

// settle joins the notes of a group, as the store would. say tells what an alert
// says of an event, where that decides.
func (p *pile) settle(h *heap, say func(event []byte) []byte) {
	slices.SortStableFunc(h.notes, piled.compare)
	out := h.notes[:0]
	for rest := h.notes; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].compare(rest[0]) == 0 {
			n++
		}
		out = append(out, p.join(rest[:n], say))
		rest = rest[n:]
	}
	clear(h.notes[len(out):])
	h.notes = out
}

func (a piled) compare(b piled) int {
	return cmp.Or(cmp.Compare(a.at, b.at), bytes.Compare(a.id[:], b.id[:]))
}

// join makes one of notes of one time and id.
func (p *pile) join(list []piled, say func(event []byte) []byte) piled {
	all := list[0]
	shown := all
	for i := 1; i < len(list); i++ {
		n := &list[i]
		if len(n.event) > 0 && (len(shown.event) == 0 || n.shownBefore(&shown, say)) {
			shown = *n
		}
		if n.join == detect.Sum {
			p.spare = detect.AddSums(p.spare[:0], all.value, n.value)
			all.value = append(all.value[:0:0], p.spare...)
		} else if bytes.Compare(n.value, all.value) < 0 {
			all.value = n.value
		}
	}
	all.event = shown.event
	return all
}

// shownBefore reports whether the event of a is shown and not that of b: the order
// is that of appendShown.
func (a *piled) shownBefore(b *piled, say func(event []byte) []byte) bool {
	less := 0
	if a.join == detect.Least {
		less = bytes.Compare(a.value, b.value)
	}
	if less == 0 && !bytes.Equal(a.event, b.event) {
		less = bytes.Compare(say(a.event), say(b.event))
	}
	return less < 0
}

// spillNotes puts what is piled up into the store. It is joined before, so that less
// is written; what alerts say of events is derived before, so that no record lies
// on a disk as it was read.
func (e *Engine) spillNotes() error {
	p := e.pile
	e.pile, e.spilled.notes = newPile(), true
	tx := e.begin()
	for _, g := range slices.SortedFunc(maps.Keys(p.groups), groupKey.compare) {
		h := p.groups[g]
		p.settle(h, e.say)
		tx.b.Put(spaceGroups, string(g.append(nil)), h.name)
		for i := range h.notes {
			n := &h.notes[i]
			tx.store(&foundNote{groupKey: g, at: n.at, id: n.id, join: n.join, group: h.name, value: n.value, event: e.say(n.event)})
		}
		if tx.b.Len() < spillBytes {
			continue
		}
		if err := tx.commit(); err != nil {
			return err
		}
		tx = e.begin()
	}
	return tx.commit()
}

// spillBytes is about how much of a pile is written at once.
const spillBytes = 1 << 20
