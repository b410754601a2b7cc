package sigma

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Documents are what was read of some files.
type Documents struct {
	Rules   []*Rule
	Filters []*Filter
	Refused []Refusal
}

// Link finds the rules that correlations and filters name, by id or name, and
// applies the filters. extra is asked for a rule that docs lack, and may be
// nil: what it returns is added to the rules. A document that names a rule
// that there is not, or that names itself in a circle, is refused, and so is
// one that rests on a refused one.
//
// It is called once, with all documents that are loaded together.
func Link(docs *Documents, extra func(name string) []*Rule) {
	l := &linker{docs: docs, extra: extra, by: map[string][]*Rule{}, done: map[*Rule]bool{}}
	for _, r := range docs.Rules {
		l.add(r)
	}
	for i := 0; i < len(docs.Rules); i++ { // resolve adds rules behind
		l.references(docs.Rules[i])
	}
	l.refuseCircles()
	l.drop()
	l.filters()
	for _, r := range docs.Rules {
		l.rehash(r)
		l.inherit(r)
	}
}

// inherit gives a correlation without a level the highest of its rules, and
// settles which rules raise no alerts of their own. "generate" "defines if the
// rules referred from the correlation rule should be converted as stand-alone
// rules or if only the correlation query should be generated (default)". A
// correlation silences only what was loaded together with it: one in a studio's
// folder must not switch off a rule of the builtin pack.
func (l *linker) inherit(r *Rule) {
	if r.Correlation == nil {
		return
	}
	if !r.levelGiven {
		r.Level = Informational
		for _, b := range r.Bases() {
			r.Level = max(r.Level, b.Level)
		}
	}
	for _, ref := range r.Correlation.Rules {
		ref.Rule.CorrelatedBy = append(ref.Rule.CorrelatedBy, r)
		switch {
		case r.Correlation.Generate:
			ref.Rule.Silent, ref.Rule.loud = false, true
		case r.Spec == ref.Rule.Spec && !ref.Rule.loud:
			ref.Rule.Silent = true
		}
	}
}

type linker struct {
	docs  *Documents
	extra func(name string) []*Rule
	by    map[string][]*Rule // by id and name
	done  map[*Rule]bool     // hash is that of all it rests on
	bad   map[*Rule][]Fault
}

func (l *linker) add(r *Rule) {
	l.by[r.ID] = append(l.by[r.ID], r)
	if r.Name != "" && r.Name != r.ID {
		l.by[r.Name] = append(l.by[r.Name], r)
	}
}

func (l *linker) blame(r *Rule, at *Reference, format string, args ...any) {
	if l.bad == nil {
		l.bad = map[*Rule][]Fault{}
	}
	l.bad[r] = append(l.bad[r], Fault{at.Line, at.Column, fmt.Sprintf(format, args...)})
}

// resolve finds the rule that a reference means. Rules of the same file come
// first: names are only told apart within one.
func (l *linker) resolve(ref *Reference, file string) (reason string) {
	found := l.by[ref.Text]
	if len(found) == 0 && l.extra != nil {
		for _, r := range l.extra(ref.Text) {
			r.Silent = true // nobody asked for it to be judged by itself
			l.docs.Rules = append(l.docs.Rules, r)
			l.add(r)
		}
		found = l.by[ref.Text]
	}
	if len(found) > 1 {
		var near []*Rule
		for _, r := range found {
			if r.File == file {
				near = append(near, r)
			}
		}
		if len(near) == 1 {
			found = near
		}
	}
	switch {
	case len(found) == 0:
		return fmt.Sprintf("there is no rule %s%s", quote(ref.Text), suggest(ref.Text, l.names()))
	case len(found) > 1:
		return fmt.Sprintf("%d rules have the name %s, in %s and %s: refer to one by its id", len(found), quote(ref.Text), found[0].File, found[1].File)
	}
	ref.Rule = found[0]
	return ""
}

