package rules

import (
	"bytes"
	"net/netip"
	"regexp"
	"unsafe"

	"github.com/burstwatch/burstwatch/rules/sigma"
)

// predicate is a condition ready to be judged.
type predicate interface{ holds(*run) bool }

type (
	constant bool
	all      []predicate
	some     []predicate
	negation struct{ x predicate }
	// count holds where at least n hold.
	count struct {
		n  int
		of []predicate
	}
	// remembered judges a shared condition once for an event.
	remembered struct {
		x    predicate
		slot int32
	}
)

func (c constant) holds(*run) bool { return bool(c) }

func (a all) holds(r *run) bool {
	for _, p := range a {
		if !p.holds(r) {
			return false
		}
	}
	return true
}

func (s some) holds(r *run) bool {
	for _, p := range s {
		if p.holds(r) {
			return true
		}
	}
	return false
}

func (n *negation) holds(r *run) bool { return !n.x.holds(r) }

func (c *count) holds(r *run) bool {
	n := c.n
	for _, p := range c.of {
		if p.holds(r) {
			if n--; n == 0 {
				return true
			}
		}
	}
	return false
}

func (m *remembered) holds(r *run) bool {
	if known := r.memo[m.slot]; known>>1 == r.gen {
		return known&1 == 1
	}
	yes := m.x.holds(r)
	known := r.gen << 1
	if yes {
		known |= 1
	}
	r.memo[m.slot] = known
	return yes
}

// equals holds where one of the field's texts is one of the literals.
type equals struct {
	field int32
	id    int32   // the only literal,
	ids   []int32 // or the literals, ascending
}

func (e *equals) holds(r *run) bool {
	for _, id := range r.literals(e.field) {
		if id == e.id {
			return true
		}
		for _, x := range e.ids {
			if id == x {
				return true
			}
		}
	}
	return false
}

// present holds where the field is there and not null. It serves |exists too:
// the specification would have a null exist, but the logs that we read write
// null for what is not there, and rules for them count on it.
type present struct{ field int32 }

func (p *present) holds(r *run) bool { return r.load(p.field).filled }

// texts are the texts of a field that text predicates look at.
type texts struct {
	field int32
	cased bool
}

func (t texts) of(r *run) [][]byte {
	if t.cased {
		return r.raws(t.field)
	}
	return r.folds(t.field)
}

// same holds where a text is the literal, case and all.
type same struct {
	texts
	text []byte
}

func (s *same) holds(r *run) bool {
	for _, t := range s.of(r) {
		if bytes.Equal(t, s.text) {
			return true
		}
	}
	return false
}

// contains holds where a text contains the literal.
type contains struct {
	texts
	text []byte
}

func (c *contains) holds(r *run) bool {
	for _, t := range c.of(r) {
		if bytes.Contains(t, c.text) {
			return true
		}
	}
	return false
}

// begins holds where a text begins with the literal.
type begins struct {
	texts
	text []byte
}

func (b *begins) holds(r *run) bool {
	for _, t := range b.of(r) {
		if bytes.HasPrefix(t, b.text) {
			return true
		}
	}
	return false
}

// ends holds where a text ends with the literal.
type ends struct {
	texts
	text []byte
}

func (e *ends) holds(r *run) bool {
	for _, t := range e.of(r) {
		if bytes.HasSuffix(t, e.text) {
			return true
		}
	}
	return false
}

// fits holds where a text fits the pattern.
type fits struct {
	texts
	glob glob
}

func (f *fits) holds(r *run) bool {
	for _, t := range f.of(r) {
		if f.glob.match(t) {
			return true
		}
	}
	return false
}

// regex holds where the expression is found in a text. literal is what it
// cannot be found without, looked for first: that costs a hundredth.
type regex struct {
	texts   // those to look for literal in
	literal []byte
	re      *regexp.Regexp
}

func (x *regex) holds(r *run) bool {
	if len(x.literal) > 0 && !(&contains{x.texts, x.literal}).holds(r) {
		return false
	}
	for _, t := range r.raws(x.field) {
		if x.re.Match(t) {
			return true
		}
	}
	return false
}

// inside holds where a text is an address of the network. An IPv4 address in
// IPv6 clothes (::ffff:10.0.0.1) is the IPv4 address.
type inside struct {
	field  int32
	prefix netip.Prefix
}

func (c *inside) holds(r *run) bool {
	for _, t := range r.raws(c.field) {
		if !mayBeAddress(t) {
			continue
		}
		// A copy would be an allocation for each address. Nothing of the text is
		// kept: an address without zone holds none, and the error is dropped.
		if a, err := netip.ParseAddr(unsafe.String(&t[0], len(t))); err == nil && c.prefix.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// mayBeAddress spares ParseAddr the names of services, whose refusal it would
// make an error of.
func mayBeAddress(t []byte) bool {
	if len(t) < 2 || len(t) > 45 {
		return false
	}
	for _, c := range t {
		if c != '.' && c != ':' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

// number holds where a value is a number that compares.
type number struct {
	field   int32
	compare sigma.Comparison
	n       float64
}

func (n *number) holds(r *run) bool {
	for _, v := range r.valuesOf(n.field) {
		if x, ok := numberOf(v); ok && compare(x, n.compare, n.n) {
			return true
		}
	}
	return false
}

func compare(a float64, how sigma.Comparison, b float64) bool {
	switch how {
	case sigma.Less:
		return a < b
	case sigma.LessEqual:
		return a <= b
	case sigma.Greater:
		return a > b
	case sigma.GreaterEqual:
		return a >= b
	default:
		return a == b
	}
}

// refers holds where a text of the field stands to one of the other field as
// the relation says.
type refers struct {
	texts
	other    int32
	relation sigma.Relation
}

func (f *refers) holds(r *run) bool {
	mine, others := f.of(r), texts{f.other, f.cased}.of(r)
	for _, a := range mine {
		for _, b := range others {
			if related(a, f.relation, b) {
				return true
			}
		}
	}
	return false
}

func related(a []byte, how sigma.Relation, b []byte) bool {
	switch how {
	case sigma.Contains:
		return bytes.Contains(a, b)
	case sigma.StartsWith:
		return bytes.HasPrefix(a, b)
	case sigma.EndsWith:
		return bytes.HasSuffix(a, b)
	default:
		return bytes.Equal(a, b)
	}
}

// moment holds where a part of a time compares.
type moment struct {
	field   int32
	part    sigma.TimePart
	compare sigma.Comparison
	n       float64
}

func (m *moment) holds(r *run) bool {
	for _, v := range r.valuesOf(m.field) {
		if ns, ok := timeOf(v); ok && compare(partOf(ns, m.part), m.compare, m.n) {
			return true
		}
	}
	return false
}
