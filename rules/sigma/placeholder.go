package sigma

import (
	"slices"
	"strings"
)

// maxExpansion bounds how many values one value with placeholders may become.
const maxExpansion = 100_000

const placeholderCharacters = identifierCharacters + "."

// expand replaces %name% by each value that lookup knows for the name; \% is a
// plain percent sign. Several placeholders in one value give every
// combination. Values may hold wildcards, as the specification has it
// ("%Servers% is replaced with the pattern srv*"). Without lookup, or where it
// knows no value, the names are returned as missing.
func expand(s string, lookup func(string) ([]string, bool)) (out, missing []string) {
	out = []string{""}
	for s != "" {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			return cross(out, []string{s}), missing
		}
		if i > 0 && s[i-1] == '\\' {
			out, s = cross(out, []string{s[:i-1] + "%"}), s[i+1:]
			continue
		}
		end := strings.IndexByte(s[i+1:], '%')
		if end <= 0 || strings.Trim(s[i+1:i+1+end], placeholderCharacters) != "" {
			out, s = cross(out, []string{s[:i+1]}), s[i+1:]
			continue
		}
		name := s[i+1 : i+1+end]
		values, ok := []string(nil), false
		if lookup != nil {
			values, ok = lookup(name)
		}
		if !ok || len(values) == 0 || len(out)*len(values) > maxExpansion {
			missing = append(missing, name)
			values = []string{""}
		}
		out, s = cross(out, []string{s[:i]}), s[i+end+2:]
		out = cross(out, values)
	}
	return out, missing
}

func cross(heads, tails []string) []string {
	out := make([]string, 0, len(heads)*len(tails))
	for _, h := range heads {
		for _, t := range tails {
			out = append(out, h+t)
		}
	}
	return out
}

// Placeholders are the names that the rule's values wait for, each once.
func (r *Rule) Placeholders() []string {
	var out []string
	seen := map[string]bool{}
	Walk(r.Expr(), func(it *Item) {
		for _, p := range it.Placeholders {
			if !seen[p] {
				seen[p] = true
				out = append(out, p)
			}
		}
	})
	return out
}

// Resolve returns the rule's condition, filters included, with its placeholders filled in.
// missing are the names that lookup does not know; reason is set where a value
// does not fit its place, such as a name where an address is needed. What waits
// for a name that the rule calls optional, and lookup does not know, holds for
// no event. The rule itself is left as it is.
func (r *Rule) Resolve(lookup func(name string) ([]string, bool)) (x Expr, missing []string, reason string) {
	if len(r.Placeholders()) == 0 {
		return r.Expr(), nil, ""
	}
	x, missing, reason = r.resolve(r.Detection.Expr(), lookup)
	for _, f := range r.Filters {
		// A filter that waits for values is left out: by it a rule may say more
		// than it should, but it does not fall silent.
		if narrow, lacks, why := r.resolve(f.Detection.Expr(), lookup); len(lacks) == 0 && why == "" {
			x = And{x, narrow}
		}
	}
	return x, missing, reason
}

// Waiting are the placeholders without values for which filters of the rule are
// left out.
func (r *Rule) Waiting(lookup func(name string) ([]string, bool)) (names []string) {
	for _, f := range r.Filters {
		_, lacks, _ := r.resolve(f.Detection.Expr(), lookup)
		names = append(names, lacks...)
	}
	return names
}

func (r *Rule) resolve(x Expr, lookup func(name string) ([]string, bool)) (_ Expr, missing []string, reason string) {
	x = rebuild(x, func(it *Item) Expr {
		if len(it.Placeholders) == 0 {
			return it
		}
		made := *it
		f := made.build(lookup)
		if len(made.Placeholders) > 0 && r.optional(made.Placeholders) {
			return Or{}
		}
		if f.Reason != "" && reason == "" {
			reason = "with the studio's values: " + f.Reason
		}
		missing = append(missing, made.Placeholders...)
		return &made
	})
	return x, missing, reason
}

func (r *Rule) optional(names []string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(r.Header.Optional, n) })
}

// rebuild copies an expression, items replaced.
func rebuild(x Expr, change func(*Item) Expr) Expr {
	switch x := x.(type) {
	case And:
		out := make(And, len(x))
		for i, y := range x {
			out[i] = rebuild(y, change)
		}
		return out
	case Or:
		out := make(Or, len(x))
		for i, y := range x {
			out[i] = rebuild(y, change)
		}
		return out
	case *Not:
		return &Not{rebuild(x.X, change)}
	case *Of:
		out := *x
		out.Searches = make([]*Search, len(x.Searches))
		for i, s := range x.Searches {
			c := *s
			c.X = rebuild(s.X, change)
			out.Searches[i] = &c
		}
		return &out
	case *Search:
		c := *x
		c.X = rebuild(x.X, change)
		return &c
	case *Item:
		return change(x)
	}
	return x
}
