package rules

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// compiler lowers the rules of one dataset to terms.
type compiler struct {
	terms
	schema event.Schema
	fields []field
	names  map[string]int32 // -1 for a field that no record can have
	// missing are the names of the rule at hand that no record can have.
	missing []string
}

func newCompiler(s event.Schema) *compiler {
	return &compiler{terms: terms{byKey: map[string]*term{}}, schema: s, names: map[string]int32{}}
}

// Costs of looking at a field, in about nanoseconds. A path with dots may have
// to be looked for in the record, which costs more where its getter says so.
const (
	costField    = 3
	costDot      = 4
	costText     = 6
	costWalk     = 40
	costGlob     = 20
	costAddress  = 20
	costRegex    = 300
	costKeywords = 500
)

// field numbers a field. ok is false if no record of the dataset can have it.
func (c *compiler) field(name string) (f int32, ok bool) {
	f, known := c.names[name]
	if !known {
		f = -1
		if get := c.getter(name); get != nil {
			f = int32(len(c.fields))
			c.fields = append(c.fields, field{name: name, get: get, literals: map[string]int32{}, span: spanOf(c.schema, name)})
		}
		c.names[name] = f
	}
	if f < 0 && !slices.Contains(c.missing, name) {
		c.missing = append(c.missing, name)
	}
	return f, f >= 0
}

func (c *compiler) getter(name string) event.Getter {
	if name == "" {
		return keywords{}
	}
	return c.schema.Getter(name)
}

func (c *compiler) costOf(name string) int {
	if name == "" {
		return costKeywords
	}
	cost := costField + costDot*strings.Count(name, ".")
	if f, ok := c.names[name]; ok && f >= 0 {
		if w, ok := c.fields[f].get.(event.Walker); ok && w.Walks() {
			cost += costWalk
		}
	}
	return cost
}

// lower makes a term of an expression.
func (c *compiler) lower(x sigma.Expr) *term {
	switch x := x.(type) {
	case sigma.And:
		return c.and(lowerAll(c, x)...)
	case sigma.Or:
		return c.or(lowerAll(c, x)...)
	case *sigma.Not:
		return c.none(c.lower(x.X))
	case *sigma.Of:
		kids := lowerAll(c, x.Searches)
		if x.N == 0 {
			return c.and(kids...)
		}
		return c.atLeast(x.N, kids)
	case *sigma.Search:
		return c.lower(x.X)
	case *sigma.Item:
		return c.item(x)
	}
	panic(fmt.Sprintf("rules: expression of type %T", x))
}

// none makes the opposite. Not one of several is neither one of those that look at
// nothing but what recurs nor one of the others: so the first decide by
// themselves, once for all events in which the same recurs.
func (c *compiler) none(x *term) *term {
	if x.op != opOr {
		return c.not(x)
	}
	var recurring, others []*term
	for _, k := range x.kids {
		if c.span(k) != more {
			recurring = append(recurring, k)
		} else {
			others = append(others, k)
		}
	}
	if len(recurring) == 0 || len(others) == 0 {
		return c.not(x)
	}
	return c.and(c.not(c.or(recurring...)), c.not(c.or(others...)))
}

func lowerAll[E sigma.Expr](c *compiler, xs []E) []*term {
	out := make([]*term, len(xs))
	for i, x := range xs {
		out[i] = c.lower(x)
	}
	return out
}

// item makes a term of one field held against values.
func (c *compiler) item(it *sigma.Item) *term {
	f, ok := c.field(it.Field)
	var kids []*term
	if it.All {
		for _, value := range it.Matchers {
			kids = append(kids, c.any(it, f, ok, value))
		}
	} else {
		kids = []*term{c.any(it, f, ok, slices.Concat(it.Matchers...))}
	}
	out := c.and(kids...)
	switch {
	case it.Differs && !ok:
		return c.constant(false)
	case it.Differs:
		return c.and(c.present(it.Field, f), c.not(out))
	}
	return out
}

func (c *compiler) present(name string, f int32) *term {
	return c.leaf(c.costOf(name), &present{f}, "present %d", f)
}

