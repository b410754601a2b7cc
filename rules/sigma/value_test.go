package sigma

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// show writes a pattern with * and ? bare and plain text in brackets.
func show(p Pattern) string {
	var b strings.Builder
	for _, x := range p {
		switch x.Kind {
		case Any:
			b.WriteByte('*')
		case One:
			b.WriteByte('?')
		default:
			b.WriteString("[" + x.Text + "]")
		}
	}
	return b.String()
}

// TestEscapingIsThatOfTheSpecification goes through the section "Escaping".
func TestEscapingIsThatOfTheSpecification(t *testing.T) {
	for in, want := range map[string]string{
		``: ``, `a`: `[a]`, `*`: `*`, `?`: `?`, `a*b?c`: `[a]*[b]?[c]`, `**`: `*`, `??`: `??`,
		`C:\Windows`: `[C:\Windows]`, `a\\b`: `[a\b]`, `\*`: `[*]`, `\?`: `[?]`, `\\*`: `[\]*`, `\\\*`: `[\*]`,
		`\\\`: `[\\]`, `\\\\`: `[\\]`, `a\`: `[a\]`, `\a`: `[\a]`,
	} {
		if got := show(ParsePattern(in)); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
		if again := show(ParsePattern(ParsePattern(in).String())); again != show(ParsePattern(in)) {
			t.Errorf("%s: written as %s, which reads %s", in, ParsePattern(in).String(), again)
		}
	}
}

// itemOf parses the values of one field.
func itemOf(t *testing.T, field string) *Item {
	t.Helper()
	r := one(t, "title: a\nlogsource: {product: aws}\ndetection:\n    s: {"+field+"}\n    condition: s\n")
	var out *Item
	Walk(r.Detection.Expr(), func(it *Item) { out = it })
	return out
}

func patternsOf(it *Item) []string {
	var out []string
	for _, v := range it.Matchers {
		for _, m := range v {
			out = append(out, show(m.Pattern))
		}
	}
	return out
}

func TestModifiersChangeValues(t *testing.T) {
	for field, want := range map[string][]string{
		`a|contains: x*y`:                      {`*[x]*[y]*`},
		`a|contains: "*"`:                      {`*`},
		`a|startswith: [x, "y*"]`:              {`[x]*`, `[y]*`},
		`a|endswith: x`:                        {`*[x]`},
		`a|contains: 5`:                        {`*[5]*`},
		`a: true`:                              {`[true]`},
		`a: 2026-01-02`:                        {`[2026-01-02]`},
		`a|base64: ping`:                       {`[cGluZw==]`},
		`a|base64offset|contains: foobar`:      {`*[Zm9vYmFy]*`, `*[Zvb2Jhc]*`, `*[mb29iYX]*`},
		`a|utf16le: ab`:                        {"[a\x00b\x00]"},
		`a|wide: "a*b"`:                        {"[a\x00]*[b\x00]"},
		`a|utf16be: ab`:                        {"[\x00a\x00b]"},
		`a|utf16: a`:                           {"[\xFF\xFEa\x00]"},
		`a|wide|base64: ab`:                    {`[YQBiAA==]`},
		`a|windash: -x`:                        {`[-x]`, `[/x]`, `[–x]`, `[—x]`, `[―x]`},
		`a|expand: no placeholder`:             {`[no placeholder]`},
		`a|expand: '\%plain%'`:                 {`[%plain%]`},
		`a|contains|expand: '100 % of 5 \% x'`: {`*[100 % of 5 % x]*`},
	} {
		if got := patternsOf(itemOf(t, field)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
}

func TestPlaceholdersWaitForTheirValues(t *testing.T) {
	r := one(t, "title: a\nlogsource: {product: aws}\ndetection:\n    s: {a|expand: '%x%-%y%', ip|expand|cidr: '%nets%', n|expand|gt: '%limit%'}\n    condition: s\n")
	if got := r.Placeholders(); !slices.Equal(got, []string{"x", "y", "nets", "limit"}) {
		t.Fatal(got)
	}
	values := map[string][]string{"x": {"1", "s*"}, "y": {"2", "3"}, "nets": {"10.0.0.0/8", "192.0.2.1"}, "limit": {"5"}}
	lookup := func(n string) ([]string, bool) { v, ok := values[n]; return v, ok }
	x, missing, reason := r.Resolve(lookup)
	if len(missing) > 0 || reason != "" {
		t.Fatal(missing, reason)
	}
	var got []string
	Walk(x, func(it *Item) {
		for _, m := range it.Matchers[0] {
			got = append(got, fmt.Sprintf("%d %s %v %v", m.Kind, show(m.Pattern), m.Prefix, m.Number))
		}
	})
	want := "0 [1-2] invalid Prefix 0, 0 [1-3] invalid Prefix 0, 0 [s]*[-2] invalid Prefix 0, 0 [s]*[-3] invalid Prefix 0, " +
		"5 10.0.0.0/8 0, 5 192.0.2.1/32 0, 1 invalid Prefix 5"
	if strings.ReplaceAll(strings.Join(got, ", "), "  ", " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
	delete(values, "y")
	values["nets"] = []string{"everywhere"}
	if _, missing, reason := r.Resolve(lookup); !slices.Equal(missing, []string{"y"}) || !strings.Contains(reason, "everywhere") {
		t.Errorf("missing %v, reason %q", missing, reason)
	}
}

func TestConditionsBindAsTheSpecificationSays(t *testing.T) {
	searches := []*Search{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "sel_1"}, {Name: "sel_2"}, {Name: "_x"}, {Name: "not_me"}}
	for text, want := range map[string]string{
		"a":                              "a",
		"a or b and c":                   "(a|(b&c))",
		"a and b or c":                   "((a&b)|c)",
		"not a and b":                    "(!a&b)",
		"not (a or b)":                   "!(a|b)",
		"not not a":                      "!!a",
		"( ( a ) )":                      "a",
		"a AND NOT b":                    "(a&!b)",
		"not_me or a":                    "(not_me|a)",
		"1 of sel_*":                     "1{sel_1 sel_2}",
		"all of sel*":                    "0{sel_1 sel_2}",
		"any of sel_*":                   "1{sel_1 sel_2}",
		"2 of them":                      "2{a b c sel_1 sel_2 not_me}",
		"all of _*":                      "0{_x}",
		"a and not 1 of *_1 or 1 of *l*": "((a&!1{sel_1})|1{sel_1 sel_2})",
		"1 of s*_*":                      "1{sel_1 sel_2}",
		"a\n  and\tb":                    "(a&b)",
	} {
		x, reason := parseCondition(text, searches)
		if reason != "" || tree(x) != want {
			t.Errorf("%s: %s %s, want %s", text, tree(x), reason, want)
		}
	}
}

func tree(x Expr) string {
	join := func(parts []Expr, sep string) string {
		var out []string
		for _, p := range parts {
			out = append(out, tree(p))
		}
		return "(" + strings.Join(out, sep) + ")"
	}
	switch x := x.(type) {
	case And:
		return join(x, "&")
	case Or:
		return join(x, "|")
	case *Not:
		return "!" + tree(x.X)
	case *Search:
		return x.Name
	case *Of:
		var names []string
		for _, s := range x.Searches {
			names = append(names, s.Name)
		}
		return fmt.Sprint(x.N) + "{" + strings.Join(names, " ") + "}"
	}
	return fmt.Sprint(x)
}

func TestExplainSaysWhatIsLookedFor(t *testing.T) {
	r := one(t, `title: A trail was stopped
logsource: {product: aws, service: cloudtrail}
description: Nobody sees what follows.
detection:
    s:
        eventSource: cloudtrail.amazonaws.com
        eventName|startswith: [Stop, Delete]
    t: {at|hour|gte: 22}
    u: {'|all': [red, green]}
    f: {errorCode: null, who|exists: false, a|fieldref: b, x|neq: 1}
    condition: (s or t or u) and not f
burstwatch: {control: ["8.1"], do: [Start it again]}
`)
	want := `A trail was stopped (medium)
Control 8.1 of the studio security checklist
Nobody sees what follows.

In the logs of aws cloudtrail it matches an event for which
  all of these hold:
    one of these holds:
      all of these hold:
        eventSource is "cloudtrail.amazonaws.com"
        eventName starts with "Stop" or "Delete"
      the hour (UTC) of at is at least 22
      any text of the event contains "red" and "green"
    it is not so that
      all of these hold:
        errorCode is absent or null
        who is not there
        a is the same as the field "b"
        x is there, and it is not so that it is 1

What to do
  - Start it again
`
	if got := r.Explain(); got != want {
		t.Errorf("got\n%s", got)
	}
}
