package window_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
	"github.com/burstwatch/burstwatch/rules/window"
)

// plain is a dataset of flat JSON records.
type plain struct{}

var schema = &plain{}

var ecs = map[string]string{"event.id": "id", "user.name": "user", "source.ip": "ip", "event.action": "eventName"}

func (*plain) Dataset() string { return "aws.cloudtrail" }
func (*plain) Index() []string { return []string{"eventName"} }
func (*plain) Getter(name string) event.Getter {
	if raw, ok := ecs[name]; ok {
		name = raw
	}
	path := jsonscan.CompilePath(name)
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
		return path.Append(dst, ev.Record, s)
	})
}

func (p *plain) Fields(dst []event.Field, ev *event.Event, s *event.Scratch) []event.Field {
	ev.DeliveryID = p.ID(ev, s)
	for _, k := range []event.Key{event.KeyEventAction, event.KeyEventID, event.KeySourceIP, event.KeyUserName} {
		for _, v := range p.Getter(k.String()).Append(nil, ev, s) {
			dst = append(dst, event.Field{Key: k, Value: v})
		}
	}
	return dst
}

func (p *plain) ID(ev *event.Event, s *event.Scratch) event.ID {
	return event.HashID(s, p.text(ev, "id"))
}

func (p *plain) text(ev *event.Event, name string) []byte {
	var s event.Scratch
	for _, v := range p.Getter(name).Append(nil, ev, &s) {
		return v.Bytes
	}
	return nil
}

// record is one event of a test.
type record struct {
	at     int64 // minutes
	id     int
	user   string
	name   string
	object int // its origin, and its place there
	offset int64
}

const minute = int64(time.Minute)

// batchOf is a batch of records of one object; the memory of those before is
// overwritten.
func batchOf(list []record) *event.Batch {
	b := event.NewBatch(1<<10, nil)
	b.Origin = &event.Origin{Source: "test", Name: fmt.Sprint("object ", list[0].object), Identity: fmt.Append(nil, "object", list[0].object)}
	b.Created = 1e18
	b.Start, b.End = list[0].offset, list[len(list)-1].offset+1
	for _, r := range list {
		ev := b.Add(0)
		ev.Schema, ev.Time, ev.Offset = schema, r.at*minute, r.offset
		ev.Record = fmt.Appendf(nil, `{"id":"%d","user":"%s","eventName":"%s","ip":"192.0.2.1"}`, r.id, r.user, r.name)
	}
	return b
}

const stateless = `title: Denied
id: denied
logsource: {product: aws, service: cloudtrail}
detection:
  s: {eventName: Deny}
  condition: s
level: medium
---
title: Anything
id: anything
logsource: {product: aws, service: cloudtrail}
detection:
  s: {eventName|exists: true}
  condition: s
level: informational
`

// testRule is a stateful rule made of functions.
type testRule struct {
	sigma   *sigma.Rule
	span    detect.Span
	observe func(ev *event.Event, out *detect.Notes)
	judge   func(w *detect.Window) []detect.Case
}

func (r *testRule) Rule() *sigma.Rule                    { return r.sigma }
func (r *testRule) Span() detect.Span                    { return r.span }
func (r *testRule) Judge(w *detect.Window) []detect.Case { return r.judge(w) }
func (r *testRule) Observer(s event.Schema) detect.Observer {
	if s != schema {
		return nil
	}
	return &testObserver{r: r}
}

type testObserver struct {
	r    *testRule
	sums map[string]int64
}

func (o *testObserver) Event(ev *event.Event, s *event.Scratch, out *detect.Notes) {
	if o.r.observe != nil {
		o.r.observe(ev, out)
		return
	}
	if o.sums == nil {
		o.sums = map[string]int64{}
	}
	if out.Counted(ev) {
		return
	}
	user := string(schema.text(ev, "user"))
	o.sums[fmt.Sprint(user, " ", ev.Time/(5*minute))]++
}

