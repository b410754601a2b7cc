package rules

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// Rule is a rule of a compiled set.
type Rule struct {
	*sigma.Rule
	// Number is the rule's place in the set, from 0.
	Number int
	// Datasets are those that it judges; none if it is idle.
	Datasets []string
	plan     *plan
	// based is set where a correlation rests on the rule.
	based bool
	// resolved is what an event must meet, placeholders filled in.
	resolved sigma.Expr
}

// Idle is a rule that cannot match, or not fully, and why. It is loaded all the
// same, and named, because its silence would look like an answer.
type Idle struct {
	Rule *Rule
	// Fields are those that no record of the rule's datasets can have.
	Fields []string
	// Placeholders are names that the studio file does not give values for.
	Placeholders []string
	// Reason says what is missing, for a person.
	Reason string
	// Partly is set where the rule still finds some of what it is meant to.
	Partly bool
}

// Options are what a set is compiled with.
type Options struct {
	// Placeholders gives the values of a name that rules expand (|expand:
	// '%name%'), from the studio file; nil knows none.
	Placeholders func(name string) ([]string, bool)
	// Stateful are the rules that need more than one event: correlations and
	// detectors. This is the one door by which they come in; rules/window runs
	// what came through it.
	Stateful []detect.Rule
	// Detector makes the detector that a header names ("detector: NAME"); an
	// error says why it cannot. nil knows none.
	Detector func(header *sigma.Rule) (detect.Rule, error)
	// Stateless leaves out the rules that need more than one event, and has the
	// service make a case of each match: so any number of services judges the same
	// logs, whoever of them gets which object.
	Stateless bool
	// Case gives the options for what a case of a rule brings: a piece of a
	// studio file, a threat list. done ends what began with it. nil knows none.
	Case func(c *sigma.Case) (o Options, done func(), err error)
	// searchFrom is manyNeedles, for tests.
	searchFrom int
}

// Set is a compiled pack. It is not changed once made and serves any number of
// judges.
type Set struct {
	rules    []*Rule
	stateful []Stateful
	about    *[event.Keys]bool // what stateful rules keep of events
	idle     []Idle
	programs map[event.Schema]*program
	based    bool // some rule is observed by correlations
	// stateless is Options.Stateless.
	stateless bool
}

// Stateless reports whether the set was compiled without rules that need more
// than one event.
func (s *Set) Stateless() bool { return s.stateless }

// Rules are the set's rules, idle ones too, in the order of the pack.
func (s *Set) Rules() []*Rule { return s.rules }

// Stateful is a rule of a set that needs more than one event.
type Stateful struct {
	*Rule
	Detect detect.Rule
	// Bases are the rules whose matches it observes, of a correlation; none of
	// any other.
	Bases []*Rule
}

// Stateful are the stateful rules that some dataset concerns. They stand in
// Rules too.
func (s *Set) Stateful() []Stateful { return s.stateful }

// Idle are the rules that cannot match, or not fully.
func (s *Set) Idle() []Idle { return s.idle }

// Rule finds a rule by its id or name, nil if there is none.
func (s *Set) Rule(id string) *Rule {
	for _, r := range s.rules {
		if r.ID == id || r.Name != "" && r.Name == id {
			return r
		}
	}
	return nil
}

// Compile makes a set that judges events of the schemas.
func Compile(p *Pack, schemas []event.Schema, o Options) (*Set, error) {
	s := &Set{programs: map[event.Schema]*program{}, stateless: o.Stateless}
	byDataset := map[string]*compiler{}
	for _, schema := range schemas {
		if !reflect.TypeOf(schema).Comparable() {
			return nil, fmt.Errorf("rules: schema %s is of type %T, which cannot be compared: use a pointer", schema.Dataset(), schema)
		}
		if byDataset[schema.Dataset()] != nil {
			return nil, errors.New("rules: two schemas for dataset " + schema.Dataset())
		}
		byDataset[schema.Dataset()] = newCompiler(schema)
	}
	roots := map[*compiler][]root{}
	for _, r := range p.Rules {
		if r.Stateful() {
			s.addDocument(r, schemas, o)
			continue
		}
		rule := &Rule{Rule: r, Number: len(s.rules), plan: newPlan(r, o)}
		s.rules = append(s.rules, rule)
		s.add(rule, byDataset, roots, o)
	}
	for _, d := range o.Stateful {
		if s.Rule(d.Rule().ID) == nil {
			s.addStateful(d, schemas, o)
		}
	}
	s.join()
	s.about = aboutKeys(s.stateful)
	for _, schema := range schemas {
		c := byDataset[schema.Dataset()]
		s.programs[schema] = c.program(roots[c], len(s.rules), cmp.Or(o.searchFrom, manyNeedles))
	}
	return s, nil
}

