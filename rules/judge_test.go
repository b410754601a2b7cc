package rules

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// rule writes a rule for CloudTrail.
func rule(id, detection string) string {
	return "title: Rule " + id + "\nid: " + id + "\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n" + detection
}

func TestMatching(t *testing.T) {
	for _, c := range []struct{ name, detection, hit, miss string }{
		{"case does not count", "  s: {a: StopLogging}", `{"a":"STOPlogging"}`, `{"a":"StopLogging2"}`},
		{"case beyond ASCII", "  s: {a|contains: 'straße ÄÖ'}", `{"a":"die STRAßE äö."}`, `{"a":"strasse äö"}`},
		{"the Kelvin sign is a K", "  s: {a: key}", "{\"a\":\"\u212Aey\"}", `{"a":"hey"}`},
		{"cased", "  s: {a|cased: Ab}", `{"a":"Ab"}`, `{"a":"ab"}`},
		{"escaped text is unescaped", `  s: {a: 'x"y'}`, `{"a":"x\"y"}`, `{"a":"x\\\"y"}`},
		{"escaped letters", "  s: {a: stop}", `{"a":"\u0073top"}`, `{"a":"\\u0073top"}`},
		{"star over lines", "  s: {a: 'x*y'}", `{"a":"x\n\ny"}`, `{"a":"x\n"}`},
		{"question mark is one character", "  s: {a: 'x?y'}", `{"a":"xéy"}`, `{"a":"xy"}`},
		{"stars around", "  s: {a: '*b*d*'}", `{"a":"abcde"}`, `{"a":"adcbe"}`},
		{"held at both ends", "  s: {a: 'ab*ab'}", `{"a":"abab"}`, `{"a":"ab"}`},
		{"text against bool", "  s: {a: 'false'}", `{"a":false}`, `{"a":true}`},
		{"bool against text", "  s: {a: true}", `{"a":"True"}`, `{"a":"yes"}`},
		{"text against number", "  s: {a: '22'}", `{"a":22}`, `{"a":22.5}`},
		{"number against text", "  s: {a: 22}", `{"a":"22.0"}`, `{"a":"22 "}`},
		{"empty text", "  s: {a: ''}", `{"a":""}`, `{"b":""}`},
		{"null is absent", "  s: {a: null}", `{"a":null}`, `{"a":""}`},
		{"absent is null", "  s: {a: null}", `{}`, `{"a":0}`},
		{"an empty array is absent", "  s: {a: null}", `{"a":[]}`, `{"a":[""]}`},
		{"null or a value", "  s: {a: [null, ok]}", `{"b":1}`, `{"a":"no"}`},
		{"exists", "  s: {a.b|exists: true}", `{"a":{"b":""}}`, `{"a":{"c":1}}`},
		{"exists not", "  s: {a.b|exists: false}", `{"a":{"b":null}}`, `{"a":{"b":0}}`},
		{"any member of an array", "  s: {a: x}", `{"a":["y","x"]}`, `{"a":["y"]}`},
		{"arrays on the path", "  s: {a.b.c: x}", `{"a":[{"b":[{"c":1},{"c":["x"]}]}]}`, `{"a":[{"b":[{"d":"x"}]}]}`},
		{"all of an array's members together", "  s: {a|contains|all: [x, y]}", `{"a":["ax","ay"]}`, `{"a":["ax"]}`},
		{"contains in an object", "  s: {a|contains: 'Suspended'}", `{"a":{"v":{"Status":"Suspended"}}}`, `{"a":{"v":"Enabled"}}`},
		{"contains in JSON inside JSON", `  s: {a|contains|all: ['"s3:GetObject"', '"Allow"']}`,
			`{"a":{"doc":"{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\"]}"}}`, `{"a":{"doc":"{\"Effect\":\"Deny\"}"}}`},
		{"star means there", "  s: {a|contains: '*'}", `{"a":{}}`, `{"a":null}`},
		{"neq wants the field", "  s: {a|neq: x}", `{"a":"y"}`, `{"b":"y"}`},
		{"neq of several", "  s: {a|neq: [x, y]}", `{"a":"z"}`, `{"a":"Y"}`},
		{"neq with contains", "  s: {a|contains|neq: x}", `{"a":"abc"}`, `{"a":"axc"}`},
		{"re is cased and anywhere", "  s: {a|re: 'b+c'}", `{"a":"abbcd"}`, `{"a":"ABBCD"}`},
		{"re i", "  s: {a|re|i: '^ab'}", `{"a":"ABc"}`, `{"a":"xab"}`},
		{"re without flags stops at lines", "  s: {a|re: 'a.b'}", `{"a":"a b"}`, `{"a":"a\nb"}`},
		{"re s", "  s: {a|re|s: 'a.b'}", `{"a":"a\nb"}`, `{"a":"ab"}`},
		{"re m", "  s: {a|re|m: '^b$'}", `{"a":"a\nb\nc"}`, `{"a":"ab"}`},
		{"cidr", "  s: {a|cidr: [10.0.0.0/8, '2001:db8::/32']}", `{"a":"10.255.0.1"}`, `{"a":"11.0.0.1"}`},
		{"cidr 6", "  s: {a|cidr: ['2001:db8::/32']}", `{"a":"2001:DB8:1::1"}`, `{"a":"ec2.amazonaws.com"}`},
		{"an IPv4 address as IPv6", "  s: {a|cidr: 10.0.0.0/8}", `{"a":"::ffff:10.1.1.1"}`, `{"a":"::10.1.1.1"}`},
		{"gt with text", "  s: {a|gt: 9}", `{"a":"10"}`, `{"a":"9"}`},
		{"lte", "  s: {a|lte: 1.5}", `{"a":1.5}`, `{"a":true}`},
		{"fieldref", "  s: {a|fieldref: b.c}", `{"a":"Ann","b":{"c":"ANN"}}`, `{"a":"Ann","b":{"c":"Bob"}}`},
		{"fieldref to nothing", "  s: {a|fieldref: b}\n  n: {c: 1}", `{"a":"x","b":["y","X"],"c":1}`, `{"a":"x","c":1}`},
		{"fieldref endswith", "  s: {a|fieldref|endswith: b}", `{"a":"arn:user/Ann","b":"ann"}`, `{"a":"ann:x","b":"ann"}`},
		{"fieldref neq", "  s: {a|fieldref|neq: b}", `{"a":"x","b":"y"}`, `{"a":"x","b":"x"}`},
		{"hour", "  s: {a|hour: 23}", `{"a":"2026-01-01T01:30:00+02:00"}`, `{"a":"2026-01-01T23:30:00+02:00"}`},
		{"hour compared", "  s: {a|hour|gte: 22}", `{"a":"2026-01-01 22:00:00"}`, `{"a":"2026-01-01T21:59:59Z"}`},
		{"week of ISO 8601", "  s: {a|week: 53}", `{"a":"2027-01-01T00:00:00Z"}`, `{"a":"2026-01-01T00:00:00Z"}`},
		{"seconds and milliseconds", "  s: {a|year: 2026, b|year: 2026}", `{"a":1793836800,"b":1793836800000}`, `{"a":1793836800,"b":0}`},
		{"windash", "  s: {a|windash|contains: ' -x'}", `{"a":"run –x"}`, `{"a":"run+x"}`},
		{"keywords in values, not in keys", "  s: [needle]", `{"a":{"b":["hay","a NEEDLE here"]}}`, `{"needle":"hay"}`},
		{"keywords in numbers", "  s: [4625]", `{"a":4625}`, `{"a":"46 25"}`},
		{"keywords, all", "  s: {'|all': [red, 'gr*n']}", `{"a":"RED","b":"green"}`, `{"a":"red"}`},
		{"keyword by expression", "  s: {'|re': '^x+$'}", `{"a":"xxx"}`, `{"a":"axx"}`},
		{"a list of maps", "  s: [{a: 1, b: 2}, {c: 3}]", `{"c":3}`, `{"a":1,"c":2}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := compiled(t, Options{}, rule("r", c.detection+"\n  condition: all of them\n")).Judge()
			if got := matches(j, c.hit); len(got) != 1 {
				t.Errorf("no match: %s", c.hit)
			}
			if got := matches(j, c.miss); len(got) != 0 {
				t.Errorf("a match: %s", c.miss)
			}
		})
	}
}

func TestRulesAreFiledUnderWhatTheyPin(t *testing.T) {
	set := compiled(t, Options{},
		rule("name", "  s: {eventName: [A, B], eventSource: x}\n  condition: s\n"),
		rule("source", "  s: {eventSource: x}\n  n: {eventName|startswith: A}\n  condition: s and n\n"),
		rule("other", "  s: {userAgent: [hack, tool]}\n  condition: s\n"),
		rule("either", "  s: {eventName: A}\n  t: {eventName: C}\n  condition: s or t\n"),
		rule("both", "  s: {eventName: A}\n  t: {userAgent: z}\n  condition: s or t\n"),
		rule("not", "  s: {eventName: A}\n  condition: not s\n"),
		rule("two-of", "  a: {eventName: A, x: 1}\n  b: {eventName: A, y: 1}\n  c: {eventName: D, z: 1}\n  condition: 2 of them\n"),
		rule("number", "  s: {x: [22, 3389]}\n  condition: s\n"),
		rule("number-or-text", "  s: {x: [22, '3389']}\n  condition: s\n"),
		rule("more", "  s: {x|gte: 22}\n  condition: s\n"),
		rule("contains", "  s: {eventName|contains: A}\n  condition: s\n"))
	p := set.programs[cloudtrail]
	filed := map[string][]string{}
	for _, ix := range p.index {
		f := &p.fields[ix.field]
		note := func(text string, id int32) {
			for _, c := range ix.by[id] {
				for _, r := range c.rules {
					filed[r.ID] = append(filed[r.ID], f.name+"="+text)
				}
			}
		}
		for text, id := range f.literals {
			note(text, id)
		}
		for _, n := range f.numbers {
			note(fmt.Sprint(n.n), n.id)
		}
	}
	for _, c := range p.always {
		for _, r := range c.rules {
			filed[r.ID] = append(filed[r.ID], "always")
		}
	}
	for id, want := range map[string]string{
		"name": "eventName=a eventName=b", "source": "eventSource=x", "other": "userAgent=hack userAgent=tool",
		"either": "eventName=a eventName=c", "both": "always", "not": "always", "two-of": "eventName=a", "contains": "always",
		"number": "x=22 x=3389", "number-or-text": "x=22 x=3389", "more": "always",
	} {
		slices.Sort(filed[id])
		if got := strings.Join(filed[id], " "); got != want {
			t.Errorf("%s: filed under %s, want %s", id, got, want)
		}
	}
	if got := matches(set.Judge(), `{"eventName":["A","B","b"],"eventSource":"X"}`); !slices.Equal(got, []string{"both", "contains", "either", "name", "source"}) {
		t.Errorf("an array that hits several entries: %v", got)
	}
}

func TestARuleThatCannotMatchIsNamed(t *testing.T) {
	set := compiled(t, Options{Placeholders: func(n string) ([]string, bool) { return []string{"not an address"}, n == "sites" }},
		rule("lacks", "  s: {no_such: x, eventName: A}\n  condition: s\n"),
		rule("partly", "  s: {no_such: x}\n  t: {eventName: A}\n  condition: s or t\n"),
		rule("absence", "  s: {no_such: null, eventName: B}\n  condition: s\n"),
		rule("waits", "  s: {a|expand: '%studio.roles%'}\n  condition: s\n"),
		rule("unfit", "  s: {a|expand|cidr: '%sites%'}\n  condition: s\n"),
		strings.Replace(rule("foreign", "  s: {a: b}\n  condition: s\n"), "aws, service: cloudtrail", "windows, service: security", 1),
		strings.Replace(rule("unread", "  s: {a: b}\n  condition: s\n"), "cloudtrail", "cloudtrail_digest", 1),
		rule("fine", "  s: {a: b}\n  condition: s\n"))
	var got []string
	for _, i := range set.Idle() {
		got = append(got, fmt.Sprintf("%s: %s (partly %v)", i.Rule.ID, i.Reason, i.Partly))
	}
	want := []string{
		"lacks: its logs have no field no_such (partly false)",
		"partly: its logs have no field no_such; the rest of it is judged (partly true)",
		"absence: its logs have no field no_such; the rest of it is judged (partly true)",
		"waits: the studio file gives no values for studio.roles (partly false)",
		`unfit: with the studio's values: modifier |cidr needs a network such as 10.0.0.0/8 or 2001:db8::/32, not "not an address" (partly false)`,
		"foreign: no log of ours is its log source (windows security) (partly false)",
		"unread: nothing reads its log source yet (aws.cloudtrail_digest) (partly false)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	j := set.Judge()
	if got := matches(j, `{"eventName":"A","no_such":"x","a":"b"}`); !slices.Equal(got, []string{"fine", "partly"}) {
		t.Errorf("matches %v", got)
	}
	if got := matches(j, `{"eventName":"B"}`); !slices.Equal(got, []string{"absence"}) {
		t.Errorf("matches %v", got)
	}
}

func TestALineThatBeginsLikeJSONKeepsItsWords(t *testing.T) {
	linux := &plain{"linux.syslog", nil}
	doc := strings.Replace(rule("a", "  s: [promiscuous]\n  condition: s\n"), "aws, service: cloudtrail", "linux, service: kernel", 1)
	set, err := Compile(&Pack{Rules: sigma.Parse("x.yml", []byte(doc)).Rules}, []event.Schema{linux}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var s event.Scratch
	for _, line := range []string{
		"[ 12.345] device eth0 entered promiscuous mode", "{promiscuous", `["a" promiscuous]`, `{"msg": "promiscuous"}`, "[promiscuous: 1]",
	} {
		if got := set.Judge().Event(&event.Event{Schema: linux, Record: []byte(line)}, &s); len(got) != 1 {
			t.Errorf("no match: %s", line)
		}
	}
}

// TestAFilterThatWaitsForValuesIsLeftOut: a rule must not fall silent because
// the studio file lacks what only narrows it.
func TestAFilterThatWaitsForValuesIsLeftOut(t *testing.T) {
	docs := sigma.Parse("x.yml", []byte(rule("r", "  s: {a: x}\n  condition: s\n")+
		"---\ntitle: F\nlogsource: {product: aws}\nfilter: {rules: [r], known: {u|expand: '%friends%'}, condition: known}\n"))
	sigma.Link(&docs, nil)
	for _, friends := range [][]string{nil, {"ann"}} {
		set, err := Compile(&Pack{Rules: docs.Rules}, []event.Schema{cloudtrail}, Options{Placeholders: func(string) ([]string, bool) { return friends, friends != nil }})
		if err != nil {
			t.Fatal(err)
		}
		j := set.Judge()
		if ann, eve := len(matches(j, `{"a":"x","u":"ann"}`)), len(matches(j, `{"a":"x","u":"eve"}`)); ann != 1 || eve != map[bool]int{true: 1}[friends == nil] {
			t.Errorf("friends %v: %d and %d matches", friends, ann, eve)
		}
		if idle := set.Idle(); (len(idle) == 1) != (friends == nil) {
			t.Errorf("friends %v: idle %v", friends, idle)
		}
	}
}

func TestAnOptionalPlaceholderWithoutValuesHoldsForNothing(t *testing.T) {
	with := func(values ...string) *Set {
		return compiled(t, Options{Placeholders: func(string) ([]string, bool) { return values, len(values) > 0 }},
			rule("shared", "  s: {eventName: Share}\n  ours: {to|expand: '%account_ids%'}\n  condition: s and not ours\n")+"burstwatch: {optional: [account_ids]}\n")
	}
	for _, c := range []struct {
		set  *Set
		to   string
		want int
	}{{with(), "1", 1}, {with("1"), "1", 0}, {with("1"), "2", 1}} {
		if got := matches(c.set.Judge(), `{"eventName":"Share","to":"`+c.to+`"}`); len(got) != c.want {
			t.Errorf("shared with %s: %v", c.to, got)
		}
	}
	if idle := with().Idle(); len(idle) != 1 || !idle[0].Partly {
		t.Errorf("a rule that lacks what would make it quieter is noted as partly idle, not as %+v", idle)
	}
}

func TestPlaceholdersAreFilledFromTheStudio(t *testing.T) {
	set := compiled(t, Options{Placeholders: func(string) ([]string, bool) { return []string{"192.0.2.0/24", "198.51.100.7"}, true }},
		rule("away", "  s: {eventName: ConsoleLogin}\n  home: {ip|cidr|expand: '%sites%'}\n  condition: s and not home\n"))
	j := set.Judge()
	for ip, n := range map[string]int{"192.0.2.9": 0, "198.51.100.7": 0, "203.0.113.1": 1} {
		if got := matches(j, `{"eventName":"ConsoleLogin","ip":"`+ip+`"}`); len(got) != n {
			t.Errorf("%s: %v", ip, got)
		}
	}
}

func TestManyTextsAreSearchedForAtOnce(t *testing.T) {
	var docs []string
	for i := range 20 {
		docs = append(docs, rule(fmt.Sprint("r", i), fmt.Sprintf("  s: [word%d, 'other%d*end']\n  condition: s\n", i, i)))
	}
	docs = append(docs, rule("re", "  s: {'|re|i': 'x+PATTERN.y'}\n  condition: s\n"))
	set := compiled(t, Options{}, docs...)
	p := set.programs[cloudtrail]
	if len(p.always) != 0 || len(p.searches) != 1 || len(p.searches[0].by) != 41 {
		t.Errorf("%d always, %d searches", len(p.always), len(p.searches))
	}
	j := set.Judge()
	for record, want := range map[string]string{
		`{"a":"a word3, WORD17 and word3"}`:                "r1 r17 r3",
		`{"a":"other5 comes before the END","b":"word12"}`: "r1 r12 r5",
		`{"a":"end other5"}`:                               "",
		`{"a":"XXpattern_Y"}`:                              "re",
		`{"a":"wor","b":"d3"}`:                             "",
	} {
		if got := strings.Join(matches(j, record), " "); got != want {
			t.Errorf("%s: %s, want %s", record, got, want)
		}
	}
}

func TestSharedConditionsAreJudgedOnce(t *testing.T) {
	var docs []string
	for i := range 20 {
		docs = append(docs, rule(fmt.Sprint("r", i), fmt.Sprintf("  s: {arn|re: '.+:assumed-role/aws:.+'}\n  t: {x%d: 1}\n  condition: s or t\n", i)))
	}
	p := compiled(t, Options{}, docs...).programs[cloudtrail]
	if p.slots != 1 {
		t.Errorf("%d conditions are remembered, not 1", p.slots)
	}
}

func TestJudgingAllocatesNothing(t *testing.T) {
	set := compiled(t, Options{},
		rule("a", "  s: {eventName: Stop, args|contains: Needle, ip|cidr: 10.0.0.0/8, n|gt: 3, arn|re: 'role/.+'}\n  condition: s\n"),
		rule("b", "  s: [word]\n  condition: s\n"),
		rule("c", "  s: {at|hour: 9, list: [x, y], deep.list.name|endswith: z, ip|cidr: 192.0.2.0/24}\n  condition: not s\n"),
		rule("d", "  s: {ua: 'a*b?c'}\n  f: {arn|fieldref: other}\n  condition: s or not f\n"))
	j := set.Judge()
	records := [][]byte{
		[]byte(`{"eventName":"Stop","args":{"doc":"{\"x\":\"needle\"}","k":[1,2]},"ip":"10.2.3.4","n":"17","arn":"a:role/x","ua":"aXXbyc","other":"o"}`),
		[]byte(`{"eventName":"Start","ip":"ec2.amazonaws.com","at":"2026-01-02T09:00:00Z","list":["q","x"],"deep":{"list":[{"name":"az"}]},"s":"a W\u00f6rd word"}`),
		[]byte(`{"eventName":7,"ip":null,"at":"never","arn":"ÄÖ","n":{"a":"\\"}}`),
	}
	var s event.Scratch
	events := make([]event.Event, len(records))
	for i := range events {
		events[i] = event.Event{Schema: cloudtrail, Record: records[i]}
	}
	once := func() {
		for i := range events {
			s.Reset()
			j.Event(&events[i], &s)
		}
	}
	once()
	most := 0.0
	if testing.Short() { // under the race detector pools lose a quarter of what they are given
		most = 3
	}
	if n := testing.AllocsPerRun(100, once); n > most {
		t.Errorf("%v allocations for %d events", n, len(events))
	}
}

func TestJudgesOfOneSetWorkSideBySide(t *testing.T) {
	set := compiled(t, Options{searchFrom: 1},
		rule("a", "  s: {eventName: A, x|contains: y, z|re: 'q+'}\n  condition: s\n"), rule("b", "  s: [needle, haystack]\n  condition: s\n"))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			j := set.Judge()
			for range 200 {
				if got := matches(j, `{"eventName":"a","x":"XYZ","z":"qq","n":"a Needle"}`); len(got) != 2 {
					t.Errorf("%v", got)
				}
			}
		})
	}
	wg.Wait()
}

