package rules

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/burstwatch/burstwatch/rules/sigma"
)

// fields is an event to be: values by the names that rules use.
type fields map[string]any

func (f fields) with(g fields) fields {
	out := fields{}
	for k, v := range f {
		out[k] = v
	}
	for k, v := range g {
		out[k] = v
	}
	return out
}

// maxWays bounds the events made of one expression.
const maxWays = 400

// ways returns events that meet x, one for each of its branches, and events
// that just fail it. A field that is missing from an event is absent.
func ways(x sigma.Expr) (hits, misses []fields) {
	switch x := x.(type) {
	case sigma.And:
		return conjunction([]sigma.Expr(x))
	case sigma.Or:
		return disjunction([]sigma.Expr(x))
	case *sigma.Not:
		hits, misses = ways(x.X)
		return misses, hits
	case *sigma.Of:
		parts := make([]sigma.Expr, len(x.Searches))
		for i, s := range x.Searches {
			parts[i] = s
		}
		if x.N == 0 {
			return conjunction(parts)
		}
		return disjunction(parts)
	case *sigma.Search:
		return ways(x.X)
	case *sigma.Item:
		return itemWays(x)
	}
	panic(fmt.Sprintf("%T", x))
}

// conjunction varies one part at a time, the others held at their first way.
func conjunction(parts []sigma.Expr) (hits, misses []fields) {
	base := fields{}
	all := make([][2][]fields, len(parts))
	for i, p := range parts {
		all[i][0], all[i][1] = ways(p)
		if len(all[i][0]) > 0 {
			base = base.with(all[i][0][0])
		}
	}
	for i := range parts {
		others := fields{}
		for k := range parts {
			if k != i && len(all[k][0]) > 0 {
				others = others.with(all[k][0][0])
			}
		}
		for _, w := range all[i][0] {
			hits = append(hits, others.with(w))
		}
		for _, w := range all[i][1] {
			misses = append(misses, others.with(w))
		}
	}
	return limit(hits), limit(misses)
}

// disjunction takes every way of every part, the others held at a miss.
func disjunction(parts []sigma.Expr) (hits, misses []fields) {
	for i := range parts {
		others := fields{}
		for k, p := range parts {
			if _, m := ways(p); k != i && len(m) > 0 {
				others = others.with(m[0])
			}
		}
		h, m := ways(parts[i])
		for _, w := range h {
			hits = append(hits, others.with(w))
		}
		for _, w := range m {
			misses = append(misses, others.with(w))
		}
	}
	return limit(hits), limit(misses)
}

func limit(f []fields) []fields { return f[:min(len(f), maxWays)] }

// keyword stands for the field of an item without one.
const keyword = "message"

func itemWays(it *sigma.Item) (hits, misses []fields) {
	name := it.Field
	if name == "" {
		name = keyword
	}
	var good, bad []any
	if it.All {
		whole := ""
		for _, v := range it.Matchers {
			h, m := matcherWays(&v[0])
			if len(h) > 0 {
				whole += fmt.Sprint(h[0]) + " "
			}
			bad = append(bad, h...)
			bad = append(bad, m...)
		}
		good = append(good, whole)
	} else {
		for _, v := range it.Matchers {
			for i := range v {
				h, m := matcherWays(&v[i])
				good, bad = append(good, h...), append(bad, m...)
			}
		}
	}
	for _, v := range good {
		hits = append(hits, fields{name: v})
	}
	if len(good) > 0 && it.Field != "" && good[0] != nil && good[0] != absent {
		hits = append(hits, fields{name: []any{"decoy", good[0]}})
	}
	if slices.Contains(it.Modifiers, "contains") && slices.Contains(objects, it.Field) && len(good) > 0 {
		hits = append(hits, fields{name: map[string]any{"inner": []any{good[0]}}})
	}
	for _, v := range append(bad, "", nil, absent) {
		misses = append(misses, fields{name: v})
	}
	if it.Differs {
		return misses, hits
	}
	return hits, misses
}

