package rules

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

var (
	// Few names and texts, so that rules and events meet.
	someFields = []string{"eventName", "eventSource", "who.type", "who.issuer.arn", "args", "args.items.port", "count", "at", "ip", "no_such"}
	someTexts  = []string{
		"", "a", "A", "ab", "aB", "abc", "StopLogging", "stoplogging", "*", "a*", "*b", "*b*", "a*c", "a?c", "?", "??", "ü", "Ü", "ſ", "K",
		`a\*`, `\\`, "true", "443", "1.5", "x y", "line\nend", "2026-11-05T09:14:22Z", "10.0.0.1", "2001:db8::1", "Σ", "ς",
	}
	someModifiers = []string{
		"", "", "", "", "|contains", "|startswith", "|endswith", "|cased", "|contains|cased", "|neq", "|contains|all", "|all", "|exists",
		"|re", "|re|i", "|cidr", "|lt", "|gte", "|neq", "|fieldref", "|fieldref|contains", "|hour", "|month|lt", "|windash", "|base64", "|cased|neq", "|startswith|neq",
	}
)

// TestTheIndexFindsWhatPlainReadingFinds compares the compiled set with the
// naive judge, on random rules and random events, where nothing is known of what
// recurs and where it is.
func TestTheIndexFindsWhatPlainReadingFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var docs []string
		for i := range rapid.IntRange(1, 8).Draw(t, "rules") {
			docs = append(docs, drawRule(t, i))
		}
		pack := &Pack{}
		for _, d := range docs {
			docs := sigma.Parse("x.yml", []byte(d))
			for _, r := range docs.Refused {
				t.Fatalf("%s\n%s", r.Error(), d)
			}
			pack.Rules = append(pack.Rules, docs.Rules...)
		}
		var judges []*Judge
		searchFrom := rapid.IntRange(1, 3).Draw(t, "searchFrom")
		for _, schema := range []event.Schema{cloudtrail, recurringTrail} {
			set, err := Compile(pack, []event.Schema{schema}, Options{searchFrom: searchFrom})
			if err != nil {
				t.Fatal(err)
			}
			judges = append(judges, set.Judge())
		}
		var before []map[string]any
		for range 6 {
			record := drawRecord(t, &before)
			var decoded map[string]any
			d := json.NewDecoder(strings.NewReader(record))
			d.UseNumber()
			if err := d.Decode(&decoded); err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, r := range pack.Rules {
				if naive(r.Detection.Expr(), decoded) {
					want = append(want, r.ID)
				}
			}
			if got := matches(judges[0], record); !slices.Equal(got, want) {
				t.Fatalf("record %s\nindexed %v, plain %v\n%s", record, got, want, strings.Join(docs, "\n---\n"))
			}
			ev := recurringTrail.event([]byte(record))
			for range 2 { // the second time from memory
				if got := matchesOf(judges[1], &ev); !slices.Equal(got, want) {
					t.Fatalf("record %s\nwith what recurs %v, plain %v\n%s", record, got, want, strings.Join(docs, "\n---\n"))
				}
			}
		}
	})
}

func drawRule(t *rapid.T, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "title: r\nid: r%d\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n", n)
	names := []string{"s1", "s2", "f1"}
	for _, name := range names {
		fmt.Fprintf(&b, "  %s:\n", name)
		switch rapid.IntRange(0, 9).Draw(t, "shape") {
		case 0:
			fmt.Fprintf(&b, "    - %s\n    - %s\n", quoted(drawText(t)), quoted(drawText(t)))
		case 1:
			for range 2 {
				b.WriteString("    - " + drawItem(t, map[string]bool{}) + "\n")
			}
		default:
			seen := map[string]bool{}
			for range rapid.IntRange(1, 3).Draw(t, "items") {
				b.WriteString("    " + drawItem(t, seen) + "\n")
			}
		}
	}
	condition := rapid.SampledFrom([]string{
		"s1", "s1 and s2", "s1 or s2", "s1 and not f1", "1 of s*", "all of s*", "not s1", "s1 and (s2 or not f1)", "2 of them",
		"not (s1 or s2)", "not 1 of f* and s1", "1 of them",
	}).Draw(t, "condition")
	fmt.Fprintf(&b, "  condition: %s\n", condition)
	return b.String()
}

