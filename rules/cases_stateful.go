package rules

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// runStateful judges the records of a case by a correlation, with the rules that
// it rests on, or by a detector: once as they stand and once the other way
// round, each twice. What is found must be the same.
func runStateful(r *sigma.Rule, c *sigma.Case, schemas []event.Schema, parse ParseFunc, o Options) (message string, err error) {
	pack := &Pack{Rules: append(slices.Clone(r.Bases()), r)}
	if r.Correlation == nil {
		pack.Rules = pack.Rules[1:]
	}
	set, err := Compile(pack, schemas, o.with(c.With))
	if err != nil {
		return "", err
	}
	rule, err := set.statefulRule(r)
	if err != nil {
		return "", err
	}
	run := caseRun{set: set, rule: rule, c: c, dataset: datasetOf(r, c, schemas), parse: parse}
	found, err := run.found(false)
	if err != nil {
		return "", err
	}
	back, err := run.found(true)
	switch {
	case err != nil:
		return "", err
	case !sameCases(found, back):
		return "", fmt.Errorf("the other way round other cases are found (%d, not %d)", len(back), len(found))
	}
	return run.compare(found)
}

// statefulRule finds a stateful rule that works.
func (s *Set) statefulRule(r *sigma.Rule) (Stateful, error) {
	for _, idle := range s.idle {
		if !idle.Partly && idle.Rule.Rule == r {
			return Stateful{}, errors.New("the rule is idle: " + idle.Reason)
		}
	}
	for _, x := range s.stateful {
		if x.Rule.Rule == r || x.ID == r.ID {
			return x, nil
		}
	}
	return Stateful{}, errors.New("the rule is not judged")
}

// caseRun is one case being run.
type caseRun struct {
	set     *Set
	rule    Stateful
	c       *sigma.Case
	dataset string
	parse   ParseFunc
}

// found are the cases that the rule finds in the records. The other way round
// each record is a batch of its own, and comes twice.
func (x *caseRun) found(back bool) ([]Rehearsed, error) {
	r := x.set.Rehearse(x.rule, func(j *Judge, dst []byte, ev *event.Event, s *event.Scratch) []byte { return j.About(dst, ev, s) })
	list := slices.Clone(x.c.Records)
	if back {
		list = append(list, list...)
		slices.Reverse(list)
	}
	for i := range list {
		rec := &list[i]
		ev, err := x.event(rec)
		if err != nil {
			return nil, fmt.Errorf("line %d, record %d: %w", rec.Line, rec.Number, err)
		}
		r.event(ev)
		if back {
			r.end(fmt.Sprint(rec.Number))
		}
	}
	r.end("whole")
	through := int64(0)
	if !x.c.Through.IsZero() {
		through = x.c.Through.UnixNano()
	}
	return r.Cases(through), nil
}

// event reads one record, at its time and as an event of its own.
func (x *caseRun) event(rec *sigma.CaseRecord) (*event.Event, error) {
	dataset, native := rec.Dataset, rec.Record
	if dataset == "" {
		dataset = x.dataset
	}
	if rec.Object {
		var err error
		native, err = overBase(dataset, rec.Record, func(whole map[string]any, own func(string) bool) { stamp(whole, own, dataset, rec) })
		if err != nil {
			return nil, err
		}
	}
	events, err := x.parse(native, dataset)
	if err != nil {
		return nil, fmt.Errorf("it cannot be read as %s: %w", dataset, err)
	}
	if len(events) != 1 {
		return nil, fmt.Errorf("it was read as %d events, not one", len(events))
	}
	ev := events[0]
	if !rec.At.IsZero() {
		ev.Time = rec.At.UnixNano()
	}
	// Where records have no id of their own, their place is it.
	ev.Number, ev.Offset = int64(rec.Number), int64(rec.Number)<<20
	return ev, nil
}

// stamp gives a record the time and the id that it does not bring itself.
func stamp(whole map[string]any, own func(string) bool, dataset string, rec *sigma.CaseRecord) {
	if dataset != "aws.cloudtrail" {
		return
	}
	if !own("eventTime") && !rec.At.IsZero() {
		whole["eventTime"] = rec.At.Format(time.RFC3339)
	}
	if !own("eventID") {
		whole["eventID"] = fmt.Sprintf("5e0c8a71-0000-4000-8000-%012d", rec.Number)
	}
}

// compare holds what was found against what the case says.
func (x *caseRun) compare(found []Rehearsed) (message string, err error) {
	for i := range found {
		f := &found[i]
		v := view{fields: f.alert(x.rule.Rule).Made}
		message = string(v.key(event.KeyMessage).Bytes)
		// Where there are to be several cases, what is said is said of one of them.
		if one := x.one(f, &v, message); one == nil || i == 0 {
			err = one
		}
	}
	switch {
	case len(found) != x.c.Alerts:
		return message, fmt.Errorf("the rule finds %s, and should find %s", counted(len(found), message), counted(x.c.Alerts, ""))
	default:
		return message, err
	}
}

// alert is the alert of a case, as it is told first.
func (x *Rehearsed) alert(r *Rule) *event.Event {
	var t Teller
	return t.Alert(r, &Telling{
		ID: CaseID(r.ID, x.Group, x.Key, x.Bucket), Revision: 1, State: Final, Count: x.Count, First: x.First, Last: x.Last,
		About: x.About, Evidence: evidenceOf(x.Evidence), Fields: x.Fields, Level: x.Level, Marks: x.Marks,
	})
}

// Message is what the alert of the case says. The rehearsal was given
// Judge.About.
func (x *Rehearsed) Message(r *Rule) string {
	v := view{fields: x.alert(r).Made}
	return string(v.key(event.KeyMessage).Bytes)
}

func counted(n int, message string) string {
	switch {
	case n == 0:
		return "no case"
	case n == 1 && message != "":
		return fmt.Sprintf("one case (%s)", message)
	case n == 1:
		return "one case"
	}
	return fmt.Sprintf("%d cases", n)
}

func evidenceOf(abouts [][]byte) (out [][]byte) {
	for _, a := range abouts[:min(len(abouts), MaxEvidence)] {
		if e := EvidenceOf(a); len(e) > 0 {
			out = append(out, e)
		}
	}
	return out
}

// one holds one case of the rule against what the rule's case says.
func (x *caseRun) one(f *Rehearsed, v *view, message string) error {
	level := x.rule.Level
	if f.Level != nil {
		level = *f.Level
	}
	switch {
	case x.c.Count > 0 && f.Count != x.c.Count:
		return fmt.Errorf("the case counts %d matches, not %d", f.Count, x.c.Count)
	case x.c.Level != nil && level != *x.c.Level:
		return fmt.Errorf("the case's level is %s, not %s", level, *x.c.Level)
	case x.c.Message != "" && x.c.Message != message:
		return fmt.Errorf("the alert says %q, not %q", message, x.c.Message)
	}
	for name, want := range x.c.Fields {
		if got := f.field(v, name); got != want {
			return fmt.Errorf("%s is %q, not %q", name, got, want)
		}
	}
	return nil
}

// field is what the alert says of a name.
func (x *Rehearsed) field(v *view, name string) string {
	for _, f := range x.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	if k, ok := event.KeyOf(name); ok {
		return string(appendText(nil, v.key(k)))
	}
	return ""
}
