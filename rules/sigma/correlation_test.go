package sigma

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// linked parses and links documents, which must all be good.
func linked(t testing.TB, docs ...string) Documents {
	t.Helper()
	var all Documents
	for i, d := range docs {
		one := Parse(string(rune('a'+i))+".yml", []byte(d))
		all.Rules = append(all.Rules, one.Rules...)
		all.Filters = append(all.Filters, one.Filters...)
		all.Refused = append(all.Refused, one.Refused...)
	}
	Link(&all, nil)
	for _, r := range all.Refused {
		t.Fatal(r.Error())
	}
	return all
}

func TestACorrelationIsReadWhole(t *testing.T) {
	docs := linked(t, chain)
	upper, middle, failure, success := docs.Rules[0], docs.Rules[1], docs.Rules[2], docs.Rules[3]
	c := upper.Correlation
	if c.Type != TemporalOrdered || c.Timespan != time.Hour || !c.Generate || c.Rules[0].Rule != middle || c.Rules[1].Rule != success {
		t.Errorf("%+v", c)
	}
	if !slices.Equal(c.Condition.Thresholds, []Threshold{{Compare: GreaterEqual, Number: 2}}) {
		t.Errorf("%v", c.Condition)
	}
	if got := upper.Bases(); !slices.Equal(got, []*Rule{failure, success}) {
		t.Errorf("bases %v", got)
	}
	if c.FieldOf("person", 0, failure) != "user" || c.FieldOf("person", 1, success) != "login.name" || c.FieldOf("x", 1, success) != "x" {
		t.Error("aliases")
	}
	// generate lets the rules of the upper speak, not those of the middle.
	if middle.Silent || success.Silent || !failure.Silent || upper.Silent {
		t.Error("silence")
	}
	if middle.Level != Low || upper.Level != High {
		t.Errorf("levels %v, %v", middle.Level, upper.Level)
	}
	if len(failure.Filters) != 1 || len(success.Filters) != 1 || !strings.Contains(failure.Explain(), "Not from the office") {
		t.Error("filters")
	}
	for _, want := range []string{"in this order", "at least 10 and less than 1000 matches", "within 10m", "person is the field login.name"} {
		if !strings.Contains(upper.Explain(), want) {
			t.Errorf("%q is not said:\n%s", want, upper.Explain())
		}
	}
}

func TestTheHashOfACorrelationCoversAllItRestsOn(t *testing.T) {
	first := linked(t, chain).Rules
	for _, change := range [][2]string{
		{"ok: false", "ok: nope"}, {"10.0.0.0/8", "10.1.0.0/16"}, {"gte: 10", "gte: 11"}, {"timespan: 1h", "timespan: 2h"},
	} {
		if again := linked(t, strings.Replace(chain, change[0], change[1], 1)).Rules; again[0].Hash == first[0].Hash {
			t.Errorf("%v does not change the hash", change)
		}
	}
	if again := linked(t, strings.Replace(chain, "title: One failure", "title: Another", 1)).Rules; again[0].Hash != first[0].Hash {
		t.Error("a title changes the hash")
	}
}

// TestReferencesThatLeadNowhereAreRefused also holds for what rests on them.
func TestReferencesThatLeadNowhereAreRefused(t *testing.T) {
	const base = "title: Base\nid: base\nlogsource: {product: aws, service: cloudtrail}\ndetection: {s: {a: b}, condition: s}\n---\n"
	count := func(name, of string) string {
		return "title: Count " + name + "\nid: " + name + "\ncorrelation:\n    type: event_count\n    rules: [" + of + "]\n    timespan: 1m\n    condition: {gte: 2}\n"
	}
	for _, c := range []struct {
		doc  string
		want []string
	}{
		{base + count("one", "bass"), []string{`one 10:13 there is no rule "bass" (did you mean base?)`}},
		{base + count("one", "bass") + "---\n" + count("two", "one"), []string{
			`one 10:13 there is no rule "bass" (did you mean base?)`, `two 18:13 the rule "one" is refused itself`,
		}},
		{count("one", "two") + "---\n" + count("two", "one"), []string{
			`one 5:13 the rule "two" is refused itself`, `two 13:13 "one" rests on itself: Count one → Count two → Count one`,
		}},
		{count("one", "one"), []string{`one 5:13 "one" rests on itself: Count one → Count one`}},
		{base + "title: F\nid: f\nlogsource: {product: linux}\nfilter: {rules: [base], s: {a: b}, condition: not s}\n", []string{
			`f 9:18 the rule "base" is for logs of aws cloudtrail, the filter for those of linux`,
		}},
		{base + "title: F\nid: f\nlogsource: {product: aws}\nfilter: {rules: [other], s: {a: b}, condition: not s}\n", []string{
			`f 9:18 there is no rule "other"`,
		}},
		{base + strings.Replace(count("one", "base"), "timespan", "aliases: {x: {base: y, nobody: z}}\n    timespan", 1), []string{
			`one 11:28 alias x: there is no rule "nobody"`,
		}},
	} {
		docs := Parse("x.yml", []byte(c.doc))
		Link(&docs, nil)
		var got []string
		for _, r := range docs.Refused {
			for _, f := range r.Faults {
				got = append(got, strings.TrimSpace(r.ID+" "+where(f)))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

func where(f Fault) string { return fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.Reason) }

// TestASpecificationExampleLoads reads each of them with rules for what it
// names.
func TestTheSpecificationsCorrelationsAndFiltersLoad(t *testing.T) {
	n := 0
	for _, folder := range []string{"spec-examples/correlation", "spec-examples/filter"} {
		for _, p := range corpus(t, folder) {
			src, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			docs := Parse(p, src)
			for _, id := range named(&docs) {
				source := "{product: windows, category: process_creation}"
				if strings.Contains(p, "ecs") {
					source = "{category: network, service: dns}"
				}
				docs.Rules = append(docs.Rules, Parse("b.yml", []byte("title: Base\nid: "+id+"\nlogsource: "+source+"\ndetection: {s: {a: b}, condition: s}\n")).Rules...)
			}
			Link(&docs, nil)
			for _, r := range docs.Refused {
				t.Error(r.Error())
			}
			n++
			for _, r := range docs.Rules {
				usable(t, r)
			}
		}
	}
	if n != 10 {
		t.Errorf("%d examples, not 10", n)
	}
}

// named are the rules that documents refer to.
func named(docs *Documents) (out []string) {
	for _, r := range docs.Rules {
		for _, ref := range r.Correlation.Rules {
			out = append(out, ref.Text)
		}
	}
	for _, f := range docs.Filters {
		for _, ref := range f.Rules {
			out = append(out, ref.Text)
		}
	}
	return out
}
