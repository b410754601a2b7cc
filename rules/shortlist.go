package rules

import (
	"hash/maphash"
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Which rules may match is mostly decided by two things that come again and
// again: who calls (what recurs, see recurring.go) and what is called (the slots
// by which most rules are filed). So what either leaves of the rules is kept as a
// shortlist: for nearly all events that are two look-ups, where the fields would
// have to be read and their texts be folded and looked for.

// shortlisted is a candidate for events that agree in what the list is kept by.
type shortlisted struct {
	*candidate
	// guard and rest are what is left to be judged of it.
	guard *equals
	rest  predicate
	// repeats is set where the rule may be filed under several texts that the
	// event has.
	repeats bool
}

// shortlist adds candidates to the draft of a list.
func (r *run) shortlist(list []candidate, repeats bool) {
	for i := range list {
		c := &list[i]
		x := shortlisted{c, c.guard, c.rest, repeats}
		if c.whole != nil && repeats {
			x.guard, x.rest = nil, c.whole
		}
		r.draft = append(r.draft, x)
	}
}

// tryShortlisted judges candidates.
func (r *run) tryShortlisted(list []shortlisted) {
	for i := range list {
		if x := &list[i]; (x.guard == nil || x.guard.holds(r)) && x.rest.holds(r) {
			r.match(x.candidate, x.repeats)
		}
	}
}

// who is what the caller leaves of the rules that pin what recurs or nothing at
// all.
func (r *run) who() []shortlisted {
	part := &r.keeper.lists[r.recurring(whole).at]
	if part.listed {
		return part.list
	}
	p := r.program
	r.draft = r.draft[:0]
	r.shortlistFiled(p.byWho)
	for i := range p.whoSearches {
		ids := r.search(&p.whoSearches[i])
		for _, id := range ids {
			r.shortlist(p.whoSearches[i].by[id], len(ids) > 1)
		}
	}
	r.shortlist(p.always, false)
	// What has a guard stays: that would be asked first, and what is asked for is
	// noted (see unseen.go).
	left := slices.DeleteFunc(r.draft, func(x shortlisted) bool { return x.guard == nil && r.refuted(x.rest) })
	part.list, part.listed = r.shared(left), true
	return part.list
}

// manyLists bounds what shared compares with.
const manyLists = 64

// shared is a copy of a list, one for all callers of whom it is the same: that of
// each by itself took two megabytes.
func (r *run) shared(list []shortlisted) []shortlisted {
	same := func(a, b shortlisted) bool { return a.candidate == b.candidate && a.repeats == b.repeats }
	for _, known := range r.lists {
		if slices.EqualFunc(known, list, same) {
			return known
		}
	}
	if len(r.lists) == manyLists {
		r.lists = r.lists[:0]
	}
	r.lists = append(r.lists, slices.Clone(list))
	return r.lists[len(r.lists)-1]
}

// shortlistFiled adds what is filed under the event's texts.
func (r *run) shortlistFiled(index []indexed) {
	for i := range index {
		ids := r.literals(index[i].field)
		for _, id := range ids {
			r.shortlist(index[i].by[id], len(ids) > 1)
		}
	}
}

// refuted reports whether a condition does not hold because of what recurs.
func (r *run) refuted(p predicate) bool {
	switch p := p.(type) {
	case *kept:
		return !p.holds(r)
	case all:
		for _, x := range p {
			k, ok := x.(*kept)
			if !ok {
				break // those come first
			}
			if !k.holds(r) {
				return true
			}
		}
	}
	return false
}

// calls keeps what is left of the rules by what is called.
type calls struct {
	slots []int // of the fields that it is kept by
	seed  maphash.Seed
	kept  []keptCall
}

type keptCall struct {
	known bool
	hash  uint64
	list  []shortlisted
}

// keptCalls is how many calls a run remembers: a trail of a studio has some
// hundred.
const keptCalls = 512

func newCalls(p *program) calls {
	if len(p.byCall) == 0 {
		return calls{}
	}
	c := calls{seed: maphash.MakeSeed(), kept: make([]keptCall, keptCalls)}
	for i := range p.byCall {
		slot, _ := p.fields[p.byCall[i].field].slot()
		c.slots = append(c.slots, slot)
	}
	return c
}

// call is what the call leaves of the rules that pin it.
func (r *run) call() []shortlisted {
	hash := uint64(0)
	for _, slot := range r.calls.slots {
		hash = hash*0x9e3779b97f4a7c15 + maphash.Bytes(r.calls.seed, r.ev.At(slot))
	}
	k := &r.calls.kept[hash%keptCalls]
	if k.known && k.hash == hash {
		return k.list
	}
	k.known, k.hash, k.list = true, hash, k.list[:0]
	r.draft = r.draft[:0]
	r.shortlistFiled(r.byCall)
	for _, x := range r.draft {
		if x.guard != nil && r.isCall(x.guard.field) {
			if !x.guard.holds(r) {
				continue
			}
			x.guard = nil
		}
		k.list = append(k.list, x)
	}
	return k.list
}

// slot is the slot that a field is read of, if it is read of nothing else.
func (f *field) slot() (int, bool) {
	s, ok := f.get.(event.Slotted)
	if !ok {
		return 0, false
	}
	return s.Slot(), true
}
