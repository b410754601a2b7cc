package enrich

import (
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// schema stands before a dataset's own schema.
type schema struct {
	base      event.Schema
	writer    event.DocumentWriter // base, nil if it writes no documents itself
	recurring event.Recurring      // base, nil if nothing recurs
	enricher  *Enricher
	in        inputs
	fields    []derived // those that its events can have, in key order
	others    []derived // but those of their addresses
}

func newSchema(e *Enricher, base event.Schema) *schema {
	s := &schema{base: base, enricher: e, in: inputsOf(base)}
	s.writer, _ = base.(event.DocumentWriter)
	s.recurring, _ = base.(event.Recurring)
	s.fields, s.others = s.possible(all), s.possible(others)
	return s
}

// possible are those of the fields that the schema's events can have.
func (s *schema) possible(fields []derived) (out []derived) {
	for _, d := range fields {
		if d.can(&s.in) {
			out = append(out, d)
		}
	}
	return out
}

// Dataset implements event.Schema.
func (s *schema) Dataset() string { return s.base.Dataset() }

// Index implements event.Schema.
func (s *schema) Index() []string { return s.base.Index() }

// ID implements event.Schema.
func (s *schema) ID(ev *event.Event, sc *event.Scratch) event.ID { return s.base.ID(ev, sc) }

// Recurring implements event.Recurring where the dataset's schema does; in any
// other no field recurs. What is known is a part of what recurs.
func (s *schema) Recurring(ev *event.Event) uint64 {
	if s.recurring == nil {
		return 0
	}
	return s.recurring.Recurring(ev) + s.enricher.swaps.Load()*0x9e3779b97f4a7c15
}

// Part implements event.Parted where the dataset's schema does.
func (s *schema) Part(ev *event.Event, p event.Part) uint64 {
	parted, ok := s.recurring.(event.Parted)
	if !ok {
		return 0
	}
	h := parted.Part(ev, p)
	if h == 0 {
		return 0
	}
	return h + s.enricher.swaps.Load()*0x9e3779b97f4a7c15
}

// PartOf implements event.Parted. A field of ours is of the part that all is of
// which it is derived of.
func (s *schema) PartOf(name string) event.Part {
	parted, ok := s.recurring.(event.Parted)
	if !ok {
		return event.Whole
	}
	of, ours := s.derivedOf(name)
	if !ours {
		return parted.PartOf(name)
	}
	part := event.Whole
	for i, name := range of {
		if p := parted.PartOf(name); i == 0 {
			part = p
		} else if p != part {
			return event.Whole
		}
	}
	return part
}

// derivedOf are the fields that a field of ours is derived of.
func (s *schema) derivedOf(name string) (of []string, ours bool) {
	key, isECS := event.KeyOf(name)
	if !isECS {
		return nil, false
	}
	i := slices.IndexFunc(s.fields, func(d derived) bool { return d.key == key })
	if i < 0 {
		return nil, false
	}
	return s.fields[i].of, true
}

// Recurs implements event.Recurring. A field of ours recurs if all that it is
// derived of does.
func (s *schema) Recurs(name string) bool {
	if s.recurring == nil {
		return false
	}
	if of, ours := s.derivedOf(name); ours {
		return len(of) > 0 && !slices.ContainsFunc(of, func(name string) bool { return !s.recurring.Recurs(name) })
	}
	return s.recurring.Recurs(name)
}

// Getter implements event.Schema. A field of ours that nothing is known of by
// now has no getter: a rule that reads it cannot match, and is told so.
func (s *schema) Getter(name string) event.Getter {
	base := s.base.Getter(name)
	key, ok := event.KeyOf(name)
	if !ok {
		return base
	}
	i, ok := slices.BinarySearchFunc(s.fields, key, func(d derived, k event.Key) int { return int(d.key) - int(k) })
	if !ok || !s.fields[i].from.of(s.enricher.Known()) {
		return base
	}
	return &getter{s, &s.fields[i], base}
}

// Join implements event.Joiner: it joins what the dataset's own schema reads.
func (s *schema) Join(getters []event.Getter) []event.Getter {
	if j, ok := s.base.(event.Joiner); ok {
		return j.Join(getters)
	}
	return getters
}

// getter reads one field of ours.
type getter struct {
	schema *schema
	field  *derived
	base   event.Getter // of the field that ours overrules, or nil
}

// Append implements event.Getter.
func (g *getter) Append(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
	r := g.schema.open(ev, s)
	var v event.Value
	if r != nil {
		v = g.field.value(r)
	}
	switch {
	case !v.IsNull() && v.Kind == event.JSON && g.field.list:
		return jsonscan.AppendValues(dst, v.Bytes)
	case !v.IsNull():
		return append(dst, v)
	case g.base != nil:
		return g.base.Append(dst, ev, s)
	}
	return dst
}

// Fields implements event.Schema.
func (s *schema) Fields(dst []event.Field, ev *event.Event, sc *event.Scratch) []event.Field {
	from := len(dst)
	dst = s.base.Fields(dst, ev, sc)
	r := s.open(ev, sc)
	if r == nil {
		return dst
	}
	r.m.extra = s.extra(r.m.extra[:0], r)
	return merge(dst, from, r.m.extra)
}

// AppendDocument implements event.DocumentWriter where nobody else adds fields.
func (s *schema) AppendDocument(dst []byte, ev *event.Event, more []event.Field, sc *event.Scratch) ([]byte, bool) {
	if len(more) > 0 {
		return dst, false
	}
	r := s.open(ev, sc)
	if r == nil {
		return s.write(dst, ev, nil, sc)
	}
	m := r.m
	m.extra = s.extra(m.extra[:0], r)
	if out, ok := s.write(dst, ev, m.extra, sc); ok {
		return out, true
	}
	// Not false: then what is known would be looked up once more, by Fields.
	m.fields = merge(s.base.Fields(m.fields[:0], ev, sc), 0, m.extra)
	return event.AppendDocument(dst, m.fields), true
}

// write has the dataset's own schema write the document, if it writes any.
func (s *schema) write(dst []byte, ev *event.Event, more []event.Field, sc *event.Scratch) ([]byte, bool) {
	if s.writer == nil {
		return dst, false
	}
	return s.writer.AppendDocument(dst, ev, more, sc)
}

// extra appends the fields that are ours, in key order.
func (s *schema) extra(dst []event.Field, r *reading) []event.Field {
	for i := range s.others {
		if v := s.others[i].value(r); !v.IsNull() {
			dst = append(dst, event.Field{Key: s.others[i].key, Value: v})
		}
	}
	if at := r.source(); at != nil {
		dst = merge(dst, 0, at.fields)
	}
	if at := r.destination(); at != nil {
		dst = merge(dst, 0, at.fields)
	}
	return dst
}

// merge puts fields in key order among dst[from:], which are so too. Of two of
// one key the new one stays.
func merge(dst []event.Field, from int, fields []event.Field) []event.Field {
	if len(fields) == 0 {
		return dst
	}
	i, o := len(dst)-1, len(dst)+len(fields)-1
	dst = append(dst, fields...) // room; written over from the back
	same := 0
	for k := len(fields) - 1; k >= 0; o-- {
		switch {
		case i >= from && dst[i].Key > fields[k].Key:
			dst[o] = dst[i]
			i--
			continue
		case i >= from && dst[i].Key == fields[k].Key:
			i--
			same++
		}
		dst[o] = fields[k]
		k--
	}
	if same > 0 { // what was overruled left a gap
		dst = slices.Delete(dst, i+1, i+1+same)
	}
	return dst
}
