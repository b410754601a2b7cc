package rules

import "github.com/burstwatch/burstwatch/internal/event"

// Most conditions of most rules ask who called, from where and with what. Of
// these the same few thousand come again and again, so that what a condition said
// of them is kept, by their hash (event.Recurring): an event then costs a look at
// a bit where it would cost a walk, a comparison or a regular expression. Of what
// asks for one of the three alone it is kept by the hash of that part, if the
// dataset tells the parts (event.Parted): a program that was met is known with
// whoever uses it next.

// span is what a condition looks at: more than what recurs, or what recurs, or one
// part of it.
type span uint8

const (
	more  span = iota
	whole      // what recurs; behind it come its parts
	spans = whole + span(event.PartCount)
)

// spanOf is what a field is read of.
func spanOf(s event.Schema, name string) span {
	r, ok := s.(event.Recurring)
	if !ok || name == "" || !r.Recurs(name) {
		return more
	}
	if parted, ok := s.(event.Parted); ok {
		return whole + span(parted.PartOf(name))
	}
	return whole
}

// with is what something looks at that looks at both.
func (s span) with(other span) span {
	switch {
	case s == other:
		return s
	case s == more || other == more:
		return more
	}
	return whole
}

// keptFor is for how many hashes of each span a run remembers what conditions said;
// what comes later takes the place of what was there.
var keptFor = [spans]int{whole: 4096, whole + span(event.Caller): 4096, whole + span(event.Address): 2048, whole + span(event.Agent): 512}

// keeper is what a run remembers of what recurs.
type keeper struct {
	of      event.Recurring // nil: nothing is kept
	answers [spans]answers
	lists   []keptList // beside answers[whole]

	gen   uint32      // of the event at hand
	known [spans]bool // whose place is found
}

// answers is what the conditions of one span said.
type answers struct {
	words  int // of bits, for each hash: those that are known, then those that hold
	hashes []uint64
	bits   []uint64

	at  int      // the place of the event at hand
	now []uint64 // its bits
}

// keptList is what one hash leaves of the rules once that is listed (see shortlist.go).
type keptList struct {
	listed bool
	list   []shortlisted
}

func newKeeper(p *program) keeper {
	if p.recurring == nil || p.kept == [spans]int32{} && len(p.byWho) == 0 && len(p.whoSearches) == 0 {
		return keeper{}
	}
	k := keeper{of: p.recurring, lists: make([]keptList, keptFor[whole])}
	for i := range k.answers {
		if s := span(i); p.kept[s] > 0 || s == whole {
			words := int(p.kept[s]+63) / 64
			k.answers[s] = answers{words: words, hashes: make([]uint64, keptFor[s]), bits: make([]uint64, 2*words*keptFor[s])}
		}
	}
	return k
}

// recurring is what the conditions of a span said of the event at hand.
func (r *run) recurring(of span) *answers {
	k := &r.keeper
	if k.gen != r.gen {
		k.gen, k.known = r.gen, [spans]bool{}
	}
	x := &k.answers[of]
	if k.known[of] {
		return x
	}
	k.known[of] = true
	h := r.s.Part(k.of, r.ev, event.Part(of-whole))
	x.at = int(h % uint64(len(x.hashes)))
	x.now = x.bits[2*x.words*x.at : 2*x.words*(x.at+1)]
	if x.hashes[x.at] != h {
		x.hashes[x.at] = h
		clear(x.now)
		if of == whole {
			k.lists[x.at].listed = false
		}
	}
	return x
}

// kept judges a condition once for all events in which the same recurs.
type kept struct {
	x    predicate
	span span
	bit  int32
}

func (k *kept) holds(r *run) bool {
	if r.keeper.of == nil {
		return k.x.holds(r)
	}
	answers := r.recurring(k.span)
	word, mask := int(k.bit>>6), uint64(1)<<(k.bit&63)
	known, yes := &answers.now[word], &answers.now[answers.words+word]
	if *known&mask != 0 {
		return *yes&mask != 0
	}
	holds := k.x.holds(r)
	*known |= mask
	if holds {
		*yes |= mask
	}
	return holds
}

// reads are implemented by conditions on fields.
type reads interface{ reads() []int32 }

func (e *equals) reads() []int32  { return []int32{e.field} }
func (p *present) reads() []int32 { return []int32{p.field} }
func (t texts) reads() []int32    { return []int32{t.field} }
func (c *inside) reads() []int32  { return []int32{c.field} }
func (n *number) reads() []int32  { return []int32{n.field} }
func (f *refers) reads() []int32  { return []int32{f.field, f.other} }
func (m *moment) reads() []int32  { return []int32{m.field} }

// span is what a condition looks at.
func (c *compiler) span(t *term) span {
	if t.spanKnown {
		return t.span
	}
	t.spanKnown = true
	switch x, isLeaf := t.leaf.(reads); {
	case isLeaf:
		for i, f := range x.reads() {
			t.span = widen(t.span, c.fields[f].span, i == 0)
		}
	case t.op == opLeaf:
	default:
		for i, k := range t.kids {
			t.span = widen(t.span, c.span(k), i == 0)
		}
	}
	return t.span
}

// widen is the span of what was seen and of one more.
func widen(was, next span, first bool) span {
	if first {
		return next
	}
	return was.with(next)
}
