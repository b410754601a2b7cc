package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/sinks"
)

var ctx = context.Background()

func TestAnEventIsFoundByEachOfItsColumns(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{Search: true})
	ours := fact{id: "1", dataset: "aws.vpcflow", action: "accept", outcome: "failure", account: "222222222222", region: "eu-west-1", user: "bo", ip: "203.0.113.7", production: "SABLE", at: noon.Add(time.Hour)}
	mustWrite(t, s, ours.event(), fact{id: "2"}.event(), fact{id: "3", at: noon.Add(-time.Hour)}.event())
	for name, f := range map[string]Filter{
		"dataset": {Dataset: "aws.vpcflow"}, "action": {Action: "accept"}, "outcome": {Outcome: "failure"}, "account": {Account: "222222222222"},
		"region": {Region: "eu-west-1"}, "user": {User: "bo"}, "address": {SourceIP: "203.0.113.7"}, "production": {Production: "SABLE"},
		"beginning": {SourceIP: "203.0.*"}, "from": {From: noon.Add(time.Minute)}, "range": {From: noon.Add(time.Hour), To: noon.Add(time.Hour + 1)},
		"all at once": {Dataset: "aws.vpcflow", Account: "222222222222", User: "b*", Production: "SABLE", Outcome: "failure", Text: "accept"},
	} {
		p := paged[EventRow](t)(s.Store().Events(ctx, f))
		if len(p.list) != 1 || p.list[0].User != "bo" || p.next != "" {
			t.Errorf("%s: %+v", name, p)
			continue
		}
		e := must[*EventRow](t)(s.Store().Event(ctx, p.list[0].DeliveryID))
		if !strings.Contains(string(e.Doc), `"203.0.113.7"`) {
			t.Errorf("%s: document %s", name, e.Doc)
		}
	}
	for name, f := range map[string]Filter{"to": {To: noon}, "other case": {User: "ADA.K@studio.example"}, "wildcard in the middle": {User: "a*k"}} {
		p := paged[EventRow](t)(s.Store().Events(ctx, f))
		if want := map[string]int{"to": 1}[name]; len(p.list) != want {
			t.Errorf("%s: %d events", name, len(p.list))
		}
	}
	if _, err := s.Store().Event(ctx, "00"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

// TestListsAreWholeAndInOrderWhateverThePage compares with a plain sort.
func TestListsAreWholeAndInOrderWhateverThePage(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{Search: true})
	var times []time.Time
	for i := range 300 {
		at := noon.Add(time.Duration(i*7919%100) * 400 * time.Millisecond)
		if i%50 == 0 {
			at = noon.AddDate(i/10-50, 0, 0)
		}
		times = append(times, at)
		mustWrite(t, s, fact{id: fmt.Sprint(i), at: at, action: "A" + fmt.Sprint(i%2)}.event(), charge{id: fmt.Sprint("c", i), at: at}.event())
	}
	for _, f := range []Filter{{}, {Oldest: true}, {Text: "ada"}, {Text: "ada", Oldest: true}} {
		f.Limit = 7
		var got []int64
		for {
			p := paged[EventRow](t)(s.Store().Events(ctx, f))
			for i := range p.list {
				got = append(got, p.list[i].Time.Unix())
			}
			if f.Cursor = p.next; p.next == "" {
				break
			}
		}
		inOrder(t, f, got, times)
		got = nil
		f.Text = ""
		for f.Cursor = ""; ; {
			p := paged[AlertRow](t)(s.Store().Alerts(ctx, f))
			for i := range p.list {
				got = append(got, p.list[i].Time.Unix())
			}
			if f.Cursor = p.next; p.next == "" {
				break
			}
		}
		inOrder(t, f, got, times)
	}
}

// inOrder compares to the second: within one, events stand as they were stored.
func inOrder(t *testing.T, f Filter, got []int64, times []time.Time) {
	t.Helper()
	var want []int64
	for _, at := range times {
		want = append(want, at.Unix())
	}
	slices.Sort(want)
	if !f.Oldest {
		slices.Reverse(want)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v: got %d rows %v, want %d %v", f, len(got), got, len(want), want)
	}
}

