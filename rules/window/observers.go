package window

import (
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// observer is a stateful rule's, of one dataset.
type observer struct {
	rule uint32
	detect.Observer
}

// observers are those of one dataset: those that look at events, and those that
// are told of what other rules match.
type observers struct {
	all     []observer
	looks   []look
	matches map[*rules.Rule][]observer
}

// look is the observers that share a reader, or one that has none to share.
type look struct {
	sharing detect.Sharing // one of them, nil if they share none
	list    []observer
}

// add adds an observer to those that it shares a reader with.
func (o *observers) add(x observer) {
	sharing, ok := x.Observer.(detect.Sharing)
	if ok {
		for i := range o.looks {
			if l := &o.looks[i]; l.sharing != nil && l.sharing.Reader() == sharing.Reader() {
				l.list = append(l.list, x)
				return
			}
		}
	}
	o.looks = append(o.looks, look{sharing, []observer{x}})
}

func (w *Worker) observersOf(schema event.Schema) *observers {
	if schema == w.schema {
		return w.latest
	}
	list, ok := w.observers[schema]
	if !ok {
		list = w.rules.observers(schema)
		w.observers[schema] = list
	}
	w.schema, w.latest = schema, list
	return list
}

// take moves what was just noted to the pile, or to the Found.
func (w *Worker) take(rule uint32) {
	list := w.notes.All()
	if len(list) == 0 {
		return
	}
	if w.pile != nil {
		for i := range list {
			w.pile.add(groupKey{rule, w.hash(list[i].Group)}, &list[i])
		}
		w.notes.Reset()
		return
	}
	f := w.out()
	if f.notes == nil {
		f.notes = make([]foundNote, 0, max(len(list), w.usual))
	}
	for i := range list {
		n := &list[i]
		f.notes = append(f.notes, foundNote{
			groupKey: groupKey{rule, w.hash(n.Group)}, at: n.Time, id: n.ID, join: n.Join,
			group: f.keep(n.Group), value: f.keep(n.Value), event: f.keep(n.Event),
		})
		f.sums = f.sums || n.Join == detect.Sum
		f.size += 120 + len(n.Group) + len(n.Value) + len(n.Event)
	}
	w.notes.Reset()
}

// hash is the hash of a group. The same groups come again and again.
func (w *Worker) hash(group []byte) uint64 {
	h, ok := w.groups[string(group)]
	if !ok {
		if len(w.groups) > maxKnown {
			clear(w.groups)
		}
		h = hash(group)
		w.groups[string(group)] = h
	}
	return h
}
