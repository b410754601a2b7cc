package rules

import (
	"github.com/burstwatch/burstwatch/internal/event"
)

// Judge judges events by a set. One worker owns it; it keeps memory between
// events but no bytes of one.
type Judge struct {
	set  *Set
	runs map[event.Schema]*run
	last *run
	of   event.Schema

	based    []*Rule
	subjects map[event.Schema]*subjects
	own      map[ownSubject][][]event.Getter // of rules with a subject of their own
	interned map[string]string
	maker    maker
}

// Judge returns a new judge.
func (s *Set) Judge() *Judge {
	j := &Judge{set: s, runs: map[event.Schema]*run{}, subjects: map[event.Schema]*subjects{}, own: map[ownSubject][][]event.Getter{}, interned: map[string]string{}}
	for schema, p := range s.programs {
		j.runs[schema] = newRun(p)
	}
	return j
}

// Event returns the rules that ev matches, each once, in an order that is the
// same for the same event; those that are there for correlations only, Silent,
// are left out (see Based). The slice is good until the next call. Values are
// read with s, which the caller resets between events.
func (j *Judge) Event(ev *event.Event, s *event.Scratch) []*Rule {
	j.based = j.based[:0]
	if ev.Schema == nil {
		return nil
	}
	if ev.Schema != j.of || j.last == nil {
		j.of, j.last = ev.Schema, j.runs[ev.Schema]
		if j.last == nil {
			return nil
		}
		j.last.met.Store(true)
	}
	found := j.last.judge(ev, s)
	if j.set.based {
		found = j.observed(found)
	}
	return found
}

// Based are the rules that the last event matched and that correlations rest
// on: those observe the match. The slice is good until the next call of Event.
func (j *Judge) Based() []*Rule { return j.based }

// observed takes out of the matches what correlations rest on, for Based, and
// leaves the rules that speak for themselves.
func (j *Judge) observed(found []*Rule) []*Rule {
	loud := found[:0]
	for _, r := range found {
		if r.based {
			j.based = append(j.based, r)
		}
		if !r.Silent {
			loud = append(loud, r)
		}
	}
	return loud
}

// judge finds the matching rules.
func (r *run) judge(ev *event.Event, s *event.Scratch) []*Rule {
	r.begin(ev, s)
	if len(r.byCall) > 0 {
		r.tryShortlisted(r.call())
	}
	for i := range r.index {
		ix := &r.index[i]
		ids := r.literals(ix.field)
		for _, id := range ids {
			r.try(ix.by[id], len(ids) > 1)
		}
	}
	for i := range r.searches {
		x := &r.searches[i]
		ids := r.search(x)
		for _, id := range ids {
			r.try(x.by[id], len(ids) > 1)
		}
	}
	if r.keeper.of != nil {
		r.tryShortlisted(r.who())
	} else {
		r.try(r.always, false)
	}
	return r.found
}

// holds judges a candidate. alone says that the event has no other literal that
// rules are filed under.
func (c *candidate) holds(r *run, alone bool) bool {
	if c.whole != nil && !alone {
		return c.whole.holds(r)
	}
	return (c.guard == nil || c.guard.holds(r)) && c.rest.holds(r)
}

// try judges candidates. repeats says that the same rule may be filed under
// several texts that this event has.
func (r *run) try(list []candidate, repeats bool) {
	for i := range list {
		c := &list[i]
		if c.holds(r, !repeats) {
			r.match(c, repeats)
		}
	}
}

// match takes note of a candidate that holds.
func (r *run) match(c *candidate, repeats bool) {
	if !repeats {
		r.found = append(r.found, c.rules...)
		return
	}
	for _, rule := range c.rules {
		if r.seen[rule.Number] != r.gen {
			r.seen[rule.Number] = r.gen
			r.found = append(r.found, rule)
		}
	}
}
