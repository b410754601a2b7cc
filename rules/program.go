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
	// index files rules under the texts that a field must have.
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

// candidate is a rule that may match, and what is left to be judged of it.
type candidate struct {
	rule *Rule
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
	p := &program{rules: rules}
	byField := map[int32]map[int32][]candidate{}
	bySearch := map[int32]*searchBuilder{}
	for _, x := range places {
		cand := candidate{x.rule, x.guard, c.predicate(x.term)}
		switch {
		case x.searched:
			if bySearch[x.field] == nil {
				bySearch[x.field] = newSearchBuilder(x.field)
			}
			bySearch[x.field].add(x.needs, cand)
		case x.field < 0:
			p.always = append(p.always, cand)
		default:
			if byField[x.field] == nil {
				byField[x.field] = map[int32][]candidate{}
			}
			for _, id := range x.ids {
				byField[x.field][id] = append(byField[x.field][id], cand)
			}
		}
	}
	p.fields, p.slots = c.fields, c.slots
	p.file(byField, bySearch)
	return p
}

// file turns the maps into tables.
func (p *program) file(byField map[int32]map[int32][]candidate, bySearch map[int32]*searchBuilder) {
	for f, by := range byField {
		ix := indexed{field: f, by: make([][]candidate, len(p.fields[f].literals)+1)}
		for id, list := range by {
			ix.by[id] = list
		}
		p.index = append(p.index, ix)
	}
	slices.SortFunc(p.index, func(a, b indexed) int { return cmp.Compare(a.field, b.field) })
	for _, b := range bySearch {
		p.searches = append(p.searches, b.build())
	}
	slices.SortFunc(p.searches, func(a, b search) int { return cmp.Compare(a.field, b.field) })
	for i := range p.searches {
		p.searches[i].slot = i
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
