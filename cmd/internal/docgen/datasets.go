package main

import (
	"slices"

	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/rules"
)

// family is one parser.
type family struct {
	Name, Summary string
	Datasets      []dataset
}

// dataset is one kind of record.
type dataset struct {
	Name string
	// Rules counts the builtin rules that judge such records.
	Rules int
}

func families(set *rules.Set) (out []family) {
	for _, p := range catalog.Parsers() {
		f := family{Name: p.Name, Summary: p.Summary}
		for _, s := range p.Schemas {
			d := dataset{Name: s.Dataset()}
			for _, r := range set.Rules() {
				if slices.Contains(r.Datasets, d.Name) {
					d.Rules++
				}
			}
			f.Datasets = append(f.Datasets, d)
		}
		out = append(out, f)
	}
	return out
}
