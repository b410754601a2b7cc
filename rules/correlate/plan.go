package correlate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// Rule is a compiled correlation. It implements [detect.Rule].
type Rule struct {
	rule   *sigma.Rule
	bases  []base
	root   *node
	shared []int // names of the root's group-by that notes are grouped by
	bucket time.Duration
	before time.Duration
}

// base is a rule over single events.
type base struct {
	rule *sigma.Rule
	// group are the fields of the shared names, fields those whose values notes
	// keep.
	group, fields []string
	datasets      []string
}

// node is one correlation of the chain.
type node struct {
	c    *sigma.Correlation
	kids []kid
	// own are the names of group-by that notes are not grouped by.
	own []int
	// words is the condition in words, as alternatives.
	words []alternative
}

// kid is one of the rules that a correlation correlates: a base, or a lower
// correlation.
type kid struct {
	base  int // -1 for a correlation
	lower *node
	// own and fields say where the values of the names are.
	own, fields []place
}

// place is where a match has the values of a name.
type place struct {
	// key is the lower correlation's own name that has it, -1 for none.
	key int
	// kept is the place among the kept fields, by base; -1 where that base has none.
	kept []int
}

// minBucket bounds how many cases a long attack makes.
const minBucket = time.Hour

// New compiles a linked correlation. datasets tells which datasets a log source
// means.
func New(r *sigma.Rule, datasets func(sigma.LogSource) []string) *Rule {
	out := &Rule{rule: r, bucket: max(minBucket, r.Correlation.Timespan)}
	for _, b := range r.Bases() {
		out.bases = append(out.bases, base{rule: b, datasets: datasets(b.LogSource)})
	}
	for i := range r.Correlation.GroupBy {
		if fields, ok := out.common(r.Correlation, i); ok {
			out.shared = append(out.shared, i)
			for b := range out.bases {
				out.bases[b].group = append(out.bases[b].group, fields[b])
			}
		}
	}
	out.root = out.node(r.Correlation, true)
	out.before = out.root.reach(true)
	return out
}

// common returns what the i-th name of the uppermost group-by is called in each
// base; ok is false unless every correlation below counts by the same fields.
func (r *Rule) common(c *sigma.Correlation, i int) (fields []string, ok bool) {
	fields = make([]string, len(r.bases))
	for b := range r.bases {
		routes := fieldsOf(c, c.GroupBy[i], r.bases[b].rule)
		if len(routes) != 1 {
			return nil, false
		}
		fields[b] = routes[0]
	}
	return fields, r.countsBy(c, fields)
}

// countsBy reports whether the correlation, and all below it, has a name that
// is called so in its bases.
func (r *Rule) countsBy(c *sigma.Correlation, fields []string) bool {
	found := slices.ContainsFunc(c.GroupBy, func(name string) bool {
		for b := range r.bases {
			if routes := fieldsOf(c, name, r.bases[b].rule); len(routes) > 1 || len(routes) == 1 && routes[0] != fields[b] {
				return false
			}
		}
		return true
	})
	for _, ref := range c.Rules {
		if lower := ref.Rule.Correlation; lower != nil {
			found = found && r.countsBy(lower, fields)
		}
	}
	return found
}

