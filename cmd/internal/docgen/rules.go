package main

import (
	"path"
	"slices"
	"strings"

	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// rulePack is one folder of the builtin rules.
type rulePack struct {
	Name  string
	Rules []rule
}

// rule is one rule as its page tells it.
type rule struct {
	*rules.Rule
	// Idle tells that without its keys of the studio file (Header.Needs) the
	// rule finds nothing.
	Idle bool
	// Lack says what no log has that the rule asks for, "" for nothing.
	Lack string
	// Logs are the datasets that the rule is written for: the log itself, or
	// several that hold such lines.
	Logs []string
	// Matches and Misses count its cases: records that it must match, and near
	// misses that it must not.
	Matches, Misses int
	// Attack are its techniques of MITRE ATT&CK.
	Attack []string
}

// packs groups the rules by folder; the worst stand first. without is the set
// that was compiled without a studio file.
func packs(set, without *rules.Set) (out []rulePack) {
	for _, r := range set.Rules() {
		name := path.Base(path.Dir(r.File))
		if len(out) == 0 || out[len(out)-1].Name != name {
			out = append(out, rulePack{Name: name})
		}
		p := &out[len(out)-1]
		described := rule{Rule: r, Attack: techniques(r.Rule), Lack: idleFor(set, r.ID), Idle: deadFor(without, r.ID), Logs: logsOf(r)}
		for _, c := range r.Header.Cases {
			if c.Match {
				described.Matches++
			} else {
				described.Misses++
			}
		}
		p.Rules = append(p.Rules, described)
	}
	for _, p := range out {
		slices.SortStableFunc(p.Rules, func(a, b rule) int { return int(b.Level) - int(a.Level) })
	}
	return out
}

// logsOf are the logs that a rule is written for. Places where such records are
// also found, a bus or a file of unknown kind, are no logs of their own.
func logsOf(r *rules.Rule) (out []string) {
	var names []string
	for _, l := range r.Sources() {
		names = append(names, rules.Datasets(l)...)
	}
	if len(names) == 0 {
		names = r.Datasets // a detector of several logs
	}
	for _, name := range names {
		if len(out) == 0 || !strings.HasPrefix(name, "generic.") && name != "aws.eventbridge" {
			out = append(out, name)
		}
	}
	return out
}

// Found are the datasets in which the rule is judged today, where they are not
// the rule's own.
func (r rule) Found() []string {
	if slices.ContainsFunc(r.Datasets, func(d string) bool { return slices.Contains(r.Logs, d) }) {
		return nil
	}
	return r.Datasets
}

// deadFor tells whether a rule of the set can find nothing at all.
func deadFor(set *rules.Set, id string) bool {
	return slices.ContainsFunc(set.Idle(), func(i rules.Idle) bool { return i.Rule.ID == id && !i.Partly })
}

// idleFor says why a rule of the set finds less than it is meant to, or nothing.
func idleFor(set *rules.Set, id string) string {
	for _, i := range set.Idle() {
		if i.Rule.ID == id {
			return i.Reason
		}
	}
	return ""
}

// techniques are the tags like attack.t1562.008, without tactics.
func techniques(r *sigma.Rule) (out []string) {
	for _, tag := range r.Tags {
		if id, ok := strings.CutPrefix(tag, "attack.t"); ok {
			out = append(out, "T"+id)
		}
	}
	return out
}