func TestARepeatIsNotStoredAgain(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{Search: true})
	e := fact{id: "1"}.event()
	later := fact{id: "1", at: noon.Add(time.Hour), user: "read again with another clock"}.event()
	mustWrite(t, s, e, e)
	mustWrite(t, s, later)
	mustWrite(t, s, fact{id: "2"}.event(), e)
	p := paged[EventRow](t)(s.Store().Events(ctx, Filter{}))
	if len(p.list) != 2 || p.list[0].User != "ada.k@studio.example" {
		t.Errorf("%+v", p.list)
	}
	if p := paged[EventRow](t)(s.Store().Events(ctx, Filter{Text: "clock"})); len(p.list) != 0 {
		t.Errorf("the repeat is in the full-text index")
	}
	if o := must[[]Origin](t)(s.Store().Sources(ctx)); len(o) != 1 || o[0].Events != 2 || !o[0].Last.Equal(noon) {
		t.Errorf("%+v", o)
	}
}

func TestTheNewestRevisionOfAnAlertStands(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{Search: true})
	first, second := fact{id: "1"}.event(), fact{id: "2"}.event()
	mustWrite(t, s, first, charge{id: "c02e", revision: 2, count: 5, message: "second telling", evidence: []*event.Event{first, second}}.event())
	mustWrite(t, s, charge{id: "c02e", revision: 1, message: "first telling"}.event(), second)
	a := must[*Alert](t)(s.Store().Alert(ctx, "c02e"))
	if a.Revision != 2 || a.Count != 5 || a.Message != "second telling" || len(a.Evidence) != 2 {
		t.Errorf("%+v", a)
	}
	for i, e := range a.Evidence {
		if e.Event == nil || e.EventID != fmt.Sprint("e-", i) || e.Record != int64(i) || e.Object != "s3://org-trail/x.json.gz" {
			t.Errorf("evidence %d: %+v", i, e)
		}
	}
	mustWrite(t, s, charge{id: "c02e", revision: 3, state: "retracted", message: "third telling"}.event())
	if p := paged[AlertRow](t)(s.Store().Alerts(ctx, Filter{})); len(p.list) != 0 {
		t.Errorf("a retracted alert is listed: %+v", p.list)
	}
	if p := paged[AlertRow](t)(s.Store().Alerts(ctx, Filter{State: "any", Text: "third"})); len(p.list) != 1 {
		t.Errorf("%+v", p.list)
	}
	if p := paged[AlertRow](t)(s.Store().Alerts(ctx, Filter{State: "any", Text: "second"})); len(p.list) != 0 {
		t.Errorf("found by a word of an older revision: %+v", p.list)
	}
}

// TestRevisionsInAnyOrderEndAlike writes the revisions of a case in any order,
// repeated and in any batches.
func TestRevisionsInAnyOrderEndAlike(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{Search: true})
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		id := fmt.Sprintf("case-%d", n)
		order := rapid.SliceOfN(rapid.Int64Range(1, 5), 1, 12).Draw(r, "revisions")
		for rest := order; len(rest) > 0; {
			k := rapid.IntRange(1, len(rest)).Draw(r, "batch")
			var batch []*event.Event
			for _, rev := range rest[:k] {
				batch = append(batch, charge{id: id, revision: rev, count: rev * 10}.event())
			}
			if err := s.Write(ctx, batch); err != nil {
				r.Fatal(err)
			}
			rest = rest[k:]
		}
		a, err := s.Store().Alert(ctx, id)
		if err != nil || a.Revision != slices.Max(order) || a.Count != 10*slices.Max(order) {
			r.Fatalf("%+v %v", a, err)
		}
	})
}