func (o *testObserver) Flush(out *detect.Notes) {
	for k, n := range o.sums {
		user, at, _ := strings.Cut(k, " ")
		var five int64
		fmt.Sscan(at, &five)
		out.Add(detect.Note{Group: []byte(user), Time: five * 5 * minute, Join: detect.Sum, Value: detect.AppendSums(nil, n)})
	}
	clear(o.sums)
}

func ruleOf(id string, span detect.Span) *testRule {
	return &testRule{sigma: &sigma.Rule{ID: id, Title: id, Hash: "1", Level: sigma.High}, span: span}
}

func note(ev *event.Event, out *detect.Notes, value string) {
	var s event.Scratch
	out.Add(detect.Note{Group: schema.text(ev, "user"), Time: ev.Time, ID: schema.ID(ev, &s), Value: []byte(value), Event: out.Evidence(ev, &s)})
}

// statefulRules are of every kind: a count in a bucket, a pair in order across
// buckets, a sum, and an absence.
func statefulRules() []detect.Rule {
	const hour = time.Hour
	many := ruleOf("many", detect.Span{Bucket: hour})
	many.observe = func(ev *event.Event, out *detect.Notes) {
		if string(schema.text(ev, "eventName")) == "Deny" {
			note(ev, out, "")
		}
	}
	many.judge = func(w *detect.Window) (out []detect.Case) {
		for from := w.From; from < w.To; from += int64(hour) {
			out = append(out, atLeast(w, from, from+int64(hour), 3)...)
		}
		return out
	}
	pair := ruleOf("pair", detect.Span{Bucket: hour, Before: 30 * time.Minute})
	pair.observe = func(ev *event.Event, out *detect.Notes) {
		if name := string(schema.text(ev, "eventName")); name == "Start" || name == "Stop" {
			note(ev, out, name)
		}
	}
	pair.judge = pairs
	absent := ruleOf("absent", detect.Span{Bucket: hour, After: 20 * time.Minute})
	absent.observe, absent.judge = pair.observe, absences
	unanswered := ruleOf("unanswered", absent.span)
	unanswered.observe, unanswered.judge = pair.observe, func(w *detect.Window) []detect.Case {
		now := *w
		now.Through = math.MaxInt64 // does not wait: what comes later refutes it
		return absences(&now)
	}
	sums := ruleOf("sums", detect.Span{Bucket: hour})
	sums.judge = func(w *detect.Window) (out []detect.Case) {
		for from := w.From; from < w.To; from += int64(hour) {
			var n, first int64
			for _, x := range w.Notes {
				if x.Time >= from && x.Time < from+int64(hour) {
					if n == 0 {
						first = x.Time
					}
					n += detect.Sums(x.Value, 1)[0]
				}
			}
			if n >= 4 {
				out = append(out, detect.Case{Time: from, First: first, Last: first, Count: n, About: -1, Fields: []detect.Field{{Name: "total", Value: fmt.Sprint(n)}}})
			}
		}
		return out
	}
	return []detect.Rule{many, pair, absent, unanswered, sums}
}

// atLeast is a case where a stretch has so many notes.
func atLeast(w *detect.Window, from, to int64, n int) []detect.Case {
	c := detect.Case{About: -1}
	for i, x := range w.Notes {
		if x.Time >= from && x.Time < to {
			c.Evidence = append(c.Evidence, i)
		}
	}
	if len(c.Evidence) < n {
		return nil
	}
	c.Count, c.About = int64(len(c.Evidence)), c.Evidence[0]
	c.First, c.Last = w.Notes[c.About].Time, w.Notes[c.Evidence[len(c.Evidence)-1]].Time
	c.Time = c.First
	return []detect.Case{c}
}

// pairs are Stops within half an hour behind a Start.
func pairs(w *detect.Window) (out []detect.Case) {
	for i, x := range w.Notes {
		if string(x.Value) != "Stop" || x.Time < w.From || x.Time >= w.To {
			continue
		}
		for k, y := range w.Notes[:i] {
			if string(y.Value) == "Start" && y.Time >= x.Time-30*minute && y.Time < x.Time {
				out = append(out, detect.Case{Key: x.ID[:], Time: x.Time, First: y.Time, Last: x.Time, Count: 1, Evidence: []int{k, i}, About: i})
				break
			}
		}
	}
	return out
}