func quoted(s string) string {
	b, _ := json.Marshal(s) //nolint:errchkjson // a string
	return string(b)
}

func drawText(t *rapid.T) string { return rapid.SampledFrom(someTexts).Draw(t, "text") }

func drawItem(t *rapid.T, seen map[string]bool) string {
	for {
		field := rapid.SampledFrom(someFields).Draw(t, "field")
		mods := rapid.SampledFrom(someModifiers).Draw(t, "modifiers")
		if seen[field+mods] {
			continue
		}
		seen[field+mods] = true
		return field + mods + ": " + drawValue(t, mods)
	}
}

func drawValue(t *rapid.T, mods string) string {
	one := func(values ...string) string { return rapid.SampledFrom(values).Draw(t, "value") }
	switch {
	case mods == "|exists":
		return one("true", "false")
	case strings.HasPrefix(mods, "|re"):
		return quoted(one("a", "^a", "b$", "^$", "a.c", "(a|b)c", "[a-c]+", "stop.*ing", "4+3", "ü"))
	case mods == "|cidr":
		return one("10.0.0.0/8", "'2001:db8::/32'", "10.0.0.1/32", "0.0.0.0/0")
	case strings.HasPrefix(mods, "|fieldref"):
		return rapid.SampledFrom(someFields).Draw(t, "other")
	case mods == "|hour":
		return one("9", "0")
	case mods == "|month|lt":
		return one("3", "12")
	case mods == "|lt" || mods == "|gte":
		return one("443", "1.5", "0", "1000")
	case mods == "|base64":
		return one("a", "abc", "x")
	case strings.Contains(mods, "all"):
		return "[" + quoted(drawText(t)) + ", " + quoted(drawText(t)) + "]"
	case mods == "" && rapid.IntRange(0, 5).Draw(t, "special") == 0:
		return one("null", "true", "443", "1.5", "[null, a]", "[443, a, null]", "[true, abc]")
	case rapid.Bool().Draw(t, "list"):
		return "[" + quoted(drawText(t)) + ", " + quoted(drawText(t)) + ", " + quoted(drawText(t)) + "]"
	}
	return quoted(drawText(t))
}

// drawRecord draws an event over the same names and texts. What recurs in it is
// often that of an event before, and as often of two.
func drawRecord(t *rapid.T, before *[]map[string]any) string {
	top := map[string]any{}
	for _, name := range someFields {
		if name == "no_such" || rapid.IntRange(0, 3).Draw(t, "has") == 0 {
			continue
		}
		put(top, strings.Split(name, "."), drawJSON(t, 0))
	}
	for _, part := range []string{"who", "ip"} {
		if len(*before) > 0 && rapid.Bool().Draw(t, "again") {
			delete(top, part)
			if was, ok := rapid.SampledFrom(*before).Draw(t, "of")[part]; ok {
				top[part] = was
			}
		}
	}
	*before = append(*before, top)
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(top); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

func drawJSON(t *rapid.T, depth int) any {
	switch n := rapid.IntRange(0, 15).Draw(t, "kind"); {
	case n == 0:
		return nil
	case n == 1:
		return rapid.Bool().Draw(t, "bool")
	case n == 2:
		return rapid.SampledFrom([]any{443, 1.5, 0, 9}).Draw(t, "number")
	case n <= 4 && depth < 2:
		var out []any
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			out = append(out, drawJSON(t, depth+1))
		}
		return out
	case n == 5 && depth < 2:
		return map[string]any{"port": drawJSON(t, depth+1), "k": "abc"}
	}
	return rapid.SampledFrom([]string{
		"", "a", "A", "ab", "aB", "abc", "aXc", "StopLogging", "STOPLOGGING", "*", `\`, "a*", "ü", "Ü", "s", "S", "k", "true", "443", "1.5", "x y",
		"2026-11-05T09:14:22Z", "10.0.0.1", "2001:db8::1", "Σ", "YQ==", "YWJj", "ab\nc",
	}).Draw(t, "text")
}
