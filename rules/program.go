package rules

import (
	"cmp"
	"slices"
)

// program is the rules of one dataset, ready to be judged.
type program struct {
	fields []field
	slots  int32 // of remembered conditions
	rules  int   // in the set
	// index files rules under the texts and numbers that a field must have.
	index []indexed
	// searches file rules under texts that a field must contain.
	searches []search
	// always are the rules that require nothing of the kind.
	always []candidate
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
}

// placed is a rule's condition and where it is filed.
type placed struct {
	root
	field int32 // -1 where it pins none
	ids   []int32
	guard *equals
	// needs are texts of which field must contain one, where searched is set.
	searched bool
	needs    []string
}

// program files the rules under what they pin. Fields that need searchFrom texts
// are searched for all at once.
func (c *compiler) program(roots []root, rules, searchFrom int) *program {
	known := map[*term]pins{}
	places := make([]placed, len(roots))
	for i, r := range roots {
		x := placed{root: r}
		x.field, x.ids = c.choose(pinsOf(r.term, known))
		if x.field >= 0 {
			x.term = c.without(x.term, x.field, x.ids)
			x.guard, x.term = c.guard(x.term)
		}
		places[i] = x
	}
	c.chooseSearches(places, searchFrom)
	for _, x := range places {
		x.term.count()
	}
	f := filer{program: &program{rules: rules}, byField: map[int32]map[int32][]candidate{}, bySearch: map[int32]*searchBuilder{}, known: map[entry]int{}}
	for _, x := range places {
		f.file(c, x)
	}
	f.fields, f.slots = c.fields, c.slots
	f.finish()
	return f.program
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
}

func (f *filer) file(c *compiler, x placed) {
	if x.searched {
		if f.bySearch[x.field] == nil {
			f.bySearch[x.field] = newSearchBuilder(x.field, c.fields[x.field].name == "")
		}
		f.bySearch[x.field].add(x.needs, candidate{[]*Rule{x.rule}, x.guard, c.predicate(x.term)})
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
	e := entry{x.field, id, x.guard, x.term}
	if at, ok := f.known[e]; ok {
		list[at].rules = append(list[at].rules, x.rule)
		return list
	}
	f.known[e] = len(list)
	return append(list, candidate{[]*Rule{x.rule}, x.guard, c.predicate(x.term)})
}

// finish turns the maps into tables.
func (f *filer) finish() {
	for field, by := range f.byField {
		ix := indexed{field: field, by: make([][]candidate, f.fields[field].pinned()+1)}
		for id, list := range by {
			ix.by[id] = list
		}
		f.index = append(f.index, ix)
	}
	slices.SortFunc(f.index, func(a, b indexed) int { return cmp.Compare(a.field, b.field) })
	for _, b := range f.bySearch {
		f.searches = append(f.searches, b.build())
	}
	slices.SortFunc(f.searches, func(a, b search) int { return cmp.Compare(a.field, b.field) })
	for i := range f.searches {
		f.searches[i].slot = i
	}
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
			cmp.Compare(costOf(c.fields[f].name), costOf(c.fields[field].name)),
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
	if !ok || first.op != opLeaf {
		return nil, t
	}
	if t.op != opAnd {
		return e, c.constant(true)
	}
	return e, c.and(t.kids[1:]...)
}
