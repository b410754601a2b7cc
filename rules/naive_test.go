package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/rules/sigma"
)

// naive judges an expression over a decoded record in the plainest way: no
// index, no folding of our own, nothing remembered. It shares no code with the
// compiled form.
func naive(x sigma.Expr, ev map[string]any) bool {
	switch x := x.(type) {
	case sigma.And:
		for _, y := range x {
			if !naive(y, ev) {
				return false
			}
		}
		return true
	case sigma.Or:
		for _, y := range x {
			if naive(y, ev) {
				return true
			}
		}
		return false
	case *sigma.Not:
		return !naive(x.X, ev)
	case *sigma.Of:
		n := 0
		for _, s := range x.Searches {
			if naive(s.X, ev) {
				n++
			}
		}
		return n == len(x.Searches) || x.N > 0 && n >= x.N
	case *sigma.Search:
		return naive(x.X, ev)
	case *sigma.Item:
		return naiveItem(x, ev)
	}
	panic(fmt.Sprintf("%T", x))
}

func naiveItem(it *sigma.Item, ev map[string]any) bool {
	values := naiveValues(it.Field, ev)
	met := 0
	for _, value := range it.Matchers {
		for i := range value {
			if naiveMatcher(&value[i], values, ev) {
				met++
				break
			}
		}
	}
	yes := met > 0
	if it.All {
		yes = met == len(it.Matchers)
	}
	if it.Differs {
		return len(values) > 0 && !yes
	}
	return yes
}

// naiveValues are the values at a path, arrays drawn out, nulls left out; for
// keywords every scalar of the record.
func naiveValues(path string, v any) []any {
	var out []any
	switch x := v.(type) {
	case nil:
	case []any:
		for _, y := range x {
			out = append(out, naiveValues(path, y)...)
		}
	case map[string]any:
		if path == "" {
			return scalars(x)
		}
		key, rest, more := strings.Cut(path, ".")
		if next, ok := x[key]; ok && more {
			return naiveValues(rest, next)
		} else if ok {
			return leaves(next)
		}
	}
	return out
}

func leaves(v any) []any {
	switch x := v.(type) {
	case nil:
		return nil
	case []any:
		var out []any
		for _, y := range x {
			out = append(out, leaves(y)...)
		}
		return out
	}
	return []any{v}
}

func scalars(v any) []any {
	switch x := v.(type) {
	case nil:
		return nil
	case map[string]any:
		var out []any
		for _, y := range x {
			out = append(out, scalars(y)...)
		}
		return out
	case []any:
		var out []any
		for _, y := range x {
			out = append(out, scalars(y)...)
		}
		return out
	}
	return []any{v}
}

func naiveText(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case bool:
		return strconv.FormatBool(x)
	case json.Number:
		return x.String()
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

func naiveMatcher(m *sigma.Matcher, values []any, ev map[string]any) bool {
	switch m.Kind {
	case sigma.MatchNull:
		return len(values) == 0
	case sigma.MatchExists:
		return len(values) > 0 == m.Bool
	}
	for _, v := range values {
		if naiveOne(m, v, ev) {
			return true
		}
	}
	return false
}

// unescape takes the escapes out of JSON text, once.
var unescape = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", `\t`, "\t")

// naiveTexts are the texts of a value: an object also has its JSON without
// escapes.
func naiveTexts(v any) []string {
	text := naiveText(v)
	if _, ok := v.(map[string]any); ok {
		return []string{text, unescape.Replace(text)}
	}
	return []string{text}
}

func naiveOne(m *sigma.Matcher, v any, ev map[string]any) bool {
	for _, text := range naiveTexts(v) {
		if naiveTextOf(m, v, text, ev) {
			return true
		}
	}
	return false
}

func naiveTextOf(m *sigma.Matcher, v any, text string, ev map[string]any) bool {
	number, err := strconv.ParseFloat(text, 64)
	_, isBool := v.(bool)
	_, isObject := v.(map[string]any)
	switch m.Kind {
	case sigma.MatchPattern:
		return naivePattern(m).MatchString(text)
	case sigma.MatchNumber:
		return err == nil && !isBool && !isObject && naiveCompare(number, m.Compare, m.Number)
	case sigma.MatchRegex:
		return m.Regex.MatchString(text)
	case sigma.MatchCIDR:
		a, err := netip.ParseAddr(text)
		return err == nil && m.Prefix.Contains(a)
	case sigma.MatchField:
		for _, other := range naiveValues(m.Field, ev) {
			for _, o := range naiveTexts(other) {
				if naiveRelated(text, m, o) {
					return true
				}
			}
		}
	case sigma.MatchTime:
		at, err := time.Parse(time.RFC3339, text)
		if _, isNumber := v.(json.Number); isNumber {
			at, err = time.Unix(int64(number), 0), nil
		}
		return err == nil && naiveCompare(naivePart(at.UTC(), m.Part), m.Compare, m.Number)
	}
	return false
}

func naivePattern(m *sigma.Matcher) *regexp.Regexp {
	expr := "(?is)^"
	if m.Cased {
		expr = "(?s)^"
	}
	for _, p := range m.Pattern {
		switch p.Kind {
		case sigma.Any:
			expr += ".*"
		case sigma.One:
			expr += "."
		default:
			expr += regexp.QuoteMeta(p.Text)
		}
	}
	return regexp.MustCompile(expr + "$")
}

func naiveCompare(a float64, how sigma.Comparison, b float64) bool {
	return map[sigma.Comparison]bool{
		sigma.Equal: a == b, sigma.Less: a < b, sigma.LessEqual: a <= b, sigma.Greater: a > b, sigma.GreaterEqual: a >= b,
	}[how]
}

func naiveRelated(a string, m *sigma.Matcher, b string) bool {
	wild := []sigma.Part{{Kind: sigma.Any}}
	p := sigma.PlainPattern(b)
	switch m.Relation {
	case sigma.Contains:
		p = append(append(append(sigma.Pattern{}, wild...), p...), wild...)
	case sigma.StartsWith:
		p = append(p, wild...)
	case sigma.EndsWith:
		p = append(append(sigma.Pattern{}, wild...), p...)
	}
	return naivePattern(&sigma.Matcher{Pattern: p, Cased: m.Cased}).MatchString(a)
}

func naivePart(t time.Time, part sigma.TimePart) float64 {
	_, week := t.ISOWeek()
	return float64(map[sigma.TimePart]int{
		sigma.Minute: t.Minute(), sigma.Hour: t.Hour(), sigma.Day: t.Day(), sigma.Week: week,
		sigma.Month: int(t.Month()), sigma.Year: t.Year(),
	}[part])
}
