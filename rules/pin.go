package rules

import "slices"

// pins maps a field to the texts (as numbers) of which the field must have one
// for a condition to hold.
type pins map[int32][]int32

// pinsOf finds what a condition pins. Only equality does: a field that must
// contain something may have any of endless texts.
func pinsOf(t *term, known map[*term]pins) pins {
	if p, ok := known[t]; ok {
		return p
	}
	var out pins
	switch t.op {
	case opLeaf:
		if e, ok := t.leaf.(*equals); ok {
			out = pins{e.field: e.ids}
			if e.ids == nil {
				out[e.field] = []int32{e.id}
			}
		}
	case opAnd:
		out = pins{}
		for _, k := range t.kids {
			for f, ids := range pinsOf(k, known) {
				if have, ok := out[f]; !ok || len(ids) < len(have) {
					out[f] = ids
				}
			}
		}
	case opOr:
		out = union(t.kids, known)
	case opCount:
		// One of any len-n+1 kids must hold; the first so many will do.
		out = union(t.kids[:len(t.kids)-t.n+1], known)
	}
	known[t] = out
	return out
}

// union is what is pinned where one of the kids must hold.
func union(kids []*term, known map[*term]pins) pins {
	out := pins{}
	for f := range pinsOf(kids[0], known) {
		var ids []int32
		for _, k := range kids {
			more, ok := pinsOf(k, known)[f]
			if !ok {
				ids = nil
				break
			}
			ids = append(ids, more...)
		}
		if ids != nil {
			slices.Sort(ids)
			out[f] = slices.Compact(ids)
		}
	}
	return out
}

// without returns a conjunction less the part that the index has answered: the
// comparison with exactly these texts.
func (ts *terms) without(t *term, f int32, ids []int32) *term {
	same := func(k *term) bool {
		e, ok := k.leaf.(*equals)
		return ok && k.op == opLeaf && e.field == f && (slices.Equal(e.ids, ids) || len(ids) == 1 && e.id == ids[0])
	}
	if same(t) {
		return ts.constant(true)
	}
	if t.op != opAnd {
		return t
	}
	var rest []*term
	for _, k := range t.kids {
		if !same(k) {
			rest = append(rest, k)
		}
	}
	return ts.and(rest...)
}
