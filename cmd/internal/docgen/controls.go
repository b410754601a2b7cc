package main

import (
	"slices"

	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/internal/controls"
	"github.com/burstwatch/burstwatch/rules"
)

// section is a chapter of the checklist, answered.
type section struct {
	Number   int
	Name     string
	Controls []control
}

// control is one control with the rules that watch it.
type control struct {
	controls.Control
	Rules []*rules.Rule
	// Unread are those of its logs that nothing reads yet.
	Unread []string
}

// State is the answer in a word or two.
func (c control) State() string {
	switch {
	case len(c.Rules) > 0 && c.Open == "" && c.Unseen == "":
		return "yes"
	case len(c.Rules) > 0:
		return "*partly*"
	case c.Open != "":
		return "nothing yet"
	}
	return "*not visible in logs*"
}

// Read are the logs of the control's rules, each once.
func (c control) Read() (out []string) {
	for _, r := range c.Rules {
		for _, log := range logsOf(r) {
			if !slices.Contains(out, log) {
				out = append(out, log)
			}
		}
	}
	slices.Sort(out)
	return out
}

// ruledOut is a false alert that a rule does not raise, and how it is told apart.
type ruledOut struct{ What, How string }

// RuledOut are those that the rule's own cases prove.
func (r rule) RuledOut() (out []ruledOut) {
	for _, c := range r.Header.Cases {
		if c.Because != "" {
			out = append(out, ruledOut{c.Name, c.Because})
		}
	}
	return out
}

func answer(checklist []controls.Section, set *rules.Set) (out []section) {
	read := map[string]bool{}
	for _, s := range catalog.Schemas() {
		read[s.Dataset()] = true
	}
	for _, s := range checklist {
		answered := section{Number: s.Number, Name: s.Name}
		for _, c := range s.Controls {
			a := control{Control: c, Rules: watching(set, c.Number)}
			for _, log := range c.Logs {
				if !read[log] {
					a.Unread = append(a.Unread, log)
				}
			}
			answered.Controls = append(answered.Controls, a)
		}
		out = append(out, answered)
	}
	return out
}

// watching finds the rules of a control that raise alerts, the worst first.
func watching(set *rules.Set, number string) (out []*rules.Rule) {
	for _, r := range set.Rules() {
		if !r.Silent && slices.Contains(r.Header.Controls, number) {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b *rules.Rule) int { return int(b.Level) - int(a.Level) })
	return out
}
