package rules

import (
	"cmp"
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
)

// program is the rules of one dataset, ready to be judged.
type program struct {
	fields []field
	slots  int32        // of remembered conditions
	kept   [spans]int32 // conditions that are kept
	// recurring tells what recurs in the dataset's records; nil: nothing.
	recurring event.Recurring
	rules     int // in the set
	// index files rules under the texts and numbers that a field must have;
	// byCall likewise where it is a slot that the schema recommends, byWho where
	// it recurs.
	index, byCall, byWho []indexed
	// searches file rules under texts that a field must contain, whoSearches those
	// whose field recurs.
	searches, whoSearches []search
	// always are the rules that require nothing of the kind.
	always []candidate
	sight
}

// indexed are the rules filed under one field, by literal.
type indexed struct {
	field int32
	by    [][]candidate
}

// candidate is what is left to be judged of rules that may match; usually of
// one, but rules that say the same are judged together.
type candidate struct {
	rules []*Rule
	// guard is a comparison that must hold too, nil if there is none. It is
	// apart from the rest because it decides most candidates.
	guard *equals
	rest  predicate
	// whole is what is to be judged instead where the event has other literals
	// of the index's field too, which guard and rest take for granted that it
	// has not; nil if that makes no difference.
	whole predicate
}

// placed is a rule's condition and where it is filed.
type placed struct {
	root
	field int32 // -1 where it pins none
	ids   []int32
	guard *equals
	// whole is term before it was specialized, nil if that changed nothing.
	whole *term
	// needs are texts of which field must contain one, where searched is set.
	searched bool
	needs    []string
}

// program files the rules under what they pin. Fields that need searchFrom texts
// are searched for all at once.
func (c *compiler) program(roots []root, rules, searchFrom int) *program {
	known := map[*term]pins{}
	places := make([]placed, 0, len(roots))
	for _, r := range roots {
		x := placed{root: r}
		x.field, x.ids = c.choose(pinsOf(r.term, known))
		if x.field < 0 {
			places = append(places, x)
			continue
		}
		x.term = c.without(x.term, x.field, x.ids)
		places = append(places, c.specialize(x)...)
	}
	c.chooseSearches(places, searchFrom)
	c.countUses(places)
	f := filer{program: &program{rules: rules}, byField: map[int32]map[int32][]candidate{}, bySearch: map[int32]*searchBuilder{}, known: map[entry]int{}}
	for _, x := range places {
		f.file(c, x)
	}
	c.join()
	f.fields, f.slots, f.kept = c.fields, c.slots, c.kept
	f.recurring, _ = c.schema.(event.Recurring)
	f.sight = newSight(len(c.fields))
	f.finish(c.schema.Index())
	return f.program
}

// join has fields that lie together read together.
func (c *compiler) join() {
	j, ok := c.schema.(event.Joiner)
	if !ok {
		return
	}
	getters := make([]event.Getter, len(c.fields))
	for i := range c.fields {
		getters[i] = c.fields[i].get
	}
	for i, g := range j.Join(getters) {
		c.fields[i].get = g
	}
}

// countUses counts a term once for each rule: of those under which one rule is
// filed an event has mostly one.
func (c *compiler) countUses(places []placed) {
	type use struct {
		rule *Rule
		term *term
	}
	counted := map[use]bool{}
	for _, x := range places {
		for _, t := range []*term{x.term, x.whole} {
			if u := (use{x.rule, t}); t != nil && !counted[u] {
				counted[u] = true
				c.span(t)
				t.count(more)
			}
		}
	}
}

// filer files rules.
type filer struct {
	*program
	byField  map[int32]map[int32][]candidate
	bySearch map[int32]*searchBuilder
	// known finds the candidate that says the same in the same place. Terms are
	// interned, so what says the same is the same.
	known map[entry]int
}

type entry struct {
	field, id int32
	guard     *equals
	rest      *term
	whole     *term
}

