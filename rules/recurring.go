package rules

import "github.com/burstwatch/burstwatch/internal/event"

// Most conditions of most rules ask who called, from where and with what. Of
// these the same few thousand come again and again, so that what a condition said
// of them is kept, by their hash (event.Recurring): an event then costs a look at
// a bit where it would cost a walk, a comparison or a regular expression.

// keptParts is how many parts a run remembers; what comes later takes the place
// of what was there.
const keptParts = 4096

// keeper is what a run remembers of the parts that recur.
type keeper struct {
	of    event.Recurring // nil: nothing is kept
	words int             // of bits, for each part: those that are known, then those that hold
	parts []keptPart
	bits  []uint64

	gen uint32   // of the event at hand
	at  int      // the place of its part
	now []uint64 // its bits
}

// keptPart is one part, by its hash, and what it leaves of the rules once that is
// listed (see shortlist.go).
type keptPart struct {
	hash   uint64
	listed bool
	list   []shortlisted
}

func newKeeper(p *program) keeper {
	if p.recurring == nil || p.kept == 0 && len(p.byWho) == 0 && len(p.whoSearches) == 0 {
		return keeper{}
	}
	words := int(p.kept+63) / 64
	return keeper{of: p.recurring, words: words, parts: make([]keptPart, keptParts), bits: make([]uint64, 2*words*keptParts)}
}

// recurring are the bits of the event at hand.
func (r *run) recurring() []uint64 {
	k := &r.keeper
	if k.gen == r.gen {
		return k.now
	}
	k.gen = r.gen
	h := r.s.Recurring(k.of, r.ev)
	k.at = int(h % keptParts)
	k.now = k.bits[2*k.words*k.at : 2*k.words*(k.at+1)]
	if part := &k.parts[k.at]; part.hash != h {
		part.hash, part.listed = h, false
		clear(k.now)
	}
	return k.now
}

// kept judges a condition once for all events in which the same part recurs.
type kept struct {
	x   predicate
	bit int32
}

func (k *kept) holds(r *run) bool {
	if r.keeper.of == nil {
		return k.x.holds(r)
	}
	bits := r.recurring()
	word, mask := int(k.bit>>6), uint64(1)<<(k.bit&63)
	yes := &bits[r.keeper.words+word]
	if bits[word]&mask != 0 {
		return *yes&mask != 0
	}
	holds := k.x.holds(r)
	bits[word] |= mask
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

// recurs reports whether a condition looks at nothing but what recurs.
func (c *compiler) recurs(t *term) bool {
	if t.recursKnown {
		return t.recurs
	}
	t.recursKnown = true
	switch x, isLeaf := t.leaf.(reads); {
	case isLeaf:
		t.recurs = true
		for _, f := range x.reads() {
			t.recurs = t.recurs && c.fields[f].recurs
		}
	case t.op == opLeaf:
	default:
		t.recurs = true
		for _, k := range t.kids {
			t.recurs = c.recurs(k) && t.recurs
		}
	}
	return t.recurs
}