func TestGenerationsMayWrap(t *testing.T) {
	set := compiled(t, Options{}, rule("a", "  s: {eventName: A}\n  t: {x|contains: y}\n  condition: s and t\n"), rule("b", "  t: {x|contains: y}\n  condition: t\n"))
	j := set.Judge()
	j.runs[cloudtrail].gen = 1<<31 - 3
	for range 6 {
		if got := matches(j, `{"eventName":"A","x":"xyz"}`); len(got) != 2 {
			t.Fatalf("matches %v", got)
		}
		if got := matches(j, `{"eventName":"B"}`); len(got) != 0 {
			t.Fatalf("matches %v", got)
		}
	}
}

func TestEventsOfUnknownDatasetsMatchNothing(t *testing.T) {
	j := compiled(t, Options{}, rule("a", "  s: [x]\n  condition: s\n")).Judge()
	var s event.Scratch
	for _, ev := range []event.Event{{Record: []byte("x")}, {Schema: &plain{dataset: "aws.vpcflow"}, Record: []byte("x")}, {Alert: true}} {
		if got := j.Event(&ev, &s); len(got) > 0 {
			t.Errorf("%v", got)
		}
	}
}

func TestKeywordsReadTextRecordsWhole(t *testing.T) {
	linux := &plain{"linux.auth", nil}
	doc := strings.Replace(rule("a", "  s: [' dev/tcp']\n  condition: s\n"), "aws, service: cloudtrail", "linux, service: sshd", 1)
	pack := &Pack{Rules: sigma.Parse("x.yml", []byte(doc)).Rules}
	set, err := Compile(pack, []event.Schema{linux}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var s event.Scratch
	ev := event.Event{Schema: linux, Record: []byte("Nov  5 09:00:00 host sshd[1]: cat  DEV/tcp/1 \n")}
	if got := set.Judge().Event(&ev, &s); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestFoldingIsThatOfUnicode(t *testing.T) {
	for _, r := range []rune{'A', 'z', 'K', '\u212A', 'ſ', 'Σ', 'ς', 'ß', 'ẞ', 'İ', 'ı', 'Ω', '\u2126', 'Ǆ', 'ǅ', '字'} {
		for _, q := range []rune{'A', 'a', 'k', 'K', 's', 'S', 'σ', 'ß', 'i', 'ı', 'ω', 'ǆ', '字'} {
			if a, b := fold(string(r)) == fold(string(q)), strings.EqualFold(string(r), string(q)); a != b {
				t.Errorf("%c and %c: %v, want %v", r, q, a, b)
			}
		}
	}
	for n := range 40 {
		text := strings.Repeat("AbZ[@`{z", 6)[:n] + "Ü\xFF"
		if got := fold(text); got != strings.ToLower(text[:n])+"Ü\xFF" {
			t.Errorf("%q", got)
		}
	}
}

func TestScalarsOfJSON(t *testing.T) {
	var got []string
	for _, v := range appendScalars(nil, []byte(` {"a" : "x\"y", "b":[1, -2.5e3,true,null,{"c":""}] ,"d\\":false}`)) {
		got = append(got, string(appendText(nil, v)))
	}
	want := []string{`x"y`, "1", "-2.5e3", "true", "", "false"}
	if !slices.Equal(got, want) {
		b, _ := json.Marshal(got) //nolint:errchkjson // strings
		t.Errorf("%s", b)
	}
}
