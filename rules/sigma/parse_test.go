package sigma

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// corpus is the folder of SigmaHQ's rules.
func corpus(t testing.TB, folder string) []string {
	t.Helper()
	root := os.Getenv("BURSTWATCH_CORPUS")
	if root == "" {
		t.Skip("BURSTWATCH_CORPUS is not set")
	}
	var out []string
	err := filepath.WalkDir(filepath.Join(root, "sigma-rules", folder), func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(p) == ".yml" {
			out = append(out, p)
		}
		return err
	})
	if err != nil || len(out) == 0 {
		t.Fatalf("no rules in %s: %v", folder, err)
	}
	return out
}

func parseFile(t testing.TB, path string) ([]*Rule, []Refusal) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	docs := Parse(filepath.Base(path), src)
	return docs.Rules, docs.Refused
}

func TestSigmaHQRulesLoadUnchanged(t *testing.T) {
	for folder, want := range map[string]int{"rules/cloud": 57, "rules/linux": 22, "rules-placeholder": 1, "spec-examples/rules": 2} {
		n := 0
		for _, p := range corpus(t, folder) {
			rules, refused := parseFile(t, p)
			for _, r := range refused {
				t.Error(r.Error())
			}
			for _, r := range rules {
				n++
				if r.Explain() == "" || r.ID == "" || len(r.Authors) == 0 {
					t.Errorf("%s: id %q, authors %v", p, r.ID, r.Authors)
				}
			}
		}
		if n != want {
			t.Errorf("%s: %d rules, not %d", folder, n, want)
		}
	}
}

func TestOldAggregationsAreRefusedWithTheReason(t *testing.T) {
	for _, p := range corpus(t, "unsupported") {
		rules, refused := parseFile(t, p)
		if len(rules) > 0 || len(refused) != 1 {
			t.Fatalf("%s: %d rules, %d refused", p, len(rules), len(refused))
		}
		if !strings.Contains(refused[0].Reason, "old aggregation syntax") || refused[0].Title == "" || refused[0].Line < 2 {
			t.Errorf("%s: %s", p, refused[0].Error())
		}
	}
}

// one parses a document that holds one good rule.
func one(t testing.TB, doc string) *Rule {
	t.Helper()
	docs := Parse("rule.yml", []byte(doc))
	rules, refused := docs.Rules, docs.Refused
	for _, r := range refused {
		t.Fatal(r.Error())
	}
	if len(rules) != 1 {
		t.Fatalf("%d rules", len(rules))
	}
	return rules[0]
}

const whole = `title: A rule
id: 929a690e-bef0-4204-a928-ef5e620d6fcc
name: a_rule
related:
    - {id: 08fbc97d-0a2f-491c-ae21-8ffcfd3174e9, type: derived}
taxonomy: sigma
status: test
description: What it finds
license: MIT
author: Ann One, Bob Two
references: [https://example.com/a]
date: 2026/01/02
modified: 2026-03-04
logsource: {category: c, product: aws, service: cloudtrail, definition: data events on, x-note: mine}
detection:
    sel: {eventName|contains: [a, b]}
    condition: sel
fields: [eventName]
falsepositives: [none known]
level: critical
tags: [attack.t1078.004, attack.initial-access]
scope: [server]
regression_tests_path: a/b.yml
simulation: [{type: x}]
x-own: {anything: [goes]}
studio.owner: me
burstwatch:
    control: ["8.1", "10.11"]
    message: "{who} did {event.action} {{so}} {a|b|'nothing'}{refused}"
    do: [look]
    needs: [sites]
    cases:
        - {name: yes, match: true, record: {eventName: a, n: 1.50, deep: {list: [true, null, "x<y"]}}}
        - {name: "no", match: false, record: "2 - -", dataset: aws.vpcflow, with: {sites: [10.0.0.0/8]}}
`

