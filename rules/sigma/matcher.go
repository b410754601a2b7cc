package sigma

import (
	"net/netip"
	"strconv"
	"strings"
)

// number reads a decimal number. What YAML might take for octal or the like is
// refused: an account number must not lose its leading zero.
func number(s string) (float64, bool) {
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 || digits == "" || strings.Trim(digits, "0123456789.eE+-") != "" {
		return 0, false
	}
	if len(digits) > 1 && digits[0] == '0' && digits[1] != '.' {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// matchers is what one value means.
func (it *Item) matchers(p *plan, v Scalar, lookup func(string) ([]string, bool)) ([]Matcher, string) {
	base := Matcher{Cased: p.cased}
	switch {
	case p.operator == "exists":
		if v.Kind != BoolScalar || len(it.Values) != 1 {
			return nil, "modifier |exists needs true or false"
		}
		return []Matcher{{Kind: MatchExists, Bool: isTrue(v.Text)}}, ""
	case (p.part != "" || p.compares()) && len(p.transforms) == 0:
		m, reason := numeric(p, v)
		return []Matcher{m}, reason
	case v.Kind == TextScalar:
		return it.texts(p, base, v, lookup)
	case v.Kind == NumberScalar && (p.relation != Same || len(p.transforms) > 0):
		return it.texts(p, base, v, lookup)
	case p.operator != "" || p.relation != Same || len(p.transforms) > 0:
		return nil, "modifier |" + it.Modifiers[0] + " needs text, not " + v.Text
	case it.Field == "" && v.Kind != NumberScalar:
		return nil, "a keyword must be text, not " + v.Text
	case it.Field == "":
		return it.texts(p, base, v, lookup)
	}
	switch v.Kind {
	case NumberScalar:
		base.Kind = MatchNumber
		base.Number, _ = number(v.Text)
	case BoolScalar:
		base.Pattern = PlainPattern(map[bool]string{true: "true", false: "false"}[isTrue(v.Text)])
	case NullScalar:
		base.Kind = MatchNull
	}
	return []Matcher{base}, ""
}

// isTrue reads a boolean of YAML 1.1.
func isTrue(s string) bool { return s == "true" || s == "yes" || s == "on" || s == "y" }

// numeric is the matcher of a comparison or of a part of a time.
func numeric(p *plan, v Scalar) (Matcher, string) {
	name := p.operator
	if p.part != "" {
		name = p.part
	}
	if v.Kind != NumberScalar {
		hint := ""
		if _, ok := number(v.Text); ok {
			hint = ": take the quotes off"
		}
		return Matcher{}, "modifier |" + name + " needs a number, not " + quote(v.Text) + hint
	}
	m := Matcher{Kind: MatchNumber, Compare: comparisons[p.operator]}
	m.Number, _ = number(v.Text)
	if p.part == "" {
		return m, ""
	}
	t := timeParts[p.part]
	m.Kind, m.Part = MatchTime, t.part
	if m.Number < t.from || m.Number > t.to || m.Number != float64(int64(m.Number)) {
		return m, "modifier |" + p.part + " needs a whole number from " + strconv.Itoa(int(t.from)) + " to " + strconv.Itoa(int(t.to)) + ", not " + v.Text
	}
	return m, ""
}

var comparisons = map[string]Comparison{"": Equal, "lt": Less, "lte": LessEqual, "gt": Greater, "gte": GreaterEqual}

// timeParts are the ranges of the specification; ISO 8601 has years of 53 weeks.
var timeParts = map[string]struct {
	part     TimePart
	from, to float64
}{
	"minute": {Minute, 0, 59}, "hour": {Hour, 0, 23}, "day": {Day, 1, 31},
	"week": {Week, 1, 53}, "month": {Month, 1, 12}, "year": {Year, 0, 9999},
}

// texts is the matchers of a value that is text.
func (it *Item) texts(p *plan, base Matcher, v Scalar, lookup func(string) ([]string, bool)) ([]Matcher, string) {
	raw := []string{v.Text}
	steps := p.transforms
	if len(steps) > 0 && steps[0] == "expand" {
		var missing []string
		raw, missing = expand(v.Text, lookup)
		steps = steps[1:]
		if len(missing) > 0 {
			it.Placeholders = append(it.Placeholders, missing...)
			return nil, ""
		}
	}
	for _, s := range steps {
		if s == "expand" {
			return nil, "modifier |expand stands before the other modifiers"
		}
	}
	var out []Matcher
	for _, s := range raw {
		ms, reason := oneText(p, base, s, steps, it.Field == "")
		if reason != "" {
			return nil, reason
		}
		out = append(out, ms...)
	}
	return out, ""
}

func oneText(p *plan, m Matcher, s string, steps []string, keyword bool) ([]Matcher, string) {
	switch p.operator {
	case "re":
		re, reason := compileRegex(s, p.flags)
		m.Kind, m.Regex, m.Cased = MatchRegex, re, true
		return []Matcher{m}, reason
	case "cidr":
		prefix, reason := network(s)
		m.Kind, m.Prefix = MatchCIDR, prefix
		return []Matcher{m}, reason
	case "fieldref":
		field, plain := ParsePattern(s).Plain()
		if !plain || field == "" {
			return nil, "modifier |fieldref needs the name of a field, without wildcards"
		}
		m.Kind, m.Field, m.Relation = MatchField, field, p.relation
		return []Matcher{m}, ""
	case "lt", "lte", "gt", "gte": // the value of a placeholder
		n, reason := numeric(p, Scalar{Text: s, Kind: numberKind(s)})
		return []Matcher{n}, reason
	}
	patterns := []Pattern{ParsePattern(s)}
	for _, step := range steps {
		var next []Pattern
		for _, q := range patterns {
			made, reason := transform(step, q)
			if reason != "" {
				return nil, reason
			}
			next = append(next, made...)
		}
		patterns = next
	}
	out := make([]Matcher, 0, len(patterns))
	for _, q := range patterns {
		rel := p.relation
		if keyword {
			rel = Contains
		}
		m.Pattern = q.around(rel == Contains || rel == EndsWith, rel == Contains || rel == StartsWith)
		out = append(out, m)
	}
	return out, ""
}

func numberKind(s string) ScalarKind {
	if _, ok := number(s); ok {
		return NumberScalar
	}
	return TextScalar
}

// network reads a network. An address alone is the network of that address.
func network(s string) (netip.Prefix, string) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		a, err := netip.ParseAddr(s)
		if err != nil || a.Zone() != "" {
			return p, "modifier |cidr needs a network such as 10.0.0.0/8 or 2001:db8::/32, not " + quote(s)
		}
		return netip.PrefixFrom(a, a.BitLen()), ""
	}
	if m := p.Masked(); m != p {
		return p, "modifier |cidr: " + s + " has bits set behind its mask; the network is " + m.String()
	}
	return p, ""
}
