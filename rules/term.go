package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// term is a condition on its way to becoming a predicate. Equal conditions are
// one term, whichever rules they come from.
type term struct {
	op   op
	kids []*term
	n    int // of opCount
	leaf predicate
	// cost orders what is judged: about the nanoseconds that it takes.
	cost int
	// uses counts the terms and rules that hold it.
	uses int
	// span is what of that recurs it looks at (see recurring.go), and outermost is
	// set where something holds it that looks at more.
	span                 span
	spanKnown, outermost bool
	id                   int
	made                 predicate
}

type op uint8

const (
	opConstant op = iota
	opAnd
	opOr
	opNot
	opCount
	opLeaf
)

// terms makes terms, each only once.
type terms struct {
	byKey map[string]*term
	slots int32        // taken by remembered results
	kept  [spans]int32 // conditions whose results are kept from event to event
}

func (ts *terms) intern(key string, make func() *term) *term {
	if t := ts.byKey[key]; t != nil {
		return t
	}
	t := make()
	t.id = len(ts.byKey)
	ts.byKey[key] = t
	return t
}

func (ts *terms) constant(b bool) *term {
	return ts.intern(fmt.Sprint(b), func() *term { return &term{op: opConstant, leaf: constant(b)} })
}

func (ts *terms) leaf(cost int, p predicate, key string, args ...any) *term {
	return ts.intern(fmt.Sprintf(key, args...), func() *term { return &term{op: opLeaf, leaf: p, cost: cost} })
}

// isConstant reports whether the term is decided, and how.
func (t *term) isConstant() (value, ok bool) {
	if t.op != opConstant {
		return false, false
	}
	return bool(t.leaf.(constant)), true //nolint:forcetypeassert // constants have no other leaf
}

func (ts *terms) not(x *term) *term {
	if b, ok := x.isConstant(); ok {
		return ts.constant(!b)
	}
	if x.op == opNot {
		return x.kids[0]
	}
	return ts.intern(fmt.Sprintf("!%d", x.id), func() *term {
		return &term{op: opNot, kids: []*term{x}, cost: x.cost}
	})
}

func (ts *terms) and(kids ...*term) *term { return ts.join(opAnd, true, kids) }
func (ts *terms) or(kids ...*term) *term  { return ts.join(opOr, false, kids) }

// join makes an and (unit true) or an or (unit false): nested ones are drawn
// in, decided ones and repeats left out, cheap ones put first.
func (ts *terms) join(o op, unit bool, kids []*term) *term {
	var flat []*term
	for _, k := range kids {
		if b, ok := k.isConstant(); ok {
			if b != unit {
				return k
			}
			continue
		}
		if k.op == o {
			flat = append(flat, k.kids...)
		} else {
			flat = append(flat, k)
		}
	}
	slices.SortFunc(flat, func(a, b *term) int { return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.id, b.id)) })
	flat = slices.Compact(flat)
	switch len(flat) {
	case 0:
		return ts.constant(unit)
	case 1:
		return flat[0]
	}
	return ts.intern(key(o, 0, flat), func() *term {
		t := &term{op: o, kids: flat}
		for _, k := range flat {
			t.cost += k.cost
		}
		return t
	})
}

// atLeast makes a term that holds where n of the kids do.
func (ts *terms) atLeast(n int, kids []*term) *term {
	var open []*term
	for _, k := range kids {
		if b, ok := k.isConstant(); ok {
			if b {
				n--
			}
			continue
		}
		open = append(open, k)
	}
	switch {
	case n <= 0:
		return ts.constant(true)
	case n > len(open):
		return ts.constant(false)
	case n == len(open):
		return ts.and(open...)
	case n == 1:
		return ts.or(open...)
	}
	return ts.intern(key(opCount, n, open), func() *term {
		t := &term{op: opCount, n: n, kids: open}
		for _, k := range open {
			t.cost += k.cost
		}
		return t
	})
}

func key(o op, n int, kids []*term) string {
	var b strings.Builder
	fmt.Fprintf(&b, "(%d %d", o, n)
	for _, k := range kids {
		fmt.Fprintf(&b, " %d", k.id)
	}
	return b.String()
}

// count notes one more holder of the term, and what it holds in turn.
func (t *term) count(holder span) {
	t.uses++
	t.outermost = t.outermost || holder != t.span
	if t.uses == 1 {
		for _, k := range t.kids {
			k.count(t.span)
		}
	}
}

// cheap is the cost below which judging again is as quick as remembering.
const cheap = 5

// predicate makes the term ready to be judged. What is shared and not cheap is
// remembered.
func (ts *terms) predicate(t *term) predicate {
	if t.made != nil {
		return t.made
	}
	var p predicate
	switch t.op {
	case opAnd:
		p = all(ts.predicates(inOrder(t.kids)))
	case opOr:
		p = some(ts.predicates(inOrder(t.kids)))
	case opNot:
		p = &negation{ts.predicate(t.kids[0])}
	case opCount:
		p = &count{t.n, ts.predicates(t.kids)}
	default:
		p = t.leaf
	}
	switch {
	case t.isKept():
		p = &kept{p, t.span, ts.kept[t.span]}
		ts.kept[t.span]++
	case t.isRemembered():
		p = &remembered{p, ts.slots}
		ts.slots++
	}
	t.made = p
	return p
}

func (t *term) isRemembered() bool { return t.uses > 1 && t.cost > cheap && t.op != opNot }

func (t *term) isKept() bool { return t.span != more && t.outermost && t.op != opConstant }

// inOrder puts first what most likely decides soonest: cheap terms, and shared
// ones, which all but one of their holders get for nothing. What is negated is
// mostly an exception that does not apply, so it seldom decides.
func inOrder(kids []*term) []*term {
	out := slices.Clone(kids)
	slices.SortStableFunc(out, func(a, b *term) int { return cmp.Compare(a.delay(), b.delay()) })
	return out
}

func (t *term) delay() int {
	switch {
	case t.isKept():
		return 0
	case t.op == opNot && t.kids[0].isRelation():
		return t.kids[0].delay() // what ought to be equal, and mostly is
	case t.op == opNot:
		return 8 * t.kids[0].delay()
	case t.isRemembered():
		return cheap + t.cost/t.uses
	}
	return t.cost
}

func (t *term) isRelation() bool {
	_, ok := t.leaf.(*refers)
	return ok && t.op == opLeaf
}

func (ts *terms) predicates(kids []*term) []predicate {
	out := make([]predicate, len(kids))
	for i, k := range kids {
		out[i] = ts.predicate(k)
	}
	return out
}
