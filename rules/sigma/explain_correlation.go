package sigma

import (
	"fmt"
	"strings"
	"time"
)

// explainCorrelation says what a correlation asks for, and below it what the
// rules look for that it rests on.
func (r *Rule) explainCorrelation(b *strings.Builder) {
	r.Correlation.explain(b, 0)
	for _, ref := range r.Correlation.Rules {
		ref.Rule.explainBelow(b, 0)
	}
}

// explainBelow explains a rule that a correlation names.
func (r *Rule) explainBelow(b *strings.Builder, depth int) {
	b.WriteByte('\n')
	line(b, depth, "%q (%s)", r.Title, r.ID)
	if r.Correlation == nil {
		r.explainDetection(b, depth+1)
		return
	}
	r.Correlation.explain(b, depth+1)
	for _, ref := range r.Correlation.Rules {
		ref.Rule.explainBelow(b, depth+1)
	}
}

// explain is the correlation itself in words.
func (c *Correlation) explain(b *strings.Builder, depth int) {
	line(b, depth, "It finds %s within %s%s.", c.asked(), Span(c.Timespan), c.grouped())
	if c.Condition.X != nil {
		explain(b, wordy(c.Condition.X), depth+1)
	}
	for _, a := range c.Aliases {
		for _, f := range a.Fields {
			line(b, depth+1, "%s is the field %s in the matches of %s", a.Name, f.Field, f.Rule.Rule.Title)
		}
	}
	line(b, depth, "Times are those of the events. A window ends at each event and looks back %s.", Span(c.Timespan))
}

// grouped says which matches meet.
func (c *Correlation) grouped() string {
	if len(c.GroupBy) == 0 {
		return ", all matches taken together"
	}
	return ", among matches with the same " + joined(c.GroupBy, " and ")
}

// asked is what must be so in a window.
func (c *Correlation) asked() string {
	var limits []string
	for _, t := range c.Condition.Thresholds {
		limits = append(limits, t.String())
	}
	limit, field := strings.Join(limits, " and "), joined(c.Condition.Fields, " with ")
	titles := make([]string, len(c.Rules))
	for i, ref := range c.Rules {
		titles[i] = fmt.Sprintf("%q", ref.Rule.Title)
	}
	of := joined(titles, " or ")
	switch c.Type {
	case EventCount:
		return limit + " matches of " + of
	case ValueCount:
		return limit + " different values of " + field + " in matches of " + of
	case ValueSum:
		return "a sum of " + field + " of " + limit + " over the matches of " + of
	case ValueAvg:
		return "a mean of " + field + " of " + limit + " over the matches of " + of
	case ValuePercentile:
		if c.Condition.Percentile >= 0 {
			return "a value of " + field + " at the percentile " + trimmed(c.Condition.Percentile) + " of " + limit + " over the matches of " + of
		}
		return "a match of " + of + " whose " + field + " stands at " + limit + " percent of all (a text by its share, a number by its rank)"
	}
	order := ""
	if c.Type == TemporalOrdered {
		order = ", in this order,"
	}
	if c.Condition.X != nil {
		return "matches of " + of + order + " for which the condition below holds,"
	}
	return limit + " of the rules " + joined(titles, ", ") + " matching" + order
}

// wordy names rules by their titles, for reading.
func wordy(x Expr) Expr {
	return rebuildSearches(x, func(s *Search) Expr { return Phrase(fmt.Sprintf("%s has matched", s.Name)) })
}

// Phrase is a piece of text in the place of a condition, for explanations.
type Phrase string

func (Phrase) expr() {}

func rebuildSearches(x Expr, change func(*Search) Expr) Expr {
	switch x := x.(type) {
	case And:
		out := make(And, len(x))
		for i, y := range x {
			out[i] = rebuildSearches(y, change)
		}
		return out
	case Or:
		out := make(Or, len(x))
		for i, y := range x {
			out[i] = rebuildSearches(y, change)
		}
		return out
	case *Not:
		return &Not{rebuildSearches(x.X, change)}
	case *Of:
		out := make(Or, len(x.Searches))
		for i, s := range x.Searches {
			out[i] = change(s)
		}
		if x.N == 0 {
			return And(out)
		}
		return out
	case *Search:
		return change(x)
	}
	return x
}

// Span is a length of time as a rule writes it: 90m, 1h, 2d.
func Span(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d >= u.unit && d%u.unit == 0 {
			return fmt.Sprintf("%d%s", d/u.unit, u.name)
		}
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

func joined(list []string, link string) string { return strings.Join(list, link) }
