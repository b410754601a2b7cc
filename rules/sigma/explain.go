package sigma

import (
	"fmt"
	"strings"
)

// Explain says in plain words what the rule looks for.
func (r *Rule) Explain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n", r.Title, r.Level)
	if len(r.Header.Controls) > 0 {
		fmt.Fprintf(&b, "Control %s of the studio security checklist\n", strings.Join(r.Header.Controls, ", "))
	}
	if r.Description != "" {
		fmt.Fprintf(&b, "%s\n", strings.TrimSpace(r.Description))
	}
	b.WriteByte('\n')
	switch {
	case r.Correlation != nil:
		r.explainCorrelation(&b)
	case r.Detector != "":
		r.explainDetector(&b)
	default:
		r.explainDetection(&b, 0)
	}
	r.explainSilence(&b)
	for _, s := range []struct {
		head  string
		lines []string
	}{{"What to do", r.Header.Do}, {"Ruled out", r.ruledOut()}, {"May also be", r.FalsePositives}, {"Read", r.References}} {
		for i, l := range s.lines {
			if i == 0 {
				fmt.Fprintf(&b, "\n%s\n", s.head)
			}
			fmt.Fprintf(&b, "  - %s\n", l)
		}
	}
	return b.String()
}

// ruledOut are the harmless explanations, with what is needed to tell.
func (r *Rule) ruledOut() (out []string) {
	for _, x := range r.Header.RuledOut {
		if x.With != "" {
			x.What += " (by %" + x.With + "% of the studio file)"
		}
		out = append(out, x.What)
	}
	return out
}

// explainDetection says what an event must meet, filters included.
func (r *Rule) explainDetection(b *strings.Builder, depth int) {
	line(b, depth, "In the logs of %s it matches an event for which", r.LogSource)
	explainConditions(b, r.Detection.Conditions, depth+1)
	for _, f := range r.Filters {
		line(b, depth, "and, by the filter %q (%s), for which", f.Name(), f.File)
		explainConditions(b, f.Detection.Conditions, depth+1)
	}
}

func explainConditions(b *strings.Builder, list []Condition, depth int) {
	for i, c := range list {
		if i > 0 {
			line(b, depth-1, "or")
		}
		explain(b, c.X, depth)
	}
}

// explainDetector says that code judges, and where the words for it are.
func (r *Rule) explainDetector(b *strings.Builder) {
	fmt.Fprintf(b, "It is judged by the detector %s, which is built into the program.\n", r.Detector)
	if r.LogSource != (LogSource{}) {
		fmt.Fprintf(b, "It looks at the logs of %s.\n", r.LogSource)
	}
	if len(r.Header.Needs) > 0 {
		fmt.Fprintf(b, "From the studio file it needs %s.\n", strings.Join(r.Header.Needs, ", "))
	}
	for i, c := range r.Header.Cases {
		if i == 0 {
			fmt.Fprintf(b, "\nIts own cases\n")
		}
		fmt.Fprintf(b, "  - %s: %s\n", c.Name, map[bool]string{true: "an alert", false: "no alert"}[c.Match])
	}
}

// explainSilence says why a rule raises no alerts.
func (r *Rule) explainSilence(b *strings.Builder) {
	for i, c := range r.CorrelatedBy {
		if i == 0 {
			fmt.Fprintf(b, "\nIts matches are correlated by\n")
		}
		fmt.Fprintf(b, "  - %s (%s)\n", c.Title, c.ID)
	}
	if r.Silent {
		fmt.Fprintf(b, "By itself it raises no alert: with generate: true in the correlation it would.\n")
	}
}

func line(b *strings.Builder, depth int, format string, args ...any) {
	b.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(b, format+"\n", args...)
}

func explain(b *strings.Builder, x Expr, depth int) {
	switch x := x.(type) {
	case And:
		explainAll(b, "all of these hold:", []Expr(x), depth)
	case Or:
		explainAll(b, "one of these holds:", []Expr(x), depth)
	case *Not:
		line(b, depth, "it is not so that")
		explain(b, x.X, depth+1)
	case *Of:
		head := fmt.Sprintf("%d of these hold:", x.N)
		switch x.N {
		case 0:
			head = "all of these hold:"
		case 1:
			head = "one of these holds:"
		}
		parts := make([]Expr, len(x.Searches))
		for i, s := range x.Searches {
			parts[i] = s
		}
		explainAll(b, head, parts, depth)
	case *Search:
		explain(b, x.X, depth)
	case Phrase:
		line(b, depth, "%s", string(x))
	case *Item:
		line(b, depth, "%s", x)
	}
}

func explainAll(b *strings.Builder, head string, parts []Expr, depth int) {
	if len(parts) == 1 {
		explain(b, parts[0], depth)
		return
	}
	line(b, depth, "%s", head)
	for _, y := range parts {
		explain(b, y, depth+1)
	}
}

// String is the item in words: eventName is "StopLogging" or "DeleteTrail".
func (it *Item) String() string {
	field, verb := it.Field, "is"
	if field == "" {
		field, verb = "any text of the event", "contains"
	}
	var tail string
	for _, m := range it.Modifiers {
		if m == "fieldref" && verb != "is" {
			verb += " the value of the field"
		} else if v, ok := verbs[m]; ok {
			verb = v
		} else if w, ok := remarks[m]; ok {
			tail += w
		} else if m == "exists" {
			return map[bool]string{true: field + " is there", false: field + " is not there"}[isTrue(it.Values[0].Text)]
		} else if class := modifiers[m]; class == parts {
			field = "the " + m + " (UTC) of " + field
		}
	}
	values := make([]string, len(it.Values))
	for i, v := range it.Values {
		switch v.Kind {
		case TextScalar:
			values[i] = fmt.Sprintf("%q", v.Text)
		case NullScalar:
			values[i] = "absent or null"
		default:
			values[i] = v.Text
		}
	}
	link := " or "
	if it.All {
		link = " and "
	}
	if it.Differs {
		verb = "is there, and it is not so that it " + verb
	}
	return field + " " + verb + " " + strings.Join(values, link) + tail
}

var verbs = map[string]string{
	"contains": "contains", "startswith": "starts with", "endswith": "ends with",
	"re": "fits the regular expression", "cidr": "is an address of", "fieldref": "is the same as the field",
	"lt": "is less than", "lte": "is at most", "gt": "is greater than", "gte": "is at least",
}

var remarks = map[string]string{
	"cased": " (case counts)", "i": " (case does not count)", "expand": " (values of the studio file)",
	"base64": " (in Base64)", "base64offset": " (in Base64, at any offset)", "windash": " (with any dash)",
	"utf16": " (in UTF-16)", "utf16le": " (in UTF-16)", "utf16be": " (in UTF-16)", "wide": " (in UTF-16)",
}
