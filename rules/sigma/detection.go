package sigma

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// Detection is what a rule looks for.
type Detection struct {
	// Searches are the search identifiers in the order of the file.
	Searches []*Search
	// Conditions are the conditions; any of them is enough.
	Conditions []Condition
}

// Condition is one condition and what it means.
type Condition struct {
	Text string
	X    Expr
}

// Expr is the whole detection as one expression.
func (d *Detection) Expr() Expr {
	if len(d.Conditions) == 1 {
		return d.Conditions[0].X
	}
	out := make(Or, len(d.Conditions))
	for i, c := range d.Conditions {
		out[i] = c.X
	}
	return out
}

// Expr is what an event must meet to match the rule: its detection and the
// conditions of its filters.
func (r *Rule) Expr() Expr {
	if len(r.Filters) == 0 {
		return r.Detection.Expr()
	}
	out := And{r.Detection.Expr()}
	for _, f := range r.Filters {
		out = append(out, f.Detection.Expr())
	}
	return out
}

// Search finds a search identifier, nil if there is none of that name.
func (d *Detection) Search(name string) *Search {
	for _, s := range d.Searches {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// detection reads the section of that name.
func (r *reader) detection(n *yaml.Node) Detection {
	var d Detection
	var condition *yaml.Node
	for _, p := range r.mapping(n, "detection") {
		switch {
		case p.name == "condition":
			condition = p.value
		case p.name == "timeframe":
			r.fault(p.key, "timeframe belongs to the old aggregation syntax, which Sigma 2 replaced by correlation rules; as a single-event rule it would match something else")
		case strings.Trim(p.name, identifierCharacters) != "" || p.name == "":
			r.fault(p.key, "search identifier %s: only letters, digits, _ and - may be used in it", quote(p.name))
		default:
			s := &Search{Name: p.name, Line: p.key.Line, Column: p.key.Column}
			if s.X = r.search(p.value, "search "+p.name); s.X != nil {
				d.Searches = append(d.Searches, s)
			}
		}
	}
	if len(r.faults) > 0 {
		// Conditions over searches that could not be read would only add noise,
		// except for their own syntax.
		r.checkSyntax(condition)
		return d
	}
	if condition == nil {
		if n.Kind == yaml.MappingNode {
			r.fault(n, "detection has no condition")
		}
		return d
	}
	r.conditions(&d, condition)
	return d
}

const identifierCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

// search reads what stands behind a search identifier: a mapping, all of whose
// entries must hold, or a list, of which one must.
func (r *reader) search(n *yaml.Node, what string) Expr {
	switch n.Kind {
	case yaml.MappingNode:
		return r.fields(n, what)
	case yaml.SequenceNode:
		return r.list(n, what)
	}
	r.fault(n, "%s must be a mapping of fields or a list, not %s", what, kindOf(n))
	return nil
}

func (r *reader) fields(n *yaml.Node, what string) Expr {
	var out And
	pairs := r.mapping(n, what)
	for _, p := range pairs {
		if it := r.item(p); it != nil {
			out = append(out, it)
		}
	}
	if len(pairs) == 0 && len(n.Content) == 0 {
		r.fault(n, "%s is empty, so it would match everything", what)
	}
	if len(out) == 1 {
		return out[0]
	}
	return out
}

// list reads a list of keywords, of mappings, or of both.
func (r *reader) list(n *yaml.Node, what string) Expr {
	if len(n.Content) == 0 {
		r.fault(n, "%s is an empty list, so it could never match", what)
		return nil
	}
	var out Or
	words := &Item{Line: n.Line, Column: n.Column}
	for _, c := range n.Content {
		if c = r.real(c); c == nil {
			return nil
		}
		if c.Kind == yaml.MappingNode {
			if x := r.fields(c, "an entry of "+what); x != nil {
				out = append(out, x)
			}
			continue
		}
		if s, ok := r.scalar(c, what); ok {
			words.Values = append(words.Values, s)
		}
	}
	if len(words.Values) > 0 {
		r.finish(words, n)
		out = append(out, words)
	}
	if len(out) == 1 {
		return out[0]
	}
	return out
}

// conditions reads one condition or a list of them.
func (r *reader) conditions(d *Detection, n *yaml.Node) {
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		if list = n.Content; len(list) == 0 {
			r.fault(n, "condition is an empty list")
		}
	}
	for _, c := range list {
		if c = r.real(c); c == nil {
			return
		}
		text := r.text(c, "condition", 65535)
		if text == "" {
			if c.ShortTag() == "!!str" {
				r.fault(c, "condition is empty")
			}
			continue
		}
		x, reason := parseCondition(text, d.Searches)
		if reason != "" {
			r.fault(c, "condition: %s", reason)
			continue
		}
		d.Conditions = append(d.Conditions, Condition{text, x})
	}
}

// checkSyntax reports old syntax in the conditions, whatever else is wrong.
func (r *reader) checkSyntax(n *yaml.Node) {
	if n == nil {
		return
	}
	for _, c := range append([]*yaml.Node{n}, n.Content...) {
		if c = r.real(c); c != nil && c.Kind == yaml.ScalarNode {
			if reason := oldSyntax(c.Value); reason != "" {
				r.fault(c, "condition: %s", reason)
			}
		}
	}
}
