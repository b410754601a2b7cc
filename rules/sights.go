package rules

import (
	"cmp"
	"slices"
)

// Sight is what was seen of a dataset, or of one field of it: what Unseen rests
// on, in a form that outlives the process.
type Sight struct {
	// Field is "" where the sight is of the dataset itself: a record was judged.
	Dataset, Field string
	// Filled is set where a record had the field; else it was asked for and none had.
	Filled bool
}

// Sights is what all judges of the set have seen, in order. It may be called
// while judges work. There are at most as many as datasets and fields of rules.
func (s *Set) Sights() (out []Sight) {
	for schema, p := range s.programs {
		if !p.met.Load() {
			continue
		}
		out = append(out, Sight{Dataset: schema.Dataset()})
		for i := range p.fields {
			if known := p.known[i].Load(); known > 0 && p.fields[i].name != "" {
				out = append(out, Sight{schema.Dataset(), p.fields[i].name, known == fieldFilled})
			}
		}
	}
	slices.SortFunc(out, func(a, b Sight) int { return cmp.Or(cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Field, b.Field)) })
	return out
}

// Recall takes over what was seen before, by another process or another set.
// What no rule of this set asks for is left out.
func (s *Set) Recall(list []Sight) {
	by := map[Sight]bool{}
	for _, x := range list {
		by[Sight{Dataset: x.Dataset, Field: x.Field}] = x.Filled
	}
	for schema, p := range s.programs {
		if _, ok := by[Sight{Dataset: schema.Dataset()}]; ok {
			p.met.Store(true)
		}
		for i := range p.fields {
			if filled, ok := by[Sight{Dataset: schema.Dataset(), Field: p.fields[i].name}]; ok && p.fields[i].name != "" {
				p.note(int32(i), filled)
			}
		}
	}
}
