package rules

import (
	"fmt"
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/correlate"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// addDocument takes in a stateful rule of the pack: a correlation, or a detector
// by its header.
func (s *Set) addDocument(r *sigma.Rule, schemas []event.Schema, o Options) {
	if o.Stateless {
		s.addIdle(r, o, "it needs more than one event, and the rules are stateless")
		return
	}
	if r.Correlation != nil {
		s.addStateful(correlate.New(r, Datasets), schemas, o)
		return
	}
	d, err := o.detector(r)
	if err != nil {
		s.addIdle(r, o, err.Error())
		return
	}
	s.addStateful(d, schemas, o)
}

func (s *Set) addIdle(r *sigma.Rule, o Options, reason string) {
	rule := &Rule{Rule: r, Number: len(s.rules), plan: newPlan(r, o)}
	s.rules = append(s.rules, rule)
	s.idle = append(s.idle, Idle{Rule: rule, Reason: reason})
}

// detector finds the detector that a header names.
func (o *Options) detector(r *sigma.Rule) (detect.Rule, error) {
	for _, d := range o.Stateful {
		if d.Rule() == r || d.Rule().ID == r.ID {
			return d, nil
		}
	}
	if o.Detector == nil {
		return nil, fmt.Errorf("no detectors are built in here, %s neither", r.Detector)
	}
	return o.Detector(r)
}

// join tells rules what rests on them, and which correlations cannot find all
// that they are meant to because a rule below them cannot.
func (s *Set) join() {
	byRule := make(map[*sigma.Rule]*Rule, len(s.rules))
	for _, r := range s.rules {
		byRule[r.Rule] = r
		// Also where its correlation is idle: it must not begin to speak by that.
		r.based = r.Silent && !r.Stateful()
		s.based = s.based || r.based
	}
	for i := range s.stateful {
		x := &s.stateful[i]
		c, ok := x.Detect.(detect.Correlation)
		if !ok {
			continue
		}
		for _, b := range c.Bases() {
			if base := byRule[b]; base != nil {
				base.based = true
				s.based = true
				x.Bases = append(x.Bases, base)
			}
		}
		s.inheritIdle(x)
	}
	// A correlation that is there for another one is judged as a part of that.
	s.stateful = slices.DeleteFunc(s.stateful, func(x Stateful) bool {
		return x.Silent && slices.ContainsFunc(x.CorrelatedBy, func(upper *sigma.Rule) bool { return byRule[upper] != nil })
	})
}

func (s *Set) inheritIdle(x *Stateful) {
	for _, idle := range s.idle {
		if slices.Contains(x.Bases, idle.Rule) {
			s.idle = append(s.idle, Idle{
				Rule: x.Rule, Fields: idle.Fields, Placeholders: idle.Placeholders, Partly: true,
				Reason: fmt.Sprintf("it rests on %q: %s", idle.Rule.Title, idle.Reason),
			})
			return
		}
	}
}
