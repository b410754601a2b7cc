package sigma

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

var correlationKeys = []string{"type", "rules", "group-by", "aliases", "timespan", "condition", "generate"}

// correlation reads the section of that name.
func (r *reader) correlation(n *yaml.Node) *Correlation {
	c := &Correlation{Condition: CorrelationCondition{Percentile: -1}}
	nodes := map[string]*yaml.Node{}
	for _, p := range r.mapping(n, "correlation") {
		if !slices.Contains(correlationKeys, p.name) {
			r.fault(p.key, "unknown key %s in correlation%s", quote(p.name), suggest(p.name, correlationKeys))
			continue
		}
		nodes[p.name] = p.value
	}
	if n.Kind != yaml.MappingNode || !r.correlationType(c, n, nodes["type"]) {
		return c
	}
	if v := nodes["generate"]; v != nil {
		c.Generate = r.yes(v, "generate")
	}
	if v := nodes["group-by"]; v != nil {
		c.GroupBy = r.textOrTexts(v, "group-by", 256)
		r.once(v, "group-by", c.GroupBy)
	}
	if v := nodes["timespan"]; v != nil {
		c.Timespan = r.timespan(v)
	} else {
		r.fault(n, "correlation has no timespan")
	}
	r.correlated(c, n, nodes["rules"], nodes["condition"])
	if v := nodes["aliases"]; v != nil {
		r.aliases(c, v)
	}
	r.correlationCondition(c, n, nodes["condition"])
	return c
}

func (r *reader) correlationType(c *Correlation, n, v *yaml.Node) bool {
	if v == nil {
		r.fault(n, "correlation has no type")
		return false
	}
	text := r.text(v, "type", 16)
	for i, name := range correlationTypes {
		if name == text {
			c.Type = CorrelationType(i)
			return true
		}
	}
	if v.ShortTag() == "!!str" {
		r.fault(v, "type must be one of %s, not %s%s", strings.Join(correlationTypes[:], ", "), quote(text), suggest(text, correlationTypes[:]))
	}
	return false
}

// yes reads true or false.
func (r *reader) yes(n *yaml.Node, what string) bool {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		r.fault(n, "%s must be true or false, not %s", what, kindOf(n))
	}
	return isTrue(strings.ToLower(n.Value))
}

// textOrTexts reads a text or a list of them.
func (r *reader) textOrTexts(n *yaml.Node, what string, limit int) []string {
	if n.Kind != yaml.ScalarNode {
		return r.texts(n, what)
	}
	if s := r.text(n, what, limit); s != "" {
		return []string{s}
	}
	return nil
}

// once refuses repeats and empty texts.
func (r *reader) once(n *yaml.Node, what string, list []string) {
	for i, s := range list {
		at := n
		if n.Kind == yaml.SequenceNode && i < len(n.Content) {
			at = n.Content[i]
		}
		if s == "" {
			r.fault(at, "an entry of %s is empty", what)
		} else if slices.Contains(list[:i], s) {
			r.fault(at, "%s stands twice in %s", quote(s), what)
		}
	}
}

// maxTimespan bounds windows: what is looked back upon has to be kept.
const maxTimespan = 90 * 24 * time.Hour

var timespanUnits = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}

// timespan reads a number and a unit. Months and years, which some readers
// know, are of no fixed length.
func (r *reader) timespan(n *yaml.Node) time.Duration {
	text := r.text(n, "timespan", 10)
	if text == "" {
		return 0
	}
	unit := timespanUnits[text[len(text)-1]]
	count, err := strconv.ParseInt(text[:len(text)-1], 10, 64)
	switch {
	case unit == 0 || err != nil || count < 1 || text[0] == '+':
		r.fault(n, "timespan must be a number and one of the letters s, m, h, d and w, such as 90m, not %s", quote(text))
	case count > int64(maxTimespan/unit):
		r.fault(n, "timespan %s is longer than 90 days, for which nothing is kept", text)
	}
	return time.Duration(count) * unit
}

// correlated reads the references. Without a list, a condition in words names
// the rules.
func (r *reader) correlated(c *Correlation, n, rules, condition *yaml.Node) {
	if rules == nil {
		if condition == nil || condition.Kind != yaml.ScalarNode || !c.Type.IsTemporal() {
			r.fault(n, "correlation has no rules")
			return
		}
		for _, name := range conditionNames(condition.Value) {
			c.Rules = append(c.Rules, &Reference{Text: name, Line: condition.Line, Column: condition.Column})
		}
		return
	}
	names := r.textOrTexts(rules, "rules", 256)
	r.once(rules, "rules", names)
	for i, name := range names {
		at := rules
		if rules.Kind == yaml.SequenceNode {
			at = rules.Content[i]
		}
		c.Rules = append(c.Rules, &Reference{Text: name, Line: at.Line, Column: at.Column})
	}
	if len(names) == 0 && rules.Kind == yaml.SequenceNode {
		r.fault(rules, "rules is an empty list, so there is nothing to correlate")
	}
	if len(names) > maxCorrelated {
		r.fault(rules, "rules names %d rules, more than %d", len(names), maxCorrelated)
	}
}