// objects are fields that are objects in real logs.
var objects = []string{"requestParameters", "responseElements"}

// absent marks a field that the event is not to have.
var absent = new(int)

// matcherWays returns values around a matcher. What is a hit and what a miss
// is only a guess; the judges decide.
func matcherWays(m *sigma.Matcher) (hits, misses []any) {
	switch m.Kind {
	case sigma.MatchPattern:
		return patternWays(m.Pattern)
	case sigma.MatchNumber:
		n := m.Number
		return []any{n, fmt.Sprint(n)}, []any{n - 1, n + 1, "x", true}
	case sigma.MatchNull:
		return []any{absent, nil}, []any{"", "null", 0}
	case sigma.MatchExists:
		if m.Bool {
			return []any{"x", 0, false}, []any{absent}
		}
		return []any{absent}, []any{"x", 0, false}
	case sigma.MatchRegex:
		return []any{sample(m.Regex.String())}, []any{"x", strings.ToUpper(sample(m.Regex.String()))}
	case sigma.MatchCIDR:
		in := m.Prefix.Addr().String()
		return []any{in}, []any{m.Prefix.Addr().Prev().String(), "10.0.0.300", "ec2.amazonaws.com", in + "/32"}
	case sigma.MatchTime:
		return []any{"2026-11-05T09:14:22Z", "1999-12-31T23:59:59Z", "2026-01-01T00:00:00Z"}, []any{"no time", 17}
	}
	return []any{"x"}, []any{"y"}
}

func patternWays(p sigma.Pattern) (hits, misses []any) {
	fill := func(any, one string) string {
		var b strings.Builder
		for _, x := range p {
			switch x.Kind {
			case sigma.Any:
				b.WriteString(any)
			case sigma.One:
				b.WriteString(one)
			default:
				b.WriteString(x.Text)
			}
		}
		return b.String()
	}
	whole := fill("", "x")
	if len(p) == 1 && p[0].Kind == sigma.Any {
		return []any{"", "a bc"}, []any{absent}
	}
	hits = []any{whole, strings.ToUpper(whole), fill("a bc", "é"), fill("*", "?")}
	if len(whole) > 1 {
		misses = append(misses, whole[:len(whole)-1], whole[1:], whole[:len(whole)/2]+"#"+whole[len(whole)/2:])
	}
	misses = append(misses, whole+"x", "x"+whole, fill("", ""))
	if whole == "true" || whole == "false" {
		hits = append(hits, whole == "true")
		misses = append(misses, whole != "true", 1)
	}
	return hits, misses
}

// sample is a text that the regular expressions of the rules used here find.
func sample(re string) string {
	r := strings.NewReplacer(".+", "abc", ".*", "", `\`, "", "^", "", "$", "", "(?i)", "")
	return r.Replace(re)
}

// record is the event as JSON. Names with dots are objects in objects.
func (f fields) record() string {
	top := map[string]any{"eventID": "x"}
	names := make([]string, 0, len(f))
	for k := range f {
		names = append(names, k)
	}
	slices.Sort(names) // requestParameters before what is inside it
	for _, name := range names {
		if f[name] != absent {
			put(top, strings.Split(name, "."), f[name])
		}
	}
	b, err := json.Marshal(top)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func put(at map[string]any, path []string, v any) {
	if len(path) == 1 {
		at[path[0]] = v
		return
	}
	next, ok := at[path[0]].(map[string]any)
	if !ok {
		next = map[string]any{}
		at[path[0]] = next
	}
	put(next, path[1:], v)
}

// generated is every event made of the rules, each once, in a fixed order.
func generated(rules []*sigma.Rule) []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range rules {
		hits, misses := ways(r.Detection.Expr())
		for _, f := range append(hits, misses...) {
			if rec := f.record(); !seen[rec] {
				seen[rec] = true
				out = append(out, rec)
			}
		}
	}
	return out
}
