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
	// Needs is what the rule lacks without a studio file, in words.
	Needs []string
	// Matches and Misses count its cases: records that it must match, and near
	// misses that it must not.
	Matches, Misses int
	// Attack are its techniques of MITRE ATT&CK.
	Attack []string
}

// packs groups the rules by folder; the worst stand first.
func packs(set *rules.Set) (out []rulePack) {
	lacks := map[*rules.Rule]string{}
	for _, i := range set.Idle() {
		lacks[i.Rule] = i.Reason
	}
	for _, r := range set.Rules() {
		name := path.Base(path.Dir(r.File))
		if len(out) == 0 || out[len(out)-1].Name != name {
			out = append(out, rulePack{Name: name})
		}
		p := &out[len(out)-1]
		p.Rules = append(p.Rules, describeRule(r, lacks[r]))
	}
	for _, p := range out {
		slices.SortStableFunc(p.Rules, func(a, b rule) int { return int(b.Level) - int(a.Level) })
	}
	return out
}

func describeRule(r *rules.Rule, lack string) rule {
	out := rule{Rule: r, Needs: slices.Clone(r.Header.Needs), Attack: techniques(r.Rule)}
	if lack != "" {
		out.Needs = append(out.Needs, lack)
	}
	for _, c := range r.Header.Cases {
		if c.Match {
			out.Matches++
		} else {
			out.Misses++
		}
	}
	return out
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
