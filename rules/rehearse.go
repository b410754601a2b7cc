package rules

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// Rehearsal judges a few events by one stateful rule, in memory: for the cases
// that rules carry, and for tests. It is the contract of rules/detect as simply
// as it can be read; rules/window is how it is done in earnest.
type Rehearsal struct {
	set   *Set
	rule  Stateful
	judge *Judge
	s     event.Scratch
	out   *detect.Notes
	look  map[event.Schema]detect.Observer
	notes map[noteKey]*heldNote
}

type noteKey struct {
	group string
	at    int64
	id    event.ID
}

// heldNote is a note; of one that is joined by Sum, what each batch contributed.
type heldNote struct {
	detect.Note
	parts map[string][]byte
}

// Rehearsed is a case and what it rests on.
type Rehearsed struct {
	Group []byte
	// Bucket is the begin of its bucket.
	Bucket int64
	detect.Case
	// About and Evidence are of its events.
	About    []byte
	Evidence [][]byte
}

// Rehearse begins a rehearsal. about appends what an alert says of an event; nil
// appends nothing.
func (s *Set) Rehearse(rule Stateful, about func(j *Judge, dst []byte, ev *event.Event, s *event.Scratch) []byte) *Rehearsal {
	r := &Rehearsal{set: s, rule: rule, judge: s.Judge(), look: map[event.Schema]detect.Observer{}, notes: map[noteKey]*heldNote{}}
	r.out = detect.NewNotes(func(dst []byte, ev *event.Event, s *event.Scratch) []byte {
		if about == nil {
			return dst
		}
		return about(r.judge, dst, ev, s)
	})
	return r
}

// Batch observes events. The name is that of the stretch of an origin that they
// are: the same again changes nothing.
func (r *Rehearsal) Batch(name string, events []*event.Event) {
	for _, ev := range events {
		r.event(ev)
	}
	r.end(name)
}

// end ends a batch.
func (r *Rehearsal) end(name string) {
	for _, o := range r.look {
		if o != nil {
			o.Flush(r.out)
		}
	}
	for _, n := range r.out.All() {
		r.keep(name, n)
	}
	r.out.Reset()
}

func (r *Rehearsal) event(ev *event.Event) {
	r.s.Reset()
	o, known := r.look[ev.Schema]
	if !known {
		o = r.rule.Detect.Observer(ev.Schema)
		r.look[ev.Schema] = o
	}
	m, onMatches := o.(detect.MatchObserver)
	switch {
	case o == nil:
	case !onMatches:
		o.Event(ev, &r.s, r.out)
	default:
		r.judge.Event(ev, &r.s)
		for _, base := range r.judge.Based() {
			if slices.Contains(r.rule.Bases, base) {
				m.Match(base.Rule, ev, &r.s, r.out)
			}
		}
	}
}

func (r *Rehearsal) keep(name string, n detect.Note) {
	key := noteKey{string(n.Group), n.Time, n.ID}
	n.Group, n.Value, n.Event = bytes.Clone(n.Group), bytes.Clone(n.Value), bytes.Clone(n.Event)
	h := r.notes[key]
	if h == nil {
		h = &heldNote{Note: n, parts: map[string][]byte{}}
		r.notes[key] = h
	}
	switch n.Join {
	case detect.Same:
	case detect.Least:
		if bytes.Compare(n.Value, h.Value) < 0 {
			h.Note = n
		}
	case detect.Sum:
		h.parts[name] = n.Value
		h.Value = nil
		for _, v := range h.parts {
			h.Value = detect.AddSums(nil, h.Value, v)
		}
	}
}

// Cases are all cases, by time, group and key. through is up to when all has
// arrived; 0 for the time of the last note.
func (r *Rehearsal) Cases(through int64) []Rehearsed {
	groups := map[string][]detect.Note{}
	last := int64(math.MinInt64)
	for key, h := range r.notes {
		groups[key.group] = append(groups[key.group], h.Note)
		last = max(last, key.at)
	}
	if through == 0 {
		through = last
	}
	var out []Rehearsed
	for group, notes := range groups {
		slices.SortFunc(notes, func(a, b detect.Note) int {
			return cmp.Or(cmp.Compare(a.Time, b.Time), bytes.Compare(a.ID[:], b.ID[:]))
		})
		out = append(out, r.ask([]byte(group), notes, through)...)
	}
	slices.SortFunc(out, func(a, b Rehearsed) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), bytes.Compare(a.Group, b.Group), bytes.Compare(a.Key, b.Key))
	})
	return out
}

// ask asks for all buckets that the notes of a group may concern.
func (r *Rehearsal) ask(group []byte, notes []detect.Note, through int64) []Rehearsed {
	span := r.rule.Detect.Span()
	w := &detect.Window{
		Group: group, Notes: slices.Clone(notes), Through: through,
		From: Bucket(notes[0].Time-int64(span.After), span.Bucket),
		To:   Bucket(notes[len(notes)-1].Time+int64(span.Before), span.Bucket) + int64(span.Bucket),
	}
	for i := range w.Notes {
		w.Notes[i].Event = nil // as the contract has it
	}
	var out []Rehearsed
	for _, c := range r.rule.Detect.Judge(w) {
		if c.Silent {
			continue
		}
		x := Rehearsed{Group: group, Bucket: Bucket(c.Time, span.Bucket), Case: c}
		if c.About >= 0 {
			x.About = notes[c.About].Event
		}
		for _, i := range c.Evidence {
			x.Evidence = append(x.Evidence, notes[i].Event)
		}
		out = append(out, x)
	}
	return out
}

// sameCases reports whether two lists of cases say the same.
func sameCases(a, b []Rehearsed) bool {
	return slices.EqualFunc(a, b, func(a, b Rehearsed) bool { return bytes.Equal(a.fingerprint(), b.fingerprint()) })
}

func (x *Rehearsed) fingerprint() []byte {
	out := appendChunk(appendChunk(nil, x.Group), x.Key)
	for _, n := range []int64{x.Bucket, x.First, x.Last, x.Count} {
		out = binary.AppendVarint(out, n)
	}
	for _, f := range x.Fields {
		out = appendChunk(appendChunk(out, []byte(f.Name)), []byte(f.Value))
	}
	return out
}