func TestAlertsAreFiltered(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{})
	mustWrite(t, s,
		charge{id: "aa11", level: "critical", control: "9.2 9.3", subject: "halo-render", account: "222222222222", rule: "kms", message: "Key used by another production", at: noon}.event(),
		charge{id: "bb22", level: "low", control: "10.1", at: noon.Add(time.Hour)}.event(),
		charge{id: "cc33", level: "high", control: "1.3", state: "retracted"}.event(),
	)
	for name, c := range map[string]struct {
		f    Filter
		want string
	}{
		"all": {Filter{}, "bb22 aa11"}, "oldest first": {Filter{Oldest: true}, "aa11 bb22"}, "severity": {Filter{MinSeverity: 47}, "aa11"},
		"control": {Filter{Control: "9.3"}, "aa11"}, "section": {Filter{Control: "9"}, "aa11"}, "section 1 is not 10": {Filter{Control: "1"}, ""},
		"subject": {Filter{User: "halo-render"}, "aa11"}, "account": {Filter{Account: "222222222222"}, "aa11"}, "rule": {Filter{RuleID: "kms"}, "aa11"},
		"text": {Filter{Text: "production key"}, "aa11"}, "exclusion": {Filter{Text: "-production"}, "bb22"}, "time": {Filter{From: noon.Add(time.Second)}, "bb22"},
		"retracted": {Filter{State: "retracted"}, "cc33"}, "any": {Filter{State: "any"}, "bb22 cc33 aa11"}, "phrase": {Filter{Text: `"another production"`}, "aa11"},
		"other order": {Filter{Text: `"production another"`}, ""},
	} {
		p := paged[AlertRow](t)(s.Store().Alerts(ctx, c.f))
		var got []string
		for i := range p.list {
			got = append(got, p.list[i].ID)
		}
		if strings.Join(got, " ") != c.want && name != "any" || len(got) != len(strings.Fields(c.want)) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	v := must[Values](t)(s.Store().AlertValues(ctx))
	if !slices.Equal(v.Controls, []string{"1.3", "9.2", "9.3", "10.1"}) || len(v.Accounts) != 2 || len(v.Rules) != 2 {
		t.Errorf("%+v", v)
	}
}

func TestAShortIDFindsItsAlertUnlessTwoHaveIt(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{})
	mustWrite(t, s, charge{id: "aaaa1"}.event(), charge{id: "bbbb1", short: "A-same"}.event(), charge{id: "bbbb2", short: "A-same"}.event())
	if a := must[*Alert](t)(s.Store().Alert(ctx, "A-aaaa")); a.ID != "aaaa1" {
		t.Errorf("%+v", a)
	}
	if _, err := s.Store().Alert(ctx, "A-same"); !errors.Is(err, ErrAmbiguous) {
		t.Error(err)
	}
	if _, err := s.Store().Alert(ctx, "A-none"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func TestALoopOfDenialsIsOneGroup(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{})
	for i := range 30 {
		mustWrite(t, s, charge{id: fmt.Sprintf("loop%d", i), subject: "render", rule: "denied", count: 2, at: noon.Add(time.Duration(i) * time.Second)}.event())
	}
	mustWrite(t, s, charge{id: "other", subject: "ada", rule: "denied", at: noon.Add(10 * time.Second)}.event())
	p := paged[AlertGroup](t)(s.Store().AlertGroups(ctx, Filter{Limit: 1}))
	if len(p.list) != 1 || p.next != "1" {
		t.Fatalf("%+v", p)
	}
	g := p.list[0]
	if g.ID != "loop29" || g.Cases != 30 || g.Matches != 60 || !g.Earliest.Equal(noon) || !g.Latest.Equal(noon.Add(29*time.Second)) || g.Worst != 73 {
		t.Errorf("%+v", g)
	}
	p = paged[AlertGroup](t)(s.Store().AlertGroups(ctx, Filter{Limit: 1, Cursor: "1"}))
	if len(p.list) != 1 || p.list[0].ID != "other" || p.next != "" {
		t.Errorf("%+v", p)
	}
	mustWrite(t, s, charge{id: "worst", subject: "bo", level: "critical", at: noon.Add(-time.Hour)}.event())
	for name, f := range map[string]Filter{"worst": {Worst: true, Limit: 1}, "oldest": {Oldest: true, Limit: 1}} {
		if p := paged[AlertGroup](t)(s.Store().AlertGroups(ctx, f)); p.list[0].ID != "worst" {
			t.Errorf("%s first: %+v", name, p.list)
		}
	}
}

func TestHistogramsCountEverythingOnce(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{})
	for i := range 100 {
		mustWrite(t, s, fact{id: fmt.Sprint(i), at: noon.Add(time.Duration(i) * 13 * time.Minute)}.event(),
			charge{id: fmt.Sprint("c", i), level: []string{"low", "critical"}[i%2], at: noon.Add(time.Duration(i) * 13 * time.Minute)}.event())
	}
	for _, bars := range []int{1, 7, 24, 60} {
		var sum, critical int64
		alerts := must[[]Bar](t)(s.Store().AlertHistogram(ctx, Filter{}, bars))
		for _, b := range alerts {
			sum, critical = sum+b.Count, critical+b.Levels[4]
		}
		events := int64(0)
		for _, b := range must[[]Bar](t)(s.Store().EventHistogram(ctx, Filter{}, bars)) {
			events += b.Count
		}
		if sum != 100 || critical != 50 || events != 100 || len(alerts) > bars {
			t.Errorf("%d bars: %d alerts, %d critical, %d events, %d bars", bars, sum, critical, events, len(alerts))
		}
	}
	if b := must[[]Bar](t)(s.Store().AlertHistogram(ctx, Filter{User: "nobody"}, 10)); b != nil {
		t.Errorf("%+v", b)
	}
	if b := must[[]Bar](t)(s.Store().EventHistogram(ctx, Filter{From: noon.Add(5 * time.Hour), To: noon.Add(7 * time.Hour)}, 10)); len(b) != 2 || b[0].Count+b[1].Count != 9 {
		t.Errorf("%+v", b)
	}
}

