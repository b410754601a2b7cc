package sigma

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// item reads one entry of a search: a field with modifiers, and its values.
func (r *reader) item(p pair) *Item {
	name, mods, _ := strings.Cut(p.name, "|")
	it := &Item{Field: name, Line: p.key.Line, Column: p.key.Column}
	if strings.Contains(p.name, "|") {
		it.Modifiers = strings.Split(mods, "|")
	}
	if name == "" && it.Modifiers == nil {
		r.fault(p.key, "a key without a field name")
		return nil
	}
	if strings.ContainsAny(name, "[]") {
		r.fault(p.key, "field %s: matching of array members (Sigma enhancement proposal 212) is not judged yet", quote(name))
		return nil
	}
	it.Values = r.scalars(p.value, "field "+quote(p.name))
	if len(it.Values) == 0 {
		return nil
	}
	r.finish(it, p.key)
	return it
}

// finish applies the modifiers to the values.
func (r *reader) finish(it *Item, at *yaml.Node) {
	if reason := it.build(nil); reason.Reason != "" {
		n := &yaml.Node{Line: reason.Line, Column: reason.Column}
		if reason.Line == 0 {
			n = at
		}
		r.fault(n, "%s", reason.Reason)
	}
}

// scalars reads one value or a list of them.
func (r *reader) scalars(n *yaml.Node, what string) []Scalar {
	list := []*yaml.Node{n}
	switch n.Kind {
	case yaml.SequenceNode:
		list = n.Content
		if len(list) == 0 {
			r.fault(n, "%s has an empty list of values, so it could never match", what)
		}
	case yaml.MappingNode:
		r.fault(n, "%s must have a value or a list of values, not a mapping", what)
		return nil
	}
	var out []Scalar
	for _, v := range list {
		if v = r.real(v); v == nil {
			return nil
		}
		s, ok := r.scalar(v, what)
		if !ok {
			return nil
		}
		out = append(out, s)
	}
	return out
}

func (r *reader) scalar(n *yaml.Node, what string) (Scalar, bool) {
	s := Scalar{Text: n.Value, Line: n.Line, Column: n.Column}
	if n.Kind != yaml.ScalarNode {
		r.fault(n, "a value of %s must be text, a number, true, false or null, not %s", what, kindOf(n))
		return s, false
	}
	switch n.ShortTag() {
	case "!!str", "!!timestamp": // an unquoted date is the text that it shows
	case "!!int", "!!float":
		s.Kind = NumberScalar
		if _, ok := number(n.Value); !ok {
			r.fault(n, "%s: the number %s can be read in several ways; write it in quotes, or as plain decimal digits", what, n.Value)
			return s, false
		}
	case "!!bool":
		s.Kind, s.Text = BoolScalar, strings.ToLower(n.Value)
	case "!!null":
		s.Kind, s.Text = NullScalar, "null"
	default:
		r.fault(n, "a value of %s must be text, a number, true, false or null, not %s", what, kindOf(n))
		return s, false
	}
	return s, true
}

// build applies the modifiers. lookup gives the values of a placeholder; nil
// leaves items with the modifier expand unbuilt, once they are known to be
// sound. The fault has a place if it is one value's.
func (it *Item) build(lookup func(name string) ([]string, bool)) Fault {
	plan, reason := planOf(it.Modifiers, it.Field == "")
	if reason != "" {
		return Fault{Reason: reason}
	}
	if plan.all && len(it.Values) < 2 {
		return Fault{Reason: "modifier |all needs a list of at least two values (the specification forbids it for a single one)"}
	}
	it.All, it.Differs, it.Matchers, it.Placeholders = plan.all, plan.differs, nil, nil
	for _, v := range it.Values {
		matchers, reason := it.matchers(&plan, v, lookup)
		if reason != "" {
			return Fault{v.Line, v.Column, reason}
		}
		it.Matchers = append(it.Matchers, matchers)
	}
	if len(it.Placeholders) > 0 {
		it.Matchers = nil
	}
	return Fault{}
}
