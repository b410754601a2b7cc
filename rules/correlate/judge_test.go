package correlate_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// plain is a dataset of JSON records that have an id and a time in seconds.
type plain struct{}

var schema = &plain{}

func (*plain) Dataset() string { return "aws.cloudtrail" }
func (*plain) Index() []string { return nil }
func (*plain) Getter(name string) event.Getter {
	path := jsonscan.CompilePath(name)
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
		return path.Append(dst, ev.Record, s)
	})
}

func (*plain) Fields(dst []event.Field, ev *event.Event, s *event.Scratch) []event.Field { return dst }

func (*plain) ID(ev *event.Event, s *event.Scratch) event.ID {
	return event.HashID(s, []byte(strconv.FormatInt(ev.Number, 10)))
}

// record is one event: fields as JSON has them between its braces.
type record struct {
	at     int // seconds after the epoch of cases
	fields string
}

func events(list []record) []*event.Event {
	out := make([]*event.Event, len(list))
	for i, r := range list {
		at := sigma.CaseEpoch.Add(time.Duration(r.at) * time.Second)
		text := fmt.Sprintf(`{"n":%d,"@timestamp":%q,%s}`, i, at.Format(time.RFC3339), r.fields)
		if !json.Valid([]byte(text)) {
			panic(text)
		}
		out[i] = &event.Event{Schema: schema, Record: []byte(text), Time: at.UnixNano(), Number: int64(i)}
	}
	return out
}

