// Package detecttest judges stateful rules in memory, as simply as their
// contract can be read: for the tests of detectors. It keeps notes in a map and
// asks for all buckets, at once and one by one, and holds that both give the
// same. rules/window is how it is done in earnest.
package detecttest

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// Store holds the notes of one rule.
type Store struct {
	rule  detect.Rule
	look  map[string]detect.Observer
	s     event.Scratch
	notes map[noteKey]*held
}

type noteKey struct {
	group string
	time  int64
	id    event.ID
}

// held is a note; of one that is joined by Sum, what each stretch of an origin
// contributed.
type held struct {
	note  detect.Note
	parts map[string][]byte
}

// NewStore makes an empty store for a rule.
func NewStore(rule detect.Rule) *Store {
	return &Store{rule: rule, look: map[string]detect.Observer{}, notes: map[noteKey]*held{}}
}

// Batch observes events, which are those of one stretch of an origin: the same
// stretch again changes nothing.
func (st *Store) Batch(stretch string, events []*event.Event) {
	out := detect.NewNotes(func(dst []byte, ev *event.Event, _ *event.Scratch) []byte { return append(dst, ev.Record...) })
	for _, ev := range events {
		name := ev.Schema.Dataset()
		if _, known := st.look[name]; !known {
			st.look[name] = st.rule.Observer(ev.Schema)
		}
		if o := st.look[name]; o != nil {
			st.s.Reset()
			o.Event(ev, &st.s, out)
		}
	}
	for _, o := range st.look {
		if o != nil {
			o.Flush(out)
		}
	}
	seen := map[noteKey]bool{}
	for _, n := range out.All() {
		key := noteKey{string(n.Group), n.Time, n.ID}
		if n.Join == detect.Sum && seen[key] {
			panic("a batch has two sums of one note")
		}
		seen[key] = true
		st.join(key, stretch, n)
	}
}

func (st *Store) join(key noteKey, stretch string, n detect.Note) {
	n.Group, n.Value, n.Event = bytes.Clone(n.Group), bytes.Clone(n.Value), bytes.Clone(n.Event)
	h := st.notes[key]
	if h == nil {
		h = &held{note: n, parts: map[string][]byte{}}
		st.notes[key] = h
	}
	switch n.Join {
	case detect.Same:
		if !bytes.Equal(h.note.Value, n.Value) {
			panic(fmt.Sprintf("two notes that are joined by Same have values %q and %q", h.note.Value, n.Value))
		}
	case detect.Least:
		if bytes.Compare(n.Value, h.note.Value) < 0 {
			h.note = n
		}
	case detect.Sum:
		h.parts[stretch] = n.Value
		h.note.Value = nil
		for _, v := range h.parts {
			h.note.Value = detect.AddSums(nil, h.note.Value, v)
		}
	}
}

// Len is the number of notes.
func (st *Store) Len() int { return len(st.notes) }

// Found is a case and its group.
type Found struct {
	Group string
	detect.Case
	// Events are the records of the evidence, as they were read.
	Events []string
}

// Field is a field of the case, "" if it has none of the name.
func (f *Found) Field(name string) string {
	for _, x := range f.Fields {
		if x.Name == name {
			return x.Value
		}
	}
	return ""
}

// Cases are all cases, by time, group and key.
func (st *Store) Cases(t testing.TB) []Found {
	t.Helper()
	groups := map[string][]detect.Note{}
	for key, h := range st.notes {
		groups[key.group] = append(groups[key.group], h.note)
	}
	var out []Found
	for group, notes := range groups {
		slices.SortFunc(notes, func(a, b detect.Note) int {
			return cmp.Or(cmp.Compare(a.Time, b.Time), bytes.Compare(a.ID[:], b.ID[:]))
		})
		out = append(out, st.judge(t, group, notes)...)
	}
	slices.SortFunc(out, func(a, b Found) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), strings.Compare(a.Group, b.Group), bytes.Compare(a.Key, b.Key))
	})
	return out
}

func (st *Store) judge(t testing.TB, group string, notes []detect.Note) []Found {
	t.Helper()
	span := st.rule.Span()
	size := int64(span.Bucket)
	from, to := floor(notes[0].Time, size)-size, floor(notes[len(notes)-1].Time, size)+2*size
	all := st.ask(group, notes, from, to)
	var single []Found
	for at := from; at < to; at += size {
		single = append(single, st.ask(group, notes, at, at+size)...)
	}
	if a, b := Show(all), Show(single); a != b {
		t.Fatalf("all buckets at once give\n%s\nand one by one\n%s", a, b)
	}
	return all
}

func (st *Store) ask(group string, notes []detect.Note, from, to int64) []Found {
	span := st.rule.Span()
	w := &detect.Window{Group: []byte(group), From: from, To: to, Through: math.MinInt64}
	for _, n := range notes {
		if n.Time >= from-int64(span.Before) && n.Time < to+int64(span.After) {
			n.Event = nil
			w.Notes = append(w.Notes, n)
		}
	}
	if len(w.Notes) == 0 {
		return nil
	}
	var out []Found
	for _, c := range st.rule.Judge(w) {
		if c.Silent {
			continue
		}
		if c.Time < from || c.Time >= to {
			panic(fmt.Sprintf("a case at %d, asked for from %d to %d", c.Time, from, to))
		}
		f := Found{Group: group, Case: c}
		for _, i := range c.Evidence {
			n := &w.Notes[i]
			if e := st.notes[noteKey{group, n.Time, n.ID}].note.Event; e != nil {
				f.Events = append(f.Events, string(e))
			}
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Found) int { return cmp.Or(cmp.Compare(a.Time, b.Time), bytes.Compare(a.Key, b.Key)) })
	return out
}

func floor(t, size int64) int64 {
	n := t / size
	if t%size < 0 {
		n--
	}
	return n * size
}

// Show writes cases as text that tests compare.
func Show(cases []Found) string {
	var b strings.Builder
	for i := range cases {
		c := &cases[i]
		level := "rule's"
		if c.Level != nil {
			level = c.Level.String()
		}
		fmt.Fprintf(&b, "%s %q ×%d %s %d–%d", c.Group, c.Key, c.Count, level, c.First, c.Last)
		for _, f := range c.Fields {
			fmt.Fprintf(&b, " %s=%q", f.Name, f.Value)
		}
		for _, m := range c.Marks {
			fmt.Fprintf(&b, " mark=%q", m)
		}
		for _, e := range c.Events {
			fmt.Fprintf(&b, "\n\t%s", e)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// ID is a delivery id for made events: a hash of the record and its number.
func ID(ev *event.Event, s *event.Scratch) event.ID {
	return event.HashID(s, ev.Record, binary.LittleEndian.AppendUint64(nil, uint64(ev.Number)))
}
