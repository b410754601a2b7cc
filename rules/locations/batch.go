package locations

import (
	"bytes"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// batch is what one batch shows of visitors, summed up by stretches of time.
type batch struct {
	seen  map[seenKey]*seen
	list  []*seen // in the order of arrival
	spare []*seen
}

// seenKey is a visitor within one stretch.
type seenKey struct {
	who    *visitor
	stands int64
}

// seen is what one batch has of it.
type seen struct {
	seenKey
	first, last int64
	id          event.ID // of the first
	live        bool     // of this batch
}

func newBatch() batch { return batch{seen: map[seenKey]*seen{}} }

// see counts an event in. It returns what is seen if this event is now the first
// of the stretch, nil if it is not. Of events of one time the first is the one
// whose delivery id is the least, so that their order does not matter.
func (b *batch) see(who *visitor, stands int64, ev *event.Event, s *event.Scratch) *seen {
	x := b.at(who, stands)
	switch {
	case x == nil:
		x = b.begin(seenKey{who, stands})
		x.first, x.last = ev.Time, ev.Time
	case ev.Time > x.first:
		x.last = max(x.last, ev.Time)
		return nil
	}
	id := ev.Schema.ID(ev, s)
	if x.id != (event.ID{}) && ev.Time == x.first && bytes.Compare(id[:], x.id[:]) >= 0 {
		return nil
	}
	x.first, x.id = ev.Time, id
	return x
}

// at is what the batch has of a visitor in a stretch, nil for nothing yet.
func (b *batch) at(who *visitor, stands int64) *seen {
	if x := who.recent; x != nil && x.live && x.who == who && x.stands == stands {
		return x
	}
	x := b.seen[seenKey{who, stands}]
	who.recent = x
	return x
}

func (b *batch) begin(k seenKey) *seen {
	var x *seen
	if n := len(b.spare); n > 0 {
		x, b.spare = b.spare[n-1], b.spare[:n-1]
	} else {
		x = &seen{}
	}
	*x = seen{seenKey: k, live: true}
	k.who.recent = x
	b.seen[k] = x
	b.list = append(b.list, x)
	return x
}

func (b *batch) reset() {
	for _, x := range b.list {
		*x = seen{}
	}
	b.spare = append(b.spare, b.list...)
	b.list = b.list[:0]
	clear(b.seen)
}

// note writes the ends of what was seen.
func (x *seen) note(out *detect.Notes, buf *[]byte) {
	out.Add(x.who.note(firstSeen, x.stands, x.first, buf))
	out.Add(x.who.note(lastSeen, x.stands, ^x.last, buf))
}
