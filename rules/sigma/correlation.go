package sigma

import (
	"fmt"
	"strings"
	"time"
)

// Correlation is what a correlation rule asks of the matches of other rules.
type Correlation struct {
	Type CorrelationType
	// Rules are the rules that are correlated, in the order of the document.
	Rules []*Reference
	// GroupBy are fields or aliases: only matches with the same values of them
	// meet. None puts all matches into one group.
	GroupBy []string
	Aliases []Alias
	// Timespan is the length of the window.
	Timespan time.Duration
	// Condition says when a window fulfils the correlation.
	Condition CorrelationCondition
	// Generate lets the correlated rules raise alerts of their own.
	Generate bool
}

// CorrelationType says what is counted.
type CorrelationType uint8

// The types of correlation.
const (
	// EventCount counts events.
	EventCount CorrelationType = iota
	// ValueCount counts the different values of a field.
	ValueCount
	// Temporal counts the rules that matched.
	Temporal
	// TemporalOrdered counts the rules that matched in the order of the document.
	TemporalOrdered
	// ValueSum adds up a field.
	ValueSum
	// ValueAvg is a field's mean.
	ValueAvg
	// ValuePercentile is where a value stands among the others.
	ValuePercentile
)

var correlationTypes = [...]string{"event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg", "value_percentile"}

// String is the type's name.
func (t CorrelationType) String() string { return correlationTypes[t] }

// IsTemporal reports whether rules are counted, not events or values.
func (t CorrelationType) IsTemporal() bool { return t == Temporal || t == TemporalOrdered }

// HasField reports whether the type looks at a field.
func (t CorrelationType) HasField() bool {
	return t == ValueCount || t == ValueSum || t == ValueAvg || t == ValuePercentile
}

// Reference names another rule by its id or name.
type Reference struct {
	Text         string
	Line, Column int
	// Rule is the rule that is meant, once [Link] has found it.
	Rule *Rule
}

// Alias is a name for fields that are called differently in the events of
// different rules.
type Alias struct {
	Name   string
	Fields []AliasField
}

// AliasField says what the alias is called in the events of one rule.
type AliasField struct {
	Rule  *Reference
	Field string
}

// CorrelationCondition says when a window fulfils a correlation.
type CorrelationCondition struct {
	// Thresholds must all hold for the number that the type counts. A temporal
	// correlation without a condition has the number of its rules.
	Thresholds []Threshold
	// Fields are those whose values are looked at; several are one value
	// together.
	Fields []string
	// Percentile, from 0 to 100, asks for the value at that percentile; below 0
	// it is not given. The specification does not have it, other readers of
	// Sigma do.
	Percentile float64
	// Text and X are a condition in words over the correlated rules, each of
	// which is a [Search] named as in Rules; "" and nil without one.
	Text string
	X    Expr
}

// Threshold is one comparison.
type Threshold struct {
	// Compare and Not say how the number must stand to Number: neq is Equal and
	// Not.
	Compare Comparison
	Not     bool
	Number  float64
}

// String is the threshold in words: "at least 5".
func (t Threshold) String() string {
	words := [...]string{Equal: "exactly", Less: "less than", LessEqual: "at most", Greater: "more than", GreaterEqual: "at least"}
	word := words[t.Compare]
	if t.Not {
		word = "other than"
	}
	return word + " " + trimmed(t.Number)
}

// Holds reports whether a number stands to the threshold as it should.
func (t Threshold) Holds(n float64) bool { return t.HoldsFor(compareNumbers(n, t.Number)) }

// HoldsFor is Holds for one who has compared the number already: sign is less
// than, equal to or greater than 0 as the number is to the threshold's.
func (t Threshold) HoldsFor(sign int) bool {
	switch t.Compare {
	case Less:
		return sign < 0
	case LessEqual:
		return sign <= 0
	case Greater:
		return sign > 0
	case GreaterEqual:
		return sign >= 0
	default:
		return (sign == 0) != t.Not
	}
}

func compareNumbers(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func trimmed(f float64) string {
	if f == float64(int64(f)) {
		return fmt.Sprintf("%d", int64(f))
	}
	return strings.TrimRight(fmt.Sprintf("%f", f), "0")
}

// alias finds an alias by name, nil if there is none.
func (c *Correlation) alias(name string) *Alias {
	for i := range c.Aliases {
		if c.Aliases[i].Name == name {
			return &c.Aliases[i]
		}
	}
	return nil
}

// Column returns what a name of group-by or field is called in the matches of
// the i-th correlated rule: a field of its events or, where that rule is a
// correlation itself, one of its own names.
func (c *Correlation) Column(name string, i int) string {
	if a := c.alias(name); a != nil {
		for _, f := range a.Fields {
			if f.Rule.Rule == c.Rules[i].Rule {
				return f.Field
			}
		}
	}
	return name
}

// FieldOf returns what a name of group-by or field is called in the events of
// base, a rule below the i-th of the correlated ones or that rule itself.
func (c *Correlation) FieldOf(name string, i int, base *Rule) string {
	if a := c.alias(name); a != nil {
		for _, f := range a.Fields {
			if f.Rule.Rule == base {
				return f.Field
			}
		}
	}
	column, lower := c.Column(name, i), c.Rules[i].Rule.Correlation
	if lower == nil {
		return column
	}
	for k, r := range lower.Rules {
		if r.Rule.has(base) {
			return lower.FieldOf(column, k, base)
		}
	}
	return column
}

// has reports whether base is the rule, or one that it correlates.
func (r *Rule) has(base *Rule) bool {
	if r == base {
		return true
	}
	if r.Correlation != nil {
		for _, ref := range r.Correlation.Rules {
			if ref.Rule.has(base) {
				return true
			}
		}
	}
	return false
}

// Bases are the rules over single events that a correlation rests on, however
// deep, each once, in the order of the documents; for any other rule itself.
func (r *Rule) Bases() []*Rule {
	var out []*Rule
	seen := map[*Rule]bool{}
	var walk func(*Rule)
	walk = func(r *Rule) {
		if seen[r] {
			return
		}
		seen[r] = true
		if r.Correlation == nil {
			out = append(out, r)
			return
		}
		for _, ref := range r.Correlation.Rules {
			walk(ref.Rule)
		}
	}
	walk(r)
	return out
}