// addStateful takes a stateful rule in, for the datasets that it observes.
func (s *Set) addStateful(d detect.Rule, schemas []event.Schema, o Options) {
	rule := &Rule{Rule: d.Rule(), Number: len(s.rules), plan: newPlan(d.Rule(), o)}
	s.rules = append(s.rules, rule)
	for _, schema := range schemas {
		if d.Observer(schema) != nil {
			rule.Datasets = append(rule.Datasets, schema.Dataset())
		}
	}
	if len(rule.Datasets) == 0 {
		s.idle = append(s.idle, Idle{Rule: rule, Reason: "nothing reads the logs that it observes yet"})
		return
	}
	s.stateful = append(s.stateful, Stateful{Rule: rule, Detect: d})
}

// root is the condition of one rule in one dataset.
type root struct {
	rule *Rule
	term *term
}

// add compiles one rule for each of its datasets, or notes why it is idle.
func (s *Set) add(rule *Rule, by map[string]*compiler, roots map[*compiler][]root, o Options) {
	names := Datasets(rule.LogSource)
	if len(names) == 0 {
		s.idle = append(s.idle, Idle{Rule: rule, Reason: "no log of ours is its log source (" + rule.LogSource.String() + ")"})
		return
	}
	x, missing, why := rule.Resolve(o.Placeholders)
	switch {
	case len(missing) > 0:
		slices.Sort(missing)
		missing = slices.Compact(missing)
		s.idle = append(s.idle, Idle{Rule: rule, Placeholders: missing, Reason: "the studio file gives no values for " + listed(missing)})
		return
	case why != "":
		s.idle = append(s.idle, Idle{Rule: rule, Reason: why})
		return
	}
	if lacks := append(lacking(rule, o.Placeholders), rule.Waiting(o.Placeholders)...); len(lacks) > 0 {
		s.idle = append(s.idle, Idle{Rule: rule, Placeholders: lacks, Partly: true,
			Reason: "the studio file gives no values for " + listed(lacks) + ", which would rule out false alerts"})
	}
	rule.resolved = x
	var absent []string
	dead := 0
	for _, name := range names {
		c := by[name]
		if c == nil {
			continue
		}
		c.missing = nil
		t := c.lower(x)
		absent = append(absent, c.missing...)
		rule.Datasets = append(rule.Datasets, name)
		if b, ok := t.isConstant(); ok && !b {
			dead++
			continue
		}
		roots[c] = append(roots[c], root{rule, t})
	}
	s.note(rule, names, absent, dead)
}

// lacking are the optional placeholders of a rule that have no values.
func lacking(rule *Rule, lookup func(string) ([]string, bool)) []string {
	return slices.DeleteFunc(slices.Clone(rule.Header.Optional), func(name string) bool {
		return lookup == nil || known(lookup, name)
	})
}

// known reports whether a placeholder has values.
func known(lookup func(string) ([]string, bool), name string) bool {
	if lookup == nil {
		return false
	}
	values, ok := lookup(name)
	return ok && len(values) > 0
}

// note reports a rule that lacks fields, or all of its datasets.
func (s *Set) note(rule *Rule, names, absent []string, dead int) {
	slices.Sort(absent)
	absent = slices.Compact(absent)
	switch {
	case len(rule.Datasets) == 0:
		s.idle = append(s.idle, Idle{Rule: rule, Reason: "nothing reads its log source yet (" + listed(names) + ")"})
	case len(absent) > 0 && dead == len(rule.Datasets):
		s.idle = append(s.idle, Idle{Rule: rule, Fields: absent, Reason: "its logs have no field " + listed(absent)})
		rule.Datasets = nil
	case len(absent) > 0:
		s.idle = append(s.idle, Idle{Rule: rule, Fields: absent, Partly: true, Reason: "its logs have no field " + listed(absent) + "; the rest of it is judged"})
	}
}

// listed joins names for a sentence.
func listed(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
