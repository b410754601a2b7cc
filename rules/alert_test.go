package rules

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// ecsPlain is plain with a few ECS fields. Its records hold the secret
// "hunter2", which Fields redacts and Getter shows, as the contract has it.
type ecsPlain struct{ plain }

var ecsNames = []struct {
	key event.Key
	raw string
}{
	{event.KeyTimestamp, "eventTime"}, {event.KeyAWSCloudtrailErrorCode, "errorCode"}, {event.KeyCloudAccountID, "account"},
	{event.KeyEventAction, "eventName"}, {event.KeyEventID, "eventID"}, {event.KeyEventOriginal, ""}, {event.KeyRelatedUser, "users"},
	{event.KeySourceAddress, "ip"}, {event.KeySourceIP, "ip"}, {event.KeyStudioIdentityPerson, "person"}, {event.KeyUserName, "user"},
}

func (e *ecsPlain) Getter(name string) event.Getter {
	for _, n := range ecsNames {
		if n.key.String() == name {
			return e.plain.Getter(n.raw)
		}
	}
	return e.plain.Getter(name)
}

func (e *ecsPlain) Fields(dst []event.Field, ev *event.Event, s *event.Scratch) []event.Field {
	ev.DeliveryID = e.ID(ev, s)
	clean := bytes.ReplaceAll(ev.Record, []byte("hunter2"), []byte("REDACTED"))
	for _, n := range ecsNames {
		if n.raw == "" {
			dst = append(dst, event.Field{Key: n.key, Value: event.Text(clean)})
			continue
		}
		values := jsonscan.CompilePath(n.raw).Append(nil, clean, s)
		if n.key.Definition().Array {
			b := []byte{'['}
			for i, v := range values {
				if i > 0 {
					b = append(b, ',')
				}
				b = event.AppendValue(b, v)
			}
			dst = append(dst, event.Field{Key: n.key, Value: event.RawJSON(append(b, ']'))})
		} else if len(values) > 0 {
			dst = append(dst, event.Field{Key: n.key, Value: values[0]})
		}
	}
	return dst
}

var withECS = &ecsPlain{plain{"aws.cloudtrail", []string{"eventName"}}}

const alertRule = `title: Trail stopped
id: trail-stopped
author: Ann One, Bob Two
license: DRL-1.1
references: [https://example.com/why]
modified: 2026-11-01
tags: [attack.t1562.008]
description: The trail was stopped.
logsource: {product: aws, service: cloudtrail}
detection:
  s: {eventName: StopLogging}
  condition: s
fields: [requestParameters.name, requestParameters.password, users, absent]
level: critical
burstwatch:
  control: ["8.1"]
  message: "{who} stopped {requestParameters.name} with {requestParameters.password} from {where} in {account} ({nothing|'no more'}, {absent}){refused}"
  do: [Start it again]
  ruled_out: [a template, {what: another account, with: account_ids}, {what: a deployer, with: deployer_roles}]
`

const stopped = `{"eventName":"StopLogging","eventID":"e-1","person":"ada","user":"role","users":["ada","role"],"ip":"192.0.2.1","account":"111111111111","errorCode":"Denied","requestParameters":{"name":"trail \u001b[2J\n\"x\"","password":"hunter2"}}`

// alertsOf judges one record and returns its alerts. The batch is poisoned
// after that: an alert that kept its bytes would show it.
func alertsOf(t testing.TB, doc, record string) []*event.Event {
	t.Helper()
	pack := loadDoc(t, doc)
	set, err := Compile(pack, []event.Schema{withECS}, Options{
		Placeholders: func(name string) ([]string, bool) { return []string{"111111111111"}, name == "account_ids" },
	})
	if err != nil {
		t.Fatal(err)
	}
	b := event.NewBatch(1<<12, nil)
	b.Poison()
	b.Origin = &event.Origin{Source: "local", Name: "s3://trail/a.json.gz", Identity: []byte("x")}
	b.Created = 2e18
	b.Buf = append(b.Buf, record...)
	ev := b.Add(0)
	ev.Schema, ev.Record, ev.Time, ev.Number, ev.Offset = withECS, b.Buf, 1793870062e9, 41, 1234
	j := set.Judge()
	var scratch event.Scratch
	var out []*event.Event
	for _, r := range slices.Clone(j.Event(ev, &scratch)) {
		out = append(out, tell(j, ev, r, &scratch))
	}
	b.Reuse(nil)
	j.maker.s.Reset()
	return out
}