// absences are Starts without a Stop within twenty minutes, once that is known.
func absences(w *detect.Window) (out []detect.Case) {
	for i, x := range w.Notes {
		if string(x.Value) != "Start" || x.Time < w.From || x.Time >= w.To {
			continue
		}
		stopped := false
		for _, y := range w.Notes {
			stopped = stopped || string(y.Value) == "Stop" && y.Time >= x.Time && y.Time < x.Time+20*minute
		}
		c := detect.Case{Key: x.ID[:], Time: x.Time, First: x.Time, Last: x.Time, Count: 1, Evidence: []int{i}, About: i}
		if w.Through < x.Time+20*minute {
			c.Wake, c.Silent = x.Time+20*minute, true
		} else if stopped {
			continue
		}
		out = append(out, c)
	}
	return out
}

// testSet compiles the rules of the tests.
func testSet(t testing.TB, stateful ...detect.Rule) *rules.Set {
	t.Helper()
	return compiled(t, rules.Options{Stateful: stateful})
}

func compiled(t testing.TB, o rules.Options) *rules.Set {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(file, []byte(stateless), 0o600); err != nil {
		t.Fatal(err)
	}
	pack, err := rules.Load([]string{file})
	if err != nil || len(pack.Refused) > 0 {
		t.Fatal(err, pack.Refused)
	}
	set, err := rules.Compile(pack, []event.Schema{schema}, o)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// said is a case as people see it: the newest revision.
type said struct {
	Revision    int64
	State, Rule string
	Count       int64
	First, Last string
	Subject     string
	Evidence    string
	Total       string
}

// view is the newest revision of each case.
type view map[string]said

// add takes an alert's document, and says what is wrong with it.
func (v view) add(doc []byte) error {
	var d struct {
		Event  struct{ ID string }
		Rule   struct{ ID string }
		User   struct{ Name string }
		Studio struct {
			Alert struct {
				ID, State   string
				Revision    int64
				Count       int64
				First, Last string
				Fields      struct{ Total string }
				Evidence    []struct {
					ID string `json:"delivery_id"`
				}
			}
		}
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		return fmt.Errorf("%w in %s", err, doc)
	}
	a := d.Studio.Alert
	if d.Event.ID != fmt.Sprintf("%s.%d", a.ID, a.Revision) || a.Revision < 1 {
		return fmt.Errorf("event.id %s of revision %d of %s", d.Event.ID, a.Revision, a.ID)
	}
	var ids []string
	for _, e := range a.Evidence {
		ids = append(ids, e.ID[:6])
	}
	s := said{a.Revision, a.State, d.Rule.ID, a.Count, a.First, a.Last, d.User.Name, strings.Join(ids, " "), a.Fields.Total}
	if had, ok := v[a.ID]; ok && had.Revision == s.Revision && had != s {
		return fmt.Errorf("revision %d of %s was %+v and is %+v", s.Revision, a.ID, had, s)
	}
	if s.Revision >= v[a.ID].Revision {
		v[a.ID] = s
	}
	return nil
}

// settled is the view without what was retracted and how often it was revised.
func (v view) settled() view {
	out := view{}
	for id, s := range v {
		if s.State != rules.Retracted {
			s.Revision = 0
			out[id] = s
		}
	}
	return out
}

// deliver takes everything out of the outbox into the view.
func deliver(e *window.Engine, v view) error {
	list, err := e.Pending(0, 1<<20)
	if err != nil {
		return err
	}
	var numbers []uint64
	for _, a := range list {
		if !bytes.HasPrefix(a.Event.Doc, []byte("{")) || !a.Event.Alert {
			return fmt.Errorf("no alert: %s", a.Event.Doc)
		}
		if err := v.add(a.Event.Doc); err != nil {
			return err
		}
		numbers = append(numbers, a.Number)
	}
	return e.Drop(numbers)
}