func TestMoreEventsThanASecondHoldsAreAllFound(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{Search: true})
	second := noon.Unix()
	full := (second+1)<<seqBits - 2
	s.ids[second] = full // as if so many had been stored
	var events []*event.Event
	for i := range 5 {
		events = append(events, fact{id: fmt.Sprint(i)}.event())
	}
	mustWrite(t, s, append(events, fact{id: "next", at: noon.Add(time.Second)}.event())...)
	for _, text := range []string{"", "decrypt"} {
		p := paged[EventRow](t)(s.Store().Events(ctx, Filter{From: noon, To: noon.Add(time.Nanosecond), Text: text}))
		if len(p.list) != 5 {
			t.Errorf("%q: %d of 5", text, len(p.list))
		}
	}
	if p := paged[EventRow](t)(s.Store().Events(ctx, Filter{From: noon.Add(time.Second)})); len(p.list) != 1 {
		t.Errorf("%d events of the next second", len(p.list))
	}
}

func TestWhatCannotBeStoredCostsItselfAlone(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{Search: true})
	noCase := charge{id: "x"}.event()
	noCase.Doc = []byte(`{"event":{"kind":"alert"}}`)
	err := s.Write(ctx, []*event.Event{fact{id: "1"}.event(), {}, noCase, fact{id: "2"}.event()})
	var partial *sinks.PartialError
	if !errors.As(err, &partial) || len(partial.Retry) != 0 || len(partial.Reject) != 2 || partial.Reject[0].Index != 1 || partial.Reject[1].Index != 2 {
		t.Errorf("%v", err)
	}
	if p := paged[EventRow](t)(s.Store().Events(ctx, Filter{})); len(p.list) != 2 {
		t.Errorf("%d events", len(p.list))
	}
}

func TestRubbishIsKeptAsItIs(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{Search: true})
	for i, doc := range []string{`{}`, `null`, `{"event":`, "\x00\xff", `{"user":{"name":"\ud800"}}`, `{"@timestamp":"9999-12-31T23:59:59Z"}`, `{"@timestamp":"0001-01-01T00:00:00Z"}`, `{"a":"` + strings.Repeat("x", 1<<20) + `"}`} {
		mustWrite(t, s, &event.Event{Doc: []byte(doc), DeliveryID: event.ID{byte(i + 1)}})
		if e := must[*EventRow](t)(s.Store().Event(ctx, event.ID{byte(i + 1)}.String())); string(e.Doc) != doc {
			t.Errorf("%q came back as %q", doc, e.Doc)
		}
	}
	// Two of the same without an id are one.
	mustWrite(t, s, &event.Event{Doc: []byte(`{"n":1}`)}, &event.Event{Doc: []byte(`{"n":1}`)}, &event.Event{Doc: []byte(`{"n":2}`)})
	if p := paged[EventRow](t)(s.Store().Events(ctx, Filter{})); len(p.list) != 10 {
		t.Errorf("%d events", len(p.list))
	}
}

func TestACallerThatGivesUpGetsItsError(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{Search: true})
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := s.Write(gone, []*event.Event{fact{id: "1"}.event()}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, _, err := s.Store().Events(gone, Filter{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	mustWrite(t, s, fact{id: "1"}.event())
	for _, f := range []Filter{{Cursor: "x"}, {Cursor: "1.2.3"}, {Text: strings.Repeat("a ", 30)}} {
		if _, _, err := s.Store().Events(ctx, f); !errors.Is(err, ErrFilter) {
			t.Errorf("%+v: %v", f, err)
		}
		if _, _, err := s.Store().Alerts(ctx, f); !errors.Is(err, ErrFilter) {
			t.Errorf("%+v: %v", f, err)
		}
	}
}