// any makes a term that holds where one of the matchers does. Texts and
// numbers that the field may equal are gathered into one look-up.
func (c *compiler) any(it *sigma.Item, f int32, ok bool, ms []sigma.Matcher) *term {
	var kids []*term
	var ids []int32
	for i := range ms {
		m := &ms[i]
		if !ok {
			kids = append(kids, c.constant(m.Kind == sigma.MatchNull || m.Kind == sigma.MatchExists && !m.Bool))
			continue
		}
		if text, plain := m.Pattern.Plain(); m.Kind == sigma.MatchPattern && plain && !m.Cased {
			ids = append(ids, c.fields[f].literal(fold(text)))
			continue
		}
		if m.Kind == sigma.MatchNumber && m.Compare == sigma.Equal {
			ids = append(ids, c.fields[f].number(m.Number))
			continue
		}
		kids = append(kids, c.matcher(it.Field, f, m))
	}
	if len(ids) > 0 {
		kids = append(kids, c.equals(it.Field, f, ids))
	}
	return c.or(kids...)
}

func (c *compiler) equals(name string, f int32, ids []int32) *term {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	e := &equals{field: f, ids: ids}
	if len(ids) == 1 {
		e.id, e.ids = ids[0], nil
	}
	return c.leaf(c.costOf(name), e, "equals %d %v", f, ids)
}

// matcher makes a term of one value.
func (c *compiler) matcher(name string, f int32, m *sigma.Matcher) *term {
	cost := c.costOf(name)
	switch m.Kind {
	case sigma.MatchPattern:
		return c.pattern(cost+costText, texts{f, m.Cased}, m.Pattern)
	case sigma.MatchNumber:
		return c.leaf(cost+costText, &number{f, m.Compare, m.Number}, "number %d %d %v", f, m.Compare, m.Number)
	case sigma.MatchNull:
		return c.not(c.present(name, f))
	case sigma.MatchExists:
		t := c.present(name, f)
		if !m.Bool {
			return c.not(t)
		}
		return t
	case sigma.MatchRegex:
		return c.regex(cost+costRegex, f, m)
	case sigma.MatchCIDR:
		return c.leaf(cost+costAddress, &inside{f, m.Prefix}, "inside %d %v", f, m.Prefix)
	case sigma.MatchField:
		other, ok := c.field(m.Field)
		if !ok {
			return c.constant(false)
		}
		return c.leaf(cost+c.costOf(m.Field)+costText, &refers{texts{f, m.Cased}, other, m.Relation},
			"refers %d %v %d %d", f, m.Cased, other, m.Relation)
	case sigma.MatchTime:
		return c.leaf(cost+costText, &moment{f, m.Part, m.Compare, m.Number}, "moment %d %d %d %v", f, m.Part, m.Compare, m.Number)
	}
	panic(fmt.Sprintf("rules: matcher of kind %d", m.Kind))
}

// pattern picks the cheapest way to match a pattern.
func (c *compiler) pattern(cost int, t texts, p sigma.Pattern) *term {
	toText := fold
	if t.cased {
		toText = strings.Clone
	}
	shape := make([]byte, len(p))
	var text []byte
	for i, x := range p {
		shape[i] = "l*?"[x.Kind]
		if x.Kind == sigma.Literal {
			text = []byte(toText(x.Text))
		}
	}
	var leaf predicate
	switch string(shape) {
	case "*":
		leaf = &present{t.field}
		return c.leaf(cost-costText, leaf, "present %d", t.field)
	case "", "l":
		leaf = &same{t, text}
	case "*l*":
		leaf = &contains{t, text}
	case "l*":
		leaf = &begins{t, text}
	case "*l":
		leaf = &ends{t, text}
	default:
		cost += costGlob
		leaf = &fits{t, newGlob(p, toText)}
	}
	return c.leaf(cost, leaf, "pattern %d %v %s", t.field, t.cased, patternKey(p, toText))
}

func patternKey(p sigma.Pattern, toText func(string) string) string {
	q := slices.Clone(p)
	for i := range q {
		q[i].Text = toText(q[i].Text)
	}
	return q.String()
}

func (c *compiler) regex(cost int, f int32, m *sigma.Matcher) *term {
	x := &regex{texts{f, true}, nil, m.Regex}
	if re, err := syntax.Parse(m.Regex.String(), syntax.Perl); err == nil {
		text, folded := required(re.Simplify())
		x.literal, x.cased = []byte(text), !folded
	}
	return c.leaf(cost, x, "regex %d %s", f, m.Regex)
}

// required returns the longest literal without which the expression cannot
// match. If folded is set it is to be looked for in folded text.
func required(re *syntax.Regexp) (text string, folded bool) {
	switch re.Op {
	case syntax.OpLiteral:
		folded = re.Flags&syntax.FoldCase != 0
		text = string(re.Rune)
		if folded {
			text = fold(text)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if t, f := required(sub); len(t) > len(text) {
				text, folded = t, f
			}
		}
	}
	return text, folded
}
