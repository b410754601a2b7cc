package rules

import "slices"

// chooseSearches files rules that pin nothing under the texts that they need,
// in fields for which there are many, from so many on.
func (c *compiler) chooseSearches(places []placed, from int) {
	known := map[*term]needs{}
	texts := map[int32]map[string]bool{}
	found := make([]needs, len(places))
	for i := range places {
		if places[i].field >= 0 {
			continue
		}
		found[i] = c.needsOf(places[i].term, known)
		for f, list := range found[i] {
			if texts[f] == nil {
				texts[f] = map[string]bool{}
			}
			for _, t := range list {
				texts[f][t] = true
			}
		}
	}
	for i := range places {
		best := int32(-1)
		for f := range found[i] {
			if len(texts[f]) >= from && (best < 0 || len(texts[f]) > len(texts[best]) || len(texts[f]) == len(texts[best]) && f < best) {
				best = f
			}
		}
		if best >= 0 {
			places[i].field, places[i].needs, places[i].searched = best, found[i][best], true
		}
	}
}

// needs maps a field to texts (folded) of which it must contain one for a
// condition to hold.
type needs map[int32][]string

// needsOf finds what a condition needs.
func (c *compiler) needsOf(t *term, known map[*term]needs) needs {
	if n, ok := known[t]; ok {
		return n
	}
	out := needs{}
	switch t.op {
	case opLeaf:
		if x, ok := t.leaf.(needy); ok {
			if f, texts := x.need(c); len(texts) > 0 {
				out[f] = texts
			}
		}
	case opAnd:
		for _, k := range t.kids {
			for f, texts := range c.needsOf(k, known) {
				if have, ok := out[f]; !ok || len(texts) < len(have) {
					out[f] = texts
				}
			}
		}
	case opOr:
		for f := range c.needsOf(t.kids[0], known) {
			if texts := c.common(f, t.kids, known); texts != nil {
				out[f] = texts
			}
		}
	case opCount:
		return c.needsOf(c.or(t.kids[:len(t.kids)-t.n+1]...), known)
	}
	known[t] = out
	return out
}

// common gathers what each of the kids needs of a field, nil if one needs
// nothing.
func (c *compiler) common(f int32, kids []*term, known map[*term]needs) []string {
	var out []string
	for _, k := range kids {
		texts := c.needsOf(k, known)[f]
		if texts == nil {
			return nil
		}
		out = append(out, texts...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// needy is a predicate that cannot hold unless the field contains one of some
// texts.
type needy interface {
	need(c *compiler) (field int32, texts []string)
}

func enough(f int32, texts ...string) (int32, []string) {
	for i, t := range texts {
		if texts[i] = fold(t); len(texts[i]) < shortestNeedle {
			return f, nil
		}
	}
	return f, texts
}

func (s *same) need(*compiler) (int32, []string)     { return enough(s.field, string(s.text)) }
func (c *contains) need(*compiler) (int32, []string) { return enough(c.field, string(c.text)) }
func (b *begins) need(*compiler) (int32, []string)   { return enough(b.field, string(b.text)) }
func (e *ends) need(*compiler) (int32, []string)     { return enough(e.field, string(e.text)) }
func (x *regex) need(*compiler) (int32, []string)    { return enough(x.field, string(x.literal)) }

func (e *equals) need(c *compiler) (int32, []string) {
	var texts []string
	for text, id := range c.fields[e.field].literals {
		if id == e.id || slices.Contains(e.ids, id) {
			texts = append(texts, text)
		}
	}
	if len(texts) < max(1, len(e.ids)) {
		return e.field, nil // a number may be written in many ways
	}
	slices.Sort(texts)
	return enough(e.field, texts...)
}

// need takes the longest of the pieces between wildcards.
func (f *fits) need(*compiler) (int32, []string) {
	longest := ""
	for _, p := range f.glob.pieces {
		for _, text := range append(p.ones, p.text) {
			if len(text) > len(longest) {
				longest = string(text)
			}
		}
	}
	return enough(f.field, longest)
}
