package rules

import "slices"

// sole is that a field has this literal and no other: what is known where a
// rule is looked up by the only literal that the event has in that field.
type sole struct{ field, id int32 }

// assume returns what is left to be judged of a condition where k is known.
// Rules say in one condition what holds of several events and services
// ("network or roles or keys"); filed under one of them, the rest of it is
// decided, and what is left is often one comparison.
func (ts *terms) assume(t *term, k sole) *term {
	switch t.op {
	case opLeaf:
		switch l := t.leaf.(type) {
		case *equals:
			if l.field == k.field {
				return ts.constant(l.id == k.id || slices.Contains(l.ids, k.id))
			}
		case *present:
			if l.field == k.field {
				return ts.constant(true)
			}
		}
	case opNot:
		if x := ts.assume(t.kids[0], k); x != t.kids[0] {
			return ts.not(x)
		}
	case opAnd, opOr, opCount:
		kids := make([]*term, len(t.kids))
		for i, x := range t.kids {
			kids[i] = ts.assume(x, k)
		}
		switch {
		case slices.Equal(kids, t.kids):
		case t.op == opAnd:
			return ts.and(kids...)
		case t.op == opOr:
			return ts.or(kids...)
		default:
			return ts.atLeast(t.n, kids)
		}
	}
	return t
}

// specialize makes of a rule that is filed under several literals one for each.
func (c *compiler) specialize(x placed) []placed {
	out := make([]placed, len(x.ids))
	for i, id := range x.ids {
		y := x
		y.ids, y.whole = []int32{id}, nil
		if left := c.assume(x.term, sole{x.field, id}); left != x.term {
			y.term, y.whole = left, x.term
		}
		y.guard, y.term = c.guard(y.term)
		out[i] = y
	}
	return out
}