func TestEveryKeyOfTheSpecificationIsRead(t *testing.T) {
	r := one(t, strings.ReplaceAll(whole, "name: yes", `name: "yes"`))
	if r.ID != "929a690e-bef0-4204-a928-ef5e620d6fcc" || r.Name != "a_rule" || r.Status != "test" || r.License != "MIT" ||
		r.Level != Critical || r.Date != "2026-01-02" || r.Version() != "2026-03-04" || r.Level.Severity() != 99 {
		t.Errorf("%+v", r)
	}
	if !slices.Equal(r.Authors, []string{"Ann One", "Bob Two"}) || r.Related[0].Type != "derived" || r.LogSource.String() != "aws cloudtrail c" {
		t.Errorf("%+v", r)
	}
	h := r.Header
	if !slices.Equal(h.Controls, []string{"8.1", "10.11"}) || len(h.Cases) != 2 || h.Needs[0] != "sites" {
		t.Fatalf("%+v", h)
	}
	if c := h.Cases[0]; string(c.Record) != `{"eventName":"a","n":1.50,"deep":{"list":[true,null,"x<y"]}}` || !c.Object || !c.Match {
		t.Errorf("case: %+v %s", c, c.Record)
	}
	if c := h.Cases[1]; string(c.Record) != "2 - -" || c.Object || c.Match || c.With["sites"][0] != "10.0.0.0/8" || c.Dataset != "aws.vpcflow" {
		t.Errorf("case: %+v %s", c, c.Record)
	}
	want := Template{{Text: "unknown", Names: []string{"who"}}, {Text: " did "}, {Text: "unknown", Names: []string{"event.action"}}, {Text: " {so} "},
		{Text: "nothing", Names: []string{"a", "b"}}, {Names: []string{"refused"}}}
	if !slices.EqualFunc(h.Message, want, func(a, b TemplatePart) bool { return a.Text == b.Text && slices.Equal(a.Names, b.Names) }) {
		t.Errorf("message: %q", h.Message)
	}
}

func TestARuleWithoutIdHasOneThatSurvivesRewording(t *testing.T) {
	doc := "title: a\nlogsource: {product: aws}\ndetection:\n    s: {a: b}\n    condition: s\n"
	a := one(t, doc)
	b := one(t, "title: other words\nlevel: high\n"+strings.TrimPrefix(doc, "title: a\n"))
	c := one(t, strings.Replace(doc, "a: b", "a: c", 1))
	if a.ID != b.ID || a.ID == c.ID || a.Hash == c.Hash {
		t.Errorf("%s %s %s", a.ID, b.ID, c.ID)
	}
}

func TestGlobalRepeatAndReset(t *testing.T) {
	docs := Parse("x.yml", []byte(`action: global
title: shared
logsource: {product: aws, service: cloudtrail}
detection: {condition: s}
---
id: one
detection: {s: {a: 1}}
---
action: repeat
id: two
detection: {s: {b: 2}}
---
action: reset
---
id: three
detection: {s: {a: 1}}
`))
	rules, refused := docs.Rules, docs.Refused
	if len(rules) != 2 || rules[0].ID != "one" || rules[1].ID != "two" || rules[1].Title != "shared" {
		t.Fatalf("%v %v", rules, refused)
	}
	if x, ok := rules[1].Detection.Expr().(*Search).X.(And); !ok || len(x) != 2 {
		t.Errorf("repeat: %v", rules[1].Explain())
	}
	if len(refused) != 1 || refused[0].Line != 16 || !strings.Contains(refused[0].Reason, "no title") {
		t.Errorf("after reset: %v", refused)
	}
}

func TestAFileMayBeginWithAByteOrderMarkAndHoldEmptyDocuments(t *testing.T) {
	doc := "\xEF\xBB\xBF---\n---\r\ntitle: a\r\nlogsource: {product: aws}\r\ndetection:\r\n    s: {a: b}\r\n    condition: s\r\n---\n"
	one(t, doc)
}

func TestAnchorsMayBeUsed(t *testing.T) {
	r := one(t, "title: a\nlogsource: {product: aws}\ndetection:\n    s: {a: &v [x, y]}\n    u: {b: *v}\n    condition: s and u\n")
	n := 0
	Walk(r.Detection.Expr(), func(it *Item) { n += len(it.Values) })
	if n != 4 {
		t.Errorf("%d values", n)
	}
}

func TestLevelsAreOrdered(t *testing.T) {
	last := int64(0)
	for l := Informational; l <= Critical; l++ {
		if back, ok := ParseLevel(l.String()); !ok || back != l || l.Severity() <= last {
			t.Errorf("%s", l)
		}
		last = l.Severity()
	}
}

// chain is a correlation over a correlation, with all that they can say.
const chain = `title: Failures, then a success
id: upper
correlation:
    type: temporal_ordered
    rules: [many_failures, success]
    group-by: [person]
    aliases: {person: {failure: user, success: login.name}}
    timespan: 1h
level: high
generate: true
---
title: Many failures
id: middle
name: many_failures
correlation:
    type: event_count
    rules: failure
    group-by: [user]
    timespan: 10m
    condition: {gte: 10, lt: 1000}
---
title: One failure
id: lower
name: failure
logsource: {product: aws, service: cloudtrail}
detection: {s: {ok: false}, condition: s}
level: low
---
title: A success
id: other
name: success
logsource: {product: aws, service: cloudtrail}
detection: {s: {ok: true}, condition: s}
---
title: Not from the office
logsource: {product: aws}
filter:
    rules: [failure, other]
    office: {net|cidr: 10.0.0.0/8}
    condition: not office
`