// compiled makes a set of documents.
func compiled(t testing.TB, docs string) *rules.Set {
	t.Helper()
	d := sigma.Parse("x.yml", []byte(docs))
	sigma.Link(&d, nil)
	for _, r := range d.Refused {
		t.Fatal(r.Error())
	}
	set, err := rules.Compile(&rules.Pack{Rules: d.Rules}, []event.Schema{schema}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// stateful finds a stateful rule of a set.
func stateful(t testing.TB, set *rules.Set, id string) rules.Stateful {
	t.Helper()
	for _, s := range set.Stateful() {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("no rule %s: %+v", id, set.Idle())
	return rules.Stateful{}
}

// judged are the cases of the rule with the id x, as text.
func judged(t testing.TB, docs string, list []record) string {
	t.Helper()
	set := compiled(t, docs)
	r := set.Rehearse(stateful(t, set, "x"), nil)
	r.Batch("a", events(list))
	var b strings.Builder
	for _, c := range r.Cases(0) {
		fmt.Fprintf(&b, "%d events from +%ds to +%ds", c.Count, seconds(c.First), seconds(c.Last))
		for _, f := range c.Fields {
			if !slices.Contains([]string{"message", "timespan"}, f.Name) {
				fmt.Fprintf(&b, " %s=%s", f.Name, f.Value)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func seconds(at int64) int { return int(time.Duration(at-sigma.CaseEpoch.UnixNano()) / time.Second) }

// base is a rule for events of a kind.
func base(kind string) string {
	return "---\ntitle: Kind " + kind + "\nid: id-" + kind + "\nname: " + kind + "\nlogsource: {product: aws, service: cloudtrail}\ndetection: {s: {kind: " + kind + "}, condition: s}\n"
}

// correlation is a correlation x over events of kinds.
func correlation(body string, kinds ...string) string {
	out := "title: X\nid: x\ncorrelation: {" + body + "}\n"
	for _, k := range kinds {
		out += base(k)
	}
	return out
}

// kind makes a record of a kind.
func kind(at int, kind string, fields ...string) record {
	return record{at, strings.Join(append([]string{`"kind":"` + kind + `"`}, fields...), ",")}
}

func TestEachKindOfCorrelation(t *testing.T) {
	user := func(u string) string { return `"user":"` + u + `"` }
	for _, c := range []struct {
		name, docs string
		list       []record
		want       string
	}{
		{
			"a window holds both of its ends",
			correlation("type: event_count, rules: [a], timespan: 10s, condition: {gte: 3}", "a"),
			[]record{kind(0, "a"), kind(5, "a"), kind(10, "a")},
			"3 events from +0s to +10s value=3\n",
		},
		{
			"and not what lies a second before",
			correlation("type: event_count, rules: [a], timespan: 10s, condition: {gte: 3}", "a"),
			[]record{kind(0, "a"), kind(5, "a"), kind(11, "a")},
			"",
		},
		{
			"a loop is one case with an exact count",
			correlation("type: event_count, rules: [a], group-by: [user], timespan: 10s, condition: {gte: 3}", "a"),
			repeat(1000, func(i int) record { return kind(i, "a", user("ann")) }),
			"1000 events from +0s to +999s user=ann value=11\n",
		},
		{
			"the next bucket is the next case",
			correlation("type: event_count, rules: [a], timespan: 10s, condition: {gte: 3}", "a"),
			[]record{kind(3595, "a"), kind(3596, "a"), kind(3597, "a"), kind(3601, "a"), kind(3602, "a")},
			"3 events from +3595s to +3597s value=3\n5 events from +3595s to +3602s value=5\n",
		},
		{
			"groups do not meet, and events without the field are in none",
			correlation("type: event_count, rules: [a], group-by: [user], timespan: 1m, condition: {gte: 2}", "a"),
			[]record{kind(0, "a", user("ann")), kind(1, "a", user("bob")), kind(2, "a"), kind(3, "a"), kind(4, "a", user("bob"))},
			"2 events from +1s to +4s user=bob value=2\n",
		},
		{
			"an event with several values is in the group of each",
			correlation("type: event_count, rules: [a], group-by: [user], timespan: 1m, condition: {gte: 2}", "a"),
			[]record{kind(0, "a", `"user":["ann","bob"]`), kind(1, "a", user("bob"))},
			"2 events from +0s to +1s user=bob value=2\n",
		},
		{
			"an event that two rules match is one event",
			correlation("type: event_count, rules: [a, b], timespan: 1m, condition: {gte: 2}", "a") + strings.Replace(base("b"), "kind: b}, c", "other: b}, c", 1),
			[]record{kind(0, "a", `"other":"b"`)},
			"",
		},
		{
			"at most",
			correlation("type: event_count, rules: [a], timespan: 10s, condition: {lte: 1}", "a"),
			[]record{kind(0, "a"), kind(1, "a"), kind(20, "a")},
			"2 events from +0s to +20s value=1\n",
		},
		{
			"different values",
			correlation("type: value_count, rules: [a], group-by: [ip], timespan: 1m, condition: {field: user, gte: 3}", "a"),
			[]record{kind(0, "a", `"ip":1`, user("ann")), kind(1, "a", `"ip":1`, user("ann")), kind(2, "a", `"ip":1`), kind(3, "a", `"ip":1`, user("bob")), kind(4, "a", `"ip":1`, user("eve"))},
			"4 events from +0s to +4s ip=1 value=3\n",
		},
		{
			"combinations of values",
			correlation("type: value_count, rules: [a], timespan: 1m, condition: {field: [user, ip], gte: 3}", "a"),
			[]record{kind(0, "a", `"ip":1`, user("ann")), kind(1, "a", `"ip":2`, user("ann")), kind(3, "a", `"ip":1`, user("bob")), kind(4, "a", user("eve"))},
			"3 events from +0s to +3s value=3\n",
		},
		{
			"a sum, of text that is a number too",
			correlation("type: value_sum, rules: [a], timespan: 1m, condition: {field: n, gt: 10}", "b") + base("a"),
			[]record{kind(0, "a", `"n":"4"`), kind(1, "a", `"n":"x"`), kind(2, "a", `"n":6`), kind(3, "a", `"n":0.5`)},
			"3 events from +0s to +3s value=10.50\n",
		},
		{
			"a sum is exact, whatever was taken away from it",
			correlation("type: value_sum, rules: [a], timespan: 1s, condition: {field: n, eq: 3}", "a"),
			[]record{kind(0, "a", `"n":0.1`), kind(10, "a", `"n":9007199254740993`), kind(20, "a", `"n":9223372036854775807`), kind(21, "a", `"n":9223372036854775807`), kind(30, "a", `"n":1`), kind(31, "a", `"n":2`)},
			"2 events from +30s to +31s value=3\n",
		},
		{
			"a mean",
			correlation("type: value_avg, rules: [a], timespan: 1m, condition: {field: n, gte: 5}", "a"),
			[]record{kind(0, "a", `"n":1`), kind(1, "a", `"n":2`), kind(2, "a", `"n":12`)},
			"3 events from +0s to +2s value=5\n",
		},
		{
			"a rare text",
			correlation("type: value_percentile, rules: [a], timespan: 1h, condition: {field: image, lte: 1}", "a"),
			append(repeat(99, func(i int) record { return kind(i, "a", `"image":"ls"`) }), kind(99, "a", `"image":"nc"`)),
			"100 events from +0s to +99s value=1\n",
		},
		{
			"a high number",
			correlation("type: value_percentile, rules: [a], timespan: 1h, condition: {field: n, gte: 100}", "a"),
			[]record{kind(0, "a", `"n":7`), kind(1, "a", `"n":5`)},
			"1 events from +0s to +0s value=100\n",
		},
		{
			"the number at a percentile",
			correlation("type: value_percentile, rules: [a], timespan: 1h, condition: {field: n, percentile: 75, eq: 325}", "a"),
			[]record{kind(0, "a", `"n":100`), kind(1, "a", `"n":400`), kind(2, "a", `"n":300`), kind(3, "a", `"n":200`)},
			"4 events from +0s to +3s value=325\n",
		},
		{
			"all rules, in any order",
			correlation("type: temporal, rules: [a, b, c], group-by: [user], timespan: 10s", "a", "b", "c"),
			[]record{kind(0, "c", user("ann")), kind(5, "a", user("ann")), kind(9, "b", user("bob")), kind(10, "b", user("ann"))},
			"3 events from +0s to +10s user=ann value=3\n",
		},
		{
			"all rules, in order",
			correlation("type: temporal_ordered, rules: [a, b], timespan: 10s", "a", "b"),
			[]record{kind(0, "b"), kind(5, "a"), kind(20, "b"), kind(30, "a"), kind(40, "b")},
			"2 events from +30s to +40s value=2\n",
		},
		{
			"some of the rules, in order",
			correlation("type: temporal_ordered, rules: [a, b, c], timespan: 1m, condition: {gte: 2}", "a", "b", "c"),
			[]record{kind(0, "c"), kind(1, "b"), kind(2, "c")},
			"3 events from +0s to +2s value=2\n",
		},
		{
			"in words",
			correlation("type: temporal, rules: [a, b, c], timespan: 10s, condition: (a or b) and not c", "a", "b", "c"),
			[]record{kind(0, "c"), kind(5, "a"), kind(20, "b"), kind(40, "c")},
			"1 events from +20s to +20s value=1\n",
		},
		{
			"in words, in order",
			correlation("type: temporal_ordered, rules: [a, b, c, d], timespan: 10s, condition: (a or b) and c and not d", "a", "b", "c", "d"),
			[]record{kind(0, "c"), kind(1, "b"), kind(20, "b"), kind(21, "c"), kind(40, "d"), kind(41, "a"), kind(42, "c")},
			"2 events from +20s to +21s value=2\n",
		},
		{
			"an alias",
			"title: X\nid: x\ncorrelation:\n  type: temporal\n  rules: [a, b]\n  group-by: [inside]\n  timespan: 10s\n  aliases: {inside: {a: src, b: dst.ip}}\n" + base("a") + base("b"),
			[]record{kind(0, "a", `"src":"10.0.0.1"`), kind(1, "b", `"dst":{"ip":"10.0.0.1"}`), kind(2, "b", `"src":"10.0.0.1"`)},
			"2 events from +0s to +1s inside=10.0.0.1 value=2\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := judged(t, c.docs, c.list); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func repeat(n int, make func(i int) record) (out []record) {
	for i := range n {
		out = append(out, make(i))
	}
	return out
}

// upper correlates a lower correlation and a rule.
const upper = `title: X
id: x
correlation: {type: %s, rules: [%s], group-by: [%s], timespan: 1h%s}
---
title: Lower
id: lower
name: many
correlation: {type: event_count, rules: [a], group-by: [%s], timespan: 1m, condition: {gte: 3}}
`

func TestChains(t *testing.T) {
	on := func(at int, k, host, user string) record {
		return kind(at, k, `"host":"`+host+`"`, `"user":"`+user+`"`)
	}
	three := func(at int, host string, users ...string) (out []record) {
		for i, u := range users {
			out = append(out, on(at+i, "a", host, u))
		}
		return out
	}
	for _, c := range []struct {
		name, docs string
		list       []record
		want       string
	}{
		{
			"failures, then a success, of one user",
			fmt.Sprintf(upper, "temporal_ordered", "many, b", "user", "", "user") + base("a") + base("b"),
			append(three(0, "h", "ann", "ann", "ann"), on(100, "b", "h", "bob"), on(200, "b", "g", "ann")),
			"4 events from +0s to +200s user=ann value=2\n",
		},
		{
			"too few failures",
			fmt.Sprintf(upper, "temporal_ordered", "many, b", "user", "", "user") + base("a") + base("b"),
			append(three(0, "h", "ann", "bob", "ann"), on(200, "b", "g", "ann")),
			"",
		},
		{
			"the upper one only uses its own group-by",
			fmt.Sprintf(upper, "temporal_ordered", "many, b", "user", "", "host") + base("a") + base("b"),
			append(three(0, "h", "ann", "bob", "ann"), on(200, "b", "g", "bob"), on(201, "b", "g", "eve")),
			"2 events from +1s to +200s user=bob value=2\n",
		},
		{
			"what has been so for a while is one occurrence",
			fmt.Sprintf(upper, "event_count", "many", "user", ", condition: {gte: 2}", "user") + base("a"),
			append(three(0, "h", "ann", "ann", "ann", "ann", "ann", "ann"), three(300, "h", "bob", "bob", "bob")...),
			"",
		},
		{
			"and again later another",
			fmt.Sprintf(upper, "event_count", "many", "user", ", condition: {gte: 2}", "user") + base("a"),
			append(three(0, "h", "ann", "ann", "ann", "ann"), three(300, "h", "ann", "ann", "ann")...),
			"7 events from +0s to +302s user=ann value=2\n",
		},
		{
			"values of what takes part",
			fmt.Sprintf(upper, "value_count", "many", "host", ", condition: {field: user, gte: 2}", "host") + base("a"),
			append(three(0, "h", "ann", "ann", "bob"), three(0, "g", "ann", "ann", "ann")...),
			"3 events from +0s to +2s host=h value=2\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := judged(t, c.docs, c.list); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestWhatIsThereForAnotherCorrelationRaisesNoCases(t *testing.T) {
	docs := fmt.Sprintf(upper, "temporal_ordered", "many, b", "user", "", "user") + base("a") + base("b")
	for generate, want := range map[string]int{"false": 1, "true": 2} {
		set := compiled(t, strings.Replace(docs, "---", "generate: "+generate+"\n---", 1))
		if got := set.Stateful(); len(got) != want {
			t.Errorf("generate: %s: %d correlations raise cases, not %d", generate, len(got), want)
		}
	}
}