// tell is the alert of one match.
func tell(j *Judge, ev *event.Event, r *Rule, s *event.Scratch) *event.Event {
	group := j.Subject(ev, s).Group(nil)
	c := Telling{
		ID: CaseID(r.ID, group, nil, Bucket(ev.Time, Span)), Revision: 1, State: Final, Count: 1, First: ev.Time, Last: ev.Time,
		Created: ev.Created, Sample: j.Sample(nil, ev, r), Evidence: [][]byte{j.Evidence(nil, ev, s)},
		Complete: true, Through: ev.Time + 60e9,
	}
	t := Teller{Page: "https://burstwatch.studio.example"}
	out := t.Alert(r, &c)
	fill := c.Sample[:cap(c.Sample)]
	clear(fill) // an alert has memory of its own
	return out
}

func loadDoc(t testing.TB, docs ...string) *Pack {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rules.yml"), []byte(strings.Join(docs, "\n---\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return load(t, dir)
}

func TestAnAlertSaysEverythingAndKeepsNothing(t *testing.T) {
	alerts := alertsOf(t, alertRule, stopped)
	if len(alerts) != 1 || !alerts[0].Alert || alerts[0].DeliveryID == (event.ID{}) {
		t.Fatalf("%+v", alerts)
	}
	doc := event.AppendDocument(nil, alerts[0].Made)
	var out bytes.Buffer
	if err := json.Indent(&out, doc, "", "  "); err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	out.WriteByte('\n')
	const file = "testdata/alert.json"
	if *update {
		if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}

func TestNoSecretReachesAnAlert(t *testing.T) {
	plainRule := strings.Split(alertRule, "burstwatch:")[0]
	for _, doc := range []string{alertRule, plainRule} {
		for _, a := range alertsOf(t, doc, stopped) {
			if b := event.AppendDocument(nil, a.Made); bytes.Contains(b, []byte("hunter2")) {
				t.Errorf("%s", b)
			}
		}
	}
}

func TestMatchesOfOneRuleAndSubjectAreOneCase(t *testing.T) {
	of := func(doc, record string) event.ID { return alertsOf(t, doc, record)[0].DeliveryID }
	first := of(alertRule, stopped)
	if again := of(strings.ReplaceAll(alertRule, "{who}", "Somebody"), strings.Replace(stopped, "e-1", "e-2", 1)); again != first {
		t.Errorf("%s and %s", first, again)
	}
	for what, other := range map[string]event.ID{
		"person":  of(alertRule, strings.Replace(stopped, `"person":"ada"`, `"person":"bob"`, 1)),
		"address": of(alertRule, strings.Replace(stopped, "192.0.2.1", "192.0.2.2", 1)),
		"rule":    of(strings.ReplaceAll(alertRule, "id: trail-stopped", "id: another"), stopped),
	} {
		if other == first {
			t.Errorf("another %s, and the same case", what)
		}
	}
}

func TestARuleWithoutMessageSaysWhatItCan(t *testing.T) {
	doc := "title: Stop\nid: x\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  s: {eventID|exists: true}\n  condition: s\n"
	for record, want := range map[string]string{
		stopped:                           "Stop: ada, StopLogging from 192.0.2.1 in account 111111111111 (refused: Denied)",
		`{"eventID":1,"eventName":"Go"}`:  "Stop: Go",
		`{"eventID":1,"user":"r"}`:        "Stop: r",
		`{"eventID":1,"person":"a\tb\n"}`: `Stop: a\tb\n`,
		`{"eventID":1}`:                   "Stop",
		`{"eventID":1,"user":"` + strings.Repeat("é", 300) + `"}`: "Stop: " + strings.Repeat("é", 100) + "…",
	} {
		v := view{fields: alertsOf(t, doc, record)[0].Made}
		if got := string(v.key(event.KeyMessage).Bytes); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestMadeFieldsAreSortedAndUnique(t *testing.T) {
	made := alertsOf(t, alertRule, stopped)[0].Made
	for i := 1; i < len(made); i++ {
		if made[i-1].Key >= made[i].Key {
			t.Errorf("%s before %s", made[i-1].Key, made[i].Key)
		}
	}
}

func TestSubjectsAreTheHumanAndTheAddress(t *testing.T) {
	set, err := Compile(&Pack{}, []event.Schema{withECS}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	j := set.Judge()
	var s event.Scratch
	for record, want := range map[string]Subject{
		`{"person":"ada","user":"role","ip":"192.0.2.1"}`: {"ada", "192.0.2.1"},
		`{"user":"ro\u006ce"}`:                            {"role", ""},
		`{}`:                                              {},
	} {
		ev := event.Event{Schema: withECS, Record: []byte(record)}
		if got := j.Subject(&ev, &s); got != want {
			t.Errorf("%s: %+v", record, got)
		}
		if n := testing.AllocsPerRun(10, func() { j.Subject(&ev, &s) }); n > 0 {
			t.Errorf("%v allocations for a subject seen before", n)
		}
	}
	if got := j.Subject(&event.Event{}, &s); got != (Subject{}) {
		t.Errorf("%+v", got)
	}
}