// maxCorrelated bounds the rules of one correlation.
const maxCorrelated = 1000

// conditionNames are the rules that a condition in words names, each once.
func conditionNames(text string) []string {
	var out []string
	for _, word := range strings.FieldsFunc(text, func(c rune) bool { return c == '(' || c == ')' || c <= ' ' }) {
		if slices.Contains([]string{"and", "or", "not"}, strings.ToLower(word)) || slices.Contains(out, word) {
			continue
		}
		out = append(out, word)
	}
	return out
}

func (r *reader) aliases(c *Correlation, n *yaml.Node) {
	for _, p := range r.mapping(n, "aliases") {
		a := Alias{Name: p.name}
		for _, f := range r.mapping(p.value, "alias "+p.name) {
			a.Fields = append(a.Fields, AliasField{
				Rule: &Reference{Text: f.name, Line: f.key.Line, Column: f.key.Column}, Field: r.text(f.value, "the field of alias "+p.name, 256),
			})
		}
		if len(a.Fields) == 0 && p.value.Kind == yaml.MappingNode {
			r.fault(p.key, "alias %s names no field", quote(p.name))
		}
		c.Aliases = append(c.Aliases, a)
	}
}

var thresholdKeys = map[string]Threshold{
	"gt": {Compare: Greater}, "gte": {Compare: GreaterEqual}, "lt": {Compare: Less}, "lte": {Compare: LessEqual},
	"eq": {Compare: Equal}, "neq": {Compare: Equal, Not: true},
}

func (r *reader) correlationCondition(c *Correlation, n, v *yaml.Node) {
	switch {
	case v == nil && c.Type.IsTemporal():
		c.Condition.Thresholds = []Threshold{{Compare: GreaterEqual, Number: float64(len(c.Rules))}}
	case v == nil:
		r.fault(n, "correlation has no condition")
	case v.Kind == yaml.ScalarNode && v.ShortTag() == "!!str":
		r.conditionInWords(c, v)
	default:
		r.thresholds(c, v)
	}
}

// maxInWords bounds what a condition over an order may unfold into.
const maxInWords = 8

// conditionInWords reads a condition such as "rule_a and not rule_b".
func (r *reader) conditionInWords(c *Correlation, n *yaml.Node) {
	if !c.Type.IsTemporal() {
		r.fault(n, "condition: only temporal and temporal_ordered correlations can have one in words; %s needs a comparison such as gte: 10", c.Type)
		return
	}
	if c.Type == TemporalOrdered && len(c.Rules) > maxInWords {
		r.fault(n, "condition: temporal_ordered with a condition in words takes up to %d rules; chain correlations instead", maxInWords)
		return
	}
	var searches []*Search
	for _, ref := range c.Rules {
		searches = append(searches, &Search{Name: ref.Text, Line: ref.Line, Column: ref.Column})
	}
	x, reason := parseCondition(n.Value, searches)
	if reason != "" {
		r.fault(n, "condition: %s", strings.ReplaceAll(reason, "there is no search", "rules names no rule"))
		return
	}
	named := map[string]bool{}
	searchesOf(x, func(s *Search) { named[s.Name] = true })
	for _, ref := range c.Rules {
		if !named[ref.Text] {
			r.fault(n, "condition does not speak of the rule %s, which rules names", quote(ref.Text))
		}
	}
	if holdsFor(x, func(*Search) bool { return false }) {
		r.fault(n, "condition also holds where none of the rules has matched, so it cannot tell when")
	}
	c.Condition.Text, c.Condition.X = n.Value, x
}

// searchesOf calls visit for every search below x.
func searchesOf(x Expr, visit func(*Search)) {
	switch x := x.(type) {
	case And:
		for _, y := range x {
			searchesOf(y, visit)
		}
	case Or:
		for _, y := range x {
			searchesOf(y, visit)
		}
	case *Not:
		searchesOf(x.X, visit)
	case *Of:
		for _, s := range x.Searches {
			visit(s)
		}
	case *Search:
		visit(x)
	}
}

// Holds reports whether a condition over searches holds, given what is so of
// each of them.
func Holds(x Expr, so func(*Search) bool) bool { return holdsFor(x, so) }