func (l *linker) names() []string {
	out := make([]string, 0, len(l.by))
	for name := range l.by {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// references resolves what one correlation names.
func (l *linker) references(r *Rule) {
	c := r.Correlation
	if c == nil {
		return
	}
	for i, ref := range c.Rules {
		if reason := l.resolve(ref, r.File); reason != "" {
			l.blame(r, ref, "%s", reason)
			continue
		}
		for _, before := range c.Rules[:i] {
			if before.Rule == ref.Rule {
				l.blame(r, ref, "%s and %s are the same rule", quote(before.Text), quote(ref.Text))
			}
		}
		if ref.Rule.Detector != "" {
			l.blame(r, ref, "%s is a detector, whose cases cannot be correlated", quote(ref.Text))
		}
	}
	for i := range c.Aliases {
		for _, f := range c.Aliases[i].Fields {
			if reason := l.resolve(f.Rule, r.File); reason != "" {
				l.blame(r, f.Rule, "alias %s: %s", c.Aliases[i].Name, reason)
			}
		}
	}
}

// refuseCircles refuses correlations that rest on themselves.
func (l *linker) refuseCircles() {
	const inside, finished = 1, 2
	state := map[*Rule]int{}
	var path []string
	var visit func(*Rule)
	visit = func(r *Rule) {
		state[r] = inside
		path = append(path, r.Title)
		for _, ref := range correlatedBy(r) {
			switch {
			case ref.Rule == nil:
			case state[ref.Rule] == inside:
				l.blame(r, ref, "%s rests on itself: %s", quote(ref.Text), strings.Join(append(slices.Clone(path), ref.Rule.Title), " → "))
			case state[ref.Rule] != finished:
				visit(ref.Rule)
			}
		}
		state[r], path = finished, path[:len(path)-1]
	}
	for _, r := range l.docs.Rules {
		if r.Correlation != nil && state[r] == 0 {
			visit(r)
		}
	}
}

func correlatedBy(r *Rule) []*Reference {
	if r.Correlation == nil {
		return nil
	}
	return r.Correlation.Rules
}

// drop refuses what was found wanting, and what rests on it.
func (l *linker) drop() {
	l.spread()
	for _, r := range l.docs.Rules {
		if l.bad[r] == nil && r.Correlation != nil {
			l.checkAliases(r)
		}
	}
	l.spread()
	l.docs.Rules = slices.DeleteFunc(l.docs.Rules, func(r *Rule) bool {
		if faults := l.bad[r]; faults != nil {
			l.docs.Refused = append(l.docs.Refused, (&reader{faults: faults}).refusal(r.File, r.Line, r.ID, r.Title))
			return true
		}
		return false
	})
}

// spread blames what rests on a blamed rule.
func (l *linker) spread() {
	for more := len(l.bad) > 0; more; {
		more = false
		for _, r := range l.docs.Rules {
			if l.bad[r] != nil {
				continue
			}
			for _, ref := range correlatedBy(r) {
				if l.bad[ref.Rule] != nil {
					l.blame(r, ref, "the rule %s is refused itself", quote(ref.Text))
					more = true
				}
			}
		}
	}
}

// checkAliases refuses an alias of a rule that is not correlated.
func (l *linker) checkAliases(r *Rule) {
	for i := range r.Correlation.Aliases {
		a := &r.Correlation.Aliases[i]
		for _, f := range a.Fields {
			if !slices.ContainsFunc(r.Correlation.Rules, func(ref *Reference) bool { return ref.Rule.has(f.Rule.Rule) }) {
				l.blame(r, f.Rule, "alias %s: the rule %s is none of those that are correlated", a.Name, quote(f.Rule.Text))
			}
		}
	}
}

// filters applies the filters.
func (l *linker) filters() {
	l.docs.Filters = slices.DeleteFunc(l.docs.Filters, func(f *Filter) bool {
		r := &reader{}
		for _, ref := range f.Rules {
			reason := l.resolve(ref, f.File)
			switch {
			case reason != "":
			case ref.Rule.Correlation != nil || ref.Rule.Detector != "":
				reason = fmt.Sprintf("%s is no rule over single events; a filter is for those", quote(ref.Text))
			case !f.covers(ref.Rule.LogSource):
				reason = fmt.Sprintf("the rule %s is for logs of %s, the filter for those of %s", quote(ref.Text), ref.Rule.LogSource, f.LogSource)
			}
			if reason != "" {
				r.faults = append(r.faults, Fault{ref.Line, ref.Column, reason})
			}
		}
		if len(r.faults) > 0 {
			l.docs.Refused = append(l.docs.Refused, r.refusal(f.File, f.Line, f.ID, f.Title))
			return true
		}
		return false
	})
	for _, f := range l.docs.Filters {
		for _, ref := range f.Rules {
			ref.Rule.Filters = append(ref.Rule.Filters, f)
		}
		if !f.Any {
			continue
		}
		for _, r := range l.docs.Rules {
			if r.Correlation == nil && r.Detector == "" && f.covers(r.LogSource) {
				r.Filters = append(r.Filters, f)
			}
		}
	}
}

// rehash makes a rule's hash cover its filters and the rules it rests on: what
// is remembered of a rule must not outlive its meaning.
func (l *linker) rehash(r *Rule) {
	if l.done[r] {
		return
	}
	l.done[r] = true
	if len(r.Filters) == 0 && r.Correlation == nil {
		return
	}
	h := sha256.New()
	fmt.Fprintln(h, r.Hash)
	for _, f := range r.Filters {
		fmt.Fprintln(h, "filter", f.Hash)
	}
	for _, ref := range correlatedBy(r) {
		l.rehash(ref.Rule)
		fmt.Fprintln(h, "rule", ref.Rule.Hash)
	}
	r.Hash = hex.EncodeToString(h.Sum(nil)[:16])
}