func (f *filer) file(c *compiler, x placed) {
	if x.searched {
		if f.bySearch[x.field] == nil {
			f.bySearch[x.field] = newSearchBuilder(x.field, c.fields[x.field].name == "")
		}
		f.bySearch[x.field].add(x.needs, c.candidate(x))
		return
	}
	if x.field < 0 {
		f.always = f.join(f.always, c, x, 0)
		return
	}
	by := f.byField[x.field]
	if by == nil {
		by = map[int32][]candidate{}
		f.byField[x.field] = by
	}
	for _, id := range x.ids {
		by[id] = f.join(by[id], c, x, id)
	}
}

// join adds a rule to a list, to the candidate that says the same if there is one.
func (f *filer) join(list []candidate, c *compiler, x placed, id int32) []candidate {
	e := entry{x.field, id, x.guard, x.term, x.whole}
	if at, ok := f.known[e]; ok {
		list[at].rules = append(list[at].rules, x.rule)
		return list
	}
	f.known[e] = len(list)
	return append(list, c.candidate(x))
}

func (c *compiler) candidate(x placed) candidate {
	out := candidate{rules: []*Rule{x.rule}, guard: x.guard, rest: c.predicate(x.term)}
	if x.whole != nil {
		out.whole = c.predicate(x.whole)
	}
	return out
}

// finish turns the maps into tables. named are the fields that the schema recommends.
func (f *filer) finish(named []string) {
	for field, by := range f.byField {
		ix := indexed{field: field, by: make([][]candidate, f.fields[field].pinned()+1)}
		for id, list := range by {
			ix.by[id] = list
		}
		_, slotted := f.fields[field].slot()
		switch {
		case f.fields[field].span != more:
			f.byWho = append(f.byWho, ix)
		case slotted && slices.Contains(named, f.fields[field].name):
			f.byCall = append(f.byCall, ix)
		default:
			f.index = append(f.index, ix)
		}
	}
	for _, list := range [][]indexed{f.index, f.byCall, f.byWho} {
		slices.SortFunc(list, func(a, b indexed) int { return cmp.Compare(a.field, b.field) })
	}
	for _, b := range f.bySearch {
		if f.fields[b.field].span != more {
			f.whoSearches = append(f.whoSearches, b.build())
		} else {
			f.searches = append(f.searches, b.build())
		}
	}
	for _, list := range [][]search{f.searches, f.whoSearches} {
		slices.SortFunc(list, func(a, b search) int { return cmp.Compare(a.field, b.field) })
		for i := range list {
			list[i].slot = i
		}
	}
	for i := range f.whoSearches {
		f.whoSearches[i].slot += len(f.searches)
	}
}

// isCall reports whether shortlists of calls are kept by a field.
func (p *program) isCall(field int32) bool {
	return slices.ContainsFunc(p.byCall, func(ix indexed) bool { return ix.field == field })
}

// choose picks the field to file a rule under, -1 if it pins none: the first
// that the schema recommends, else the one that is read most cheaply.
func (c *compiler) choose(p pins) (field int32, ids []int32) {
	field = -1
	for _, name := range c.schema.Index() {
		if f, ok := c.names[name]; ok && f >= 0 {
			if ids, ok := p[f]; ok {
				return f, ids
			}
		}
	}
	for f, more := range p {
		if field < 0 || cmp.Or(
			cmp.Compare(c.costOf(c.fields[f].name), c.costOf(c.fields[field].name)),
			cmp.Compare(len(more), len(ids)), cmp.Compare(f, field)) < 0 {
			field, ids = f, more
		}
	}
	return field, ids
}

// guard takes the cheapest comparison out of a conjunction, which is its first
// part if it is one.
func (c *compiler) guard(t *term) (*equals, *term) {
	first := t
	if t.op == opAnd {
		first = t.kids[0]
	}
	e, ok := first.leaf.(*equals)
	if !ok || first.op != opLeaf || c.span(first) != more { // what recurs is kept, which is quicker
		return nil, t
	}
	if t.op != opAnd {
		return e, c.constant(true)
	}
	return e, c.and(t.kids[1:]...)
}