// fieldsOf are the fields that a name means in the events of a base, by every
// way that leads to it; none if the base is not below.
func fieldsOf(c *sigma.Correlation, name string, base *sigma.Rule) []string {
	var out []string
	for i, ref := range c.Rules {
		if !slices.Contains(ref.Rule.Bases(), base) {
			continue
		}
		if f := c.FieldOf(name, i, base); !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

func (r *Rule) node(c *sigma.Correlation, root bool) *node {
	n := &node{c: c}
	for i, name := range c.GroupBy {
		if !r.isShared(c, name, i, root) {
			n.own = append(n.own, i)
		}
	}
	for i, ref := range c.Rules {
		k := kid{base: -1}
		if ref.Rule.Correlation != nil {
			k.lower = r.node(ref.Rule.Correlation, false)
		} else {
			k.base = slices.IndexFunc(r.bases, func(b base) bool { return b.rule == ref.Rule })
		}
		for _, name := range n.own {
			k.own = append(k.own, r.place(c, c.GroupBy[name], i, k.lower))
		}
		for _, name := range c.Condition.Fields {
			k.fields = append(k.fields, r.place(c, name, i, k.lower))
		}
		n.kids = append(n.kids, k)
	}
	if c.Condition.X != nil && c.Type == sigma.TemporalOrdered {
		n.words = alternatives(c)
	}
	return n
}

// isShared reports whether notes are grouped by the name already.
func (r *Rule) isShared(c *sigma.Correlation, name string, i int, root bool) bool {
	if root {
		return slices.Contains(r.shared, i)
	}
	for s := range r.shared {
		same := true
		for b := range r.bases {
			routes := fieldsOf(c, name, r.bases[b].rule)
			same = same && (len(routes) == 0 || len(routes) == 1 && routes[0] == r.bases[b].group[s])
		}
		if same {
			return true
		}
	}
	return false
}

// place finds where matches of the i-th rule have a name's values, and has notes
// keep the fields that it needs.
func (r *Rule) place(c *sigma.Correlation, name string, i int, lower *node) place {
	p := place{key: -1, kept: make([]int, len(r.bases))}
	if lower != nil {
		p.key = slices.IndexFunc(lower.own, func(k int) bool { return lower.c.GroupBy[k] == c.Column(name, i) })
	}
	for b := range r.bases {
		p.kept[b] = -1
		if p.key < 0 && slices.Contains(c.Rules[i].Rule.Bases(), r.bases[b].rule) {
			p.kept[b] = r.bases[b].keep(c.FieldOf(name, i, r.bases[b].rule))
		}
	}
	return p
}

// keep has notes keep a field.
func (b *base) keep(field string) int {
	if i := slices.Index(b.fields, field); i >= 0 {
		return i
	}
	b.fields = append(b.fields, field)
	return len(b.fields) - 1
}

// reach is how far before a moment the notes lie that decide about it: a
// window, and below it a window of the lower correlation, and another to know
// whether an occurrence is a new one.
func (n *node) reach(root bool) time.Duration {
	out := n.c.Timespan
	if !root {
		out *= 2
	}
	deepest := time.Duration(0)
	for _, k := range n.kids {
		if k.lower != nil {
			deepest = max(deepest, k.lower.reach(false))
		}
	}
	return out + deepest
}

// Rule implements [detect.Rule].
func (r *Rule) Rule() *sigma.Rule { return r.rule }

// Span implements [detect.Rule].
func (r *Rule) Span() detect.Span {
	return detect.Span{Bucket: r.bucket, Before: r.before}
}

// Bases implements [detect.Correlation].
func (r *Rule) Bases() []*sigma.Rule { return r.rule.Bases() }

// Observer implements [detect.Rule]: the observer is a [detect.MatchObserver].
func (r *Rule) Observer(schema event.Schema) detect.Observer {
	o := &observer{bases: map[*sigma.Rule]*look{}}
	for i := range r.bases {
		if b := &r.bases[i]; slices.Contains(b.datasets, schema.Dataset()) {
			o.bases[b.rule] = newLook(i, b, schema)
		}
	}
	if len(o.bases) == 0 {
		return nil
	}
	return o
}

// alternative is one way in which a condition in words holds: the rules of with
// matched, those of without did not.
type alternative struct{ with, without []int }

// alternatives unfolds a condition in words. The loader bounds how many rules
// it has, and with them what it may unfold into.
func alternatives(c *sigma.Correlation) []alternative {
	number := map[string]int{}
	for i, ref := range c.Rules {
		number[ref.Text] = i
	}
	return unfold(c.Condition.X, true, number)
}

func unfold(x sigma.Expr, so bool, number map[string]int) []alternative {
	switch x := x.(type) {
	case sigma.And:
		return combine([]sigma.Expr(x), so, so, number)
	case sigma.Or:
		return combine([]sigma.Expr(x), so, !so, number)
	case *sigma.Not:
		return unfold(x.X, !so, number)
	case *sigma.Search:
		if so {
			return []alternative{{with: []int{number[x.Name]}}}
		}
		return []alternative{{without: []int{number[x.Name]}}}
	case *sigma.Of:
		return unfold(chosen(x), so, number)
	}
	panic(fmt.Sprintf("correlate: condition of type %T", x))
}

// chosen spells out "2 of them".
func chosen(x *sigma.Of) sigma.Expr {
	n := x.N
	if n == 0 {
		n = len(x.Searches)
	}
	var out sigma.Or
	var pick func(from int, chosen sigma.And)
	pick = func(from int, chosen sigma.And) {
		if len(chosen) == n {
			out = append(out, slices.Clone(chosen))
			return
		}
		for i := from; i < len(x.Searches); i++ {
			pick(i+1, append(chosen, x.Searches[i]))
		}
	}
	pick(0, nil)
	return out
}

// combine joins the alternatives of parts: one of each where all must hold, any
// of any where one is enough.
func combine(parts []sigma.Expr, so, all bool, number map[string]int) []alternative {
	out := []alternative{{}}
	if !all {
		out = nil
	}
	for _, p := range parts {
		more := unfold(p, so, number)
		if !all {
			out = append(out, more...)
			continue
		}
		var both []alternative
		for _, a := range out {
			for _, b := range more {
				both = append(both, a.and(b))
			}
		}
		slices.SortFunc(both, alternative.compare)
		out = slices.CompactFunc(both, func(a, b alternative) bool { return a.compare(b) == 0 })
	}
	return out
}

func (a alternative) compare(b alternative) int {
	return cmp.Or(slices.Compare(a.with, b.with), slices.Compare(a.without, b.without))
}

func (a alternative) and(b alternative) alternative {
	join := func(x, y []int) []int {
		out := append(slices.Clone(x), y...)
		slices.Sort(out)
		return slices.Compact(out)
	}
	return alternative{join(a.with, b.with), join(a.without, b.without)}
}