func holdsFor(x Expr, so func(*Search) bool) bool {
	switch x := x.(type) {
	case And:
		return !slices.ContainsFunc(x, func(y Expr) bool { return !holdsFor(y, so) })
	case Or:
		return slices.ContainsFunc(x, func(y Expr) bool { return holdsFor(y, so) })
	case *Not:
		return !holdsFor(x.X, so)
	case *Of:
		n := 0
		for _, s := range x.Searches {
			if so(s) {
				n++
			}
		}
		if x.N == 0 {
			return n == len(x.Searches)
		}
		return n >= x.N
	case *Search:
		return so(x)
	}
	return false
}

func (r *reader) thresholds(c *Correlation, n *yaml.Node) {
	for _, p := range r.mapping(n, "condition") {
		t, known := thresholdKeys[p.name]
		switch {
		case known:
			t.Number = r.threshold(c, p)
			c.Condition.Thresholds = append(c.Condition.Thresholds, t)
		case p.name == "field":
			c.Condition.Fields = r.textOrTexts(p.value, "field", 256)
			r.once(p.value, "field", c.Condition.Fields)
			if !c.Type.HasField() {
				r.fault(p.key, "field has no meaning for %s, which looks at no values", c.Type)
			}
		case p.name == "percentile" && c.Type == ValuePercentile:
			c.Condition.Percentile = r.plainNumber(p)
			if c.Condition.Percentile < 0 || c.Condition.Percentile > 100 {
				r.fault(p.value, "percentile must be from 0 to 100, not %s", p.value.Value)
			}
		default:
			r.fault(p.key, "unknown key %s in condition%s", quote(p.name), suggest(p.name, []string{"gt", "gte", "lt", "lte", "eq", "neq", "field"}))
		}
	}
	if n.Kind != yaml.MappingNode {
		return
	}
	if len(c.Condition.Thresholds) == 0 {
		r.fault(n, "condition has no comparison: gt, gte, lt, lte, eq or neq")
	}
	switch fields := len(c.Condition.Fields); {
	case c.Type.HasField() && fields == 0:
		r.fault(n, "condition has no field, which %s needs", c.Type)
	case c.Type.HasField() && c.Type != ValueCount && fields > 1:
		r.fault(n, "condition has %d fields, but %s can look at one only", fields, c.Type)
	}
	r.sensible(c, n)
}

// threshold reads the number of a comparison.
func (r *reader) threshold(c *Correlation, p pair) float64 {
	f := r.plainNumber(p)
	counts := c.Type == EventCount || c.Type == ValueCount || c.Type.IsTemporal()
	if counts && f != math.Trunc(f) {
		r.fault(p.value, "%s must be a whole number, because %s counts", p.name, c.Type)
	}
	return f
}

func (r *reader) plainNumber(p pair) float64 {
	f, ok := number(p.value.Value)
	if tag := p.value.ShortTag(); p.value.Kind != yaml.ScalarNode || tag != "!!int" && tag != "!!float" || !ok {
		r.fault(p.value, "%s must be a number, not %s", p.name, kindOf(p.value))
		return 0
	}
	return f
}

// sensible refuses conditions that can never hold, or always do: whoever wrote
// them meant something else.
func (r *reader) sensible(c *Correlation, n *yaml.Node) {
	if c.Type == ValuePercentile && c.Condition.Percentile < 0 {
		for _, t := range c.Condition.Thresholds {
			if t.Number < 0 || t.Number > 100 {
				r.fault(n, "condition: value_percentile compares a percentage, from 0 to 100; to compare the value at a percentile, give percentile: too")
				return
			}
		}
	}
	if c.Type == ValueSum || c.Type == ValueAvg || c.Type == ValuePercentile || len(r.faults) > 0 {
		return
	}
	most := 1 << 53
	if c.Type.IsTemporal() {
		most = len(c.Rules)
	}
	if !holdsForSome(c.Condition.Thresholds, most) {
		r.fault(n, "condition can never hold: a window that is looked at has from 1 to %d", most)
	}
}

// holdsForSome reports whether some count from 1 to most fits.
func holdsForSome(ts []Threshold, most int) bool {
	try := []int{1, 2, most}
	for _, t := range ts {
		at := int(max(-1, min(t.Number, float64(most)+1)))
		try = append(try, at-1, at, at+1, at+2)
	}
	return slices.ContainsFunc(try, func(n int) bool {
		return n >= 1 && n <= most && !slices.ContainsFunc(ts, func(t Threshold) bool { return !t.Holds(float64(n)) })
	})
}
