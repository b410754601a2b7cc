package sigma

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Case is one test of a rule, which the rule carries itself. Of a rule over
// single events it is one record, and whether the rule matches it:
//
//   - name: a trail is stopped
//     match: true
//     record: {eventSource: cloudtrail.amazonaws.com, eventName: StopLogging}
//     message: what the alert must say
//
// Of a correlation or a detector it is the records of some stretch of time, in
// any order, and the cases that the rule makes of them:
//
//   - name: ten failures, then a success
//     match: true
//     records:
//   - {at: +0s, every: 20s, repeat: 10, record: {eventName: ConsoleLogin, responseElements: {ConsoleLogin: Failure}}}
//   - {at: +4m, record: {eventName: ConsoleLogin, responseElements: {ConsoleLogin: Success}}}
//     count: 11                  # matches behind the case
//     level: high                # the case's, where it is not always the rule's
//     fields: {user.name: ada}   # what the case says
//     studio: {sites: [{name: london, cidrs: [203.0.113.0/24]}]}
//     threats: [198.51.100.0/24]  # a threat list
type Case struct {
	Name string
	// Match says whether the rule must match.
	Match bool
	// Dataset is that of the records; "" for the first of the rule's log source.
	Dataset string
	// Record is the record as its log has it: text for a log of lines, or a
	// JSON object that is laid over a plain record of the dataset.
	Record []byte
	// Object is set where Record is a JSON object.
	Object bool
	// Records are those of a stateful rule, repeats written out.
	Records []CaseRecord
	// Message is what the alert must say; "" for not compared.
	Message string
	// Because says, where the record is one that looks like a match and is none,
	// how it is told apart; "" for a plain near miss. The reference pages list
	// what a rule rules out by these.
	Because string
	// With are values of placeholders, as a studio file would give them, Studio
	// is a piece of a studio file, in YAML; nil for none.
	With   map[string][]string
	Studio []byte
	// Threats are the entries of a threat list; nil for none.
	Threats []string
	// Alerts is how many cases there must be: one for a match unless it is said,
	// none for no match.
	Alerts int
	// Count is the number of matches that the case must have; 0 for not
	// compared. Level and Fields are compared where they are given.
	Count  int64
	Level  *Level
	Fields map[string]string
	// Through is a time by which all has arrived, for rules on absence; the zero
	// time for no time after the last record.
	Through time.Time
	Line    int
}

// CaseRecord is one record of a case.
type CaseRecord struct {
	// Dataset is the record's, "" for that of the case.
	Dataset string
	Record  []byte
	Object  bool
	// At is when it happened; the zero time where the record says so itself.
	At time.Time
	// Number counts the records of the case from 1.
	Number int
	Line   int
}

// CaseEpoch is the time that "at: +0s" means: the begin of an hour, on a
// Monday.
var CaseEpoch = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

func (r *reader) cases(n *yaml.Node) []Case {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, "cases must be a list, not %s", kindOf(n))
		return nil
	}
	var out []Case
	for _, c := range n.Content {
		if c = r.real(c); c != nil {
			out = append(out, r.oneCase(c))
		}
	}
	return out
}

var caseKeys = []string{
	"name", "match", "dataset", "record", "records", "message", "with", "studio", "threats", "alerts", "count", "level", "fields",
	"through", "because",
}

func (r *reader) oneCase(n *yaml.Node) Case {
	out := Case{Line: n.Line, Alerts: -1}
	var seen []string
	for _, p := range r.mapping(n, "a case") {
		seen = append(seen, p.name)
		if !r.caseRecord(&out, p) && !r.caseWant(&out, p) {
			r.fault(p.key, "unknown key %s in a case%s", quote(p.name), suggest(p.name, caseKeys))
		}
	}
	if n.Kind == yaml.MappingNode {
		r.wholeCase(&out, n, seen)
	}
	return out
}

func (r *reader) wholeCase(out *Case, n *yaml.Node, seen []string) {
	for _, k := range []string{"name", "match"} {
		if !slices.Contains(seen, k) {
			r.fault(n, "the case has no %s", k)
		}
	}
	switch one, many := slices.Contains(seen, "record"), slices.Contains(seen, "records"); {
	case !one && !many:
		r.fault(n, "the case has no record")
	case one && many:
		r.fault(n, "the case has both record and records")
	}
	if out.Because != "" && out.Match {
		r.fault(n, "because is for cases that do not match: it says how a false alert is ruled out")
	}
	if out.Alerts < 0 {
		out.Alerts = map[bool]int{true: 1}[out.Match]
	} else if (out.Alerts > 0) != out.Match {
		r.fault(n, "alerts: %d contradicts match: %v", out.Alerts, out.Match)
	}
}

// caseRecord reads the keys that say what happened.
func (r *reader) caseRecord(out *Case, p pair) bool {
	switch p.name {
	case "name":
		out.Name = r.text(p.value, "name", 256)
	case "dataset":
		out.Dataset = r.text(p.value, "dataset", 64)
	case "with":
		out.With = map[string][]string{}
		for _, w := range r.mapping(p.value, "with") {
			out.With[w.name] = r.texts(w.value, "a name in with")
		}
	case "studio":
		r.mapping(p.value, "studio")
		out.Studio, _ = yaml.Marshal(p.value) // a node that was read can be written
	case "threats":
		out.Threats = r.texts(p.value, "threats")
	case "record":
		out.Record, out.Object = r.record(p.value)
	case "records":
		if p.value.Kind != yaml.SequenceNode {
			r.fault(p.value, "records must be a list, not %s", kindOf(p.value))
		}
		for _, c := range p.value.Content {
			if c = r.real(c); c != nil {
				r.records(out, c)
			}
		}
	case "through":
		out.Through = r.moment(p.value, "through")
	default:
		return false
	}
	return true
}

// caseWant reads the keys that say what must come of it.
func (r *reader) caseWant(out *Case, p pair) bool {
	switch p.name {
	case "match":
		out.Match = r.yes(p.value, "match")
	case "message":
		out.Message = r.text(p.value, "message", 4096)
	case "because":
		out.Because = r.text(p.value, "because", 256)
	case "alerts":
		out.Alerts = int(r.whole(p, 0, 10_000))
	case "count":
		out.Count = r.whole(p, 1, 1<<40)
	case "level":
		level, ok := ParseLevel(p.value.Value)
		if !ok {
			r.fault(p.value, "level must be one of %s, not %s", strings.Join(levels[:], ", "), quote(p.value.Value))
		}
		out.Level = &level
	case "fields":
		out.Fields = map[string]string{}
		for _, f := range r.mapping(p.value, "fields") {
			if f.value.Kind != yaml.ScalarNode {
				r.fault(f.value, "the field %s must be one value, not %s", f.name, kindOf(f.value))
			}
			out.Fields[f.name] = f.value.Value
		}
	default:
		return false
	}
	return true
}

// whole reads a whole number.
func (r *reader) whole(p pair, from, to int64) int64 {
	n, err := strconv.ParseInt(p.value.Value, 10, 64)
	if p.value.ShortTag() != "!!int" || err != nil || n < from || n > to {
		r.fault(p.value, "%s must be a whole number from %d to %d, not %s", p.name, from, to, quote(p.value.Value))
		return from
	}
	return n
}

// record reads a record: an object, or the text of a line.
func (r *reader) record(n *yaml.Node) (record []byte, object bool) {
	if n.Kind == yaml.MappingNode {
		var b bytes.Buffer
		r.json(&b, n, 0)
		return b.Bytes(), true
	}
	return []byte(strings.TrimSuffix(r.text(n, "record", 1<<20), "\n")), false
}

// maxCaseRecords and maxCaseBytes bound the records of one case, repeats counted.
const (
	maxCaseRecords = 20_000
	maxCaseBytes   = 16 << 20
)

var caseRecordKeys = []string{"at", "every", "repeat", "dataset", "record"}

// records reads one entry of records. With "repeat: N" and "every: 10s" it
// stands for N records, in whose texts {n} is the number of the repeat from 1.
func (r *reader) records(out *Case, n *yaml.Node) {
	one, repeat, every := CaseRecord{Line: n.Line}, int64(1), time.Duration(0)
	hasRecord := false
	for _, p := range r.mapping(n, "an entry of records") {
		switch p.name {
		case "at":
			one.At = r.moment(p.value, "at")
		case "every":
			every = r.duration(p.value, "every")
		case "repeat":
			repeat = r.whole(p, 1, maxCaseRecords)
		case "dataset":
			one.Dataset = r.text(p.value, "dataset", 64)
		case "record":
			hasRecord = true
			one.Record, one.Object = r.record(p.value)
		default:
			r.fault(p.key, "unknown key %s in an entry of records%s", quote(p.name), suggest(p.name, caseRecordKeys))
		}
	}
	switch {
	case n.Kind != yaml.MappingNode:
	case !hasRecord:
		r.fault(n, "the entry of records has no record")
	case every != 0 && one.At.IsZero():
		r.fault(n, "every needs at, the time of the first")
	case int64(len(one.Record))*repeat > maxCaseBytes:
		r.fault(n, "the repeats of the record are longer than %d MiB together", maxCaseBytes>>20)
	case len(out.Records)+int(repeat) > maxCaseRecords:
		r.fault(n, "the case has more than %d records", maxCaseRecords)
	default:
		out.repeat(one, int(repeat), every)
	}
}

func (c *Case) repeat(one CaseRecord, n int, every time.Duration) {
	record := one.Record
	numbered := n > 1 && bytes.Contains(record, []byte("{n}"))
	for i := range n {
		if numbered {
			one.Record = bytes.ReplaceAll(record, []byte("{n}"), strconv.AppendInt(nil, int64(i+1), 10))
		}
		one.Number = len(c.Records) + 1
		c.Records = append(c.Records, one)
		if !one.At.IsZero() {
			one.At = one.At.Add(every)
		}
	}
}

// moment reads a time: as RFC 3339 has it, or "+5m" from [CaseEpoch] on.
func (r *reader) moment(n *yaml.Node, what string) time.Time {
	if strings.HasPrefix(n.Value, "+") {
		return CaseEpoch.Add(r.duration(n, what))
	}
	t, err := time.Parse(time.RFC3339Nano, n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		r.fault(n, "%s must be a time such as 2026-11-02T10:00:00Z, or one such as +90s from that time on, not %s", what, quote(n.Value))
		return time.Time{}
	}
	return t.UTC()
}

// duration reads "90s", "1h30m" or, because a case may take weeks, "3d".
func (r *reader) duration(n *yaml.Node, what string) time.Duration {
	text := strings.TrimPrefix(n.Value, "+")
	days, rest, found := strings.Cut(text, "d")
	if !found {
		days, rest = "0", text
	}
	count, err := strconv.ParseUint(days, 10, 12)
	d := time.Duration(0)
	if err == nil && rest != "" {
		d, err = time.ParseDuration(rest)
	}
	if n.Kind != yaml.ScalarNode || err != nil || d < 0 || d > 365*24*time.Hour {
		r.fault(n, "%s must be a length of time such as 90s, 1h30m or 3d, not %s", what, quote(n.Value))
		return 0
	}
	return time.Duration(count)*24*time.Hour + d
}

// checkCases refuses cases that do not suit the kind of rule.
func (r *reader) checkCases(rule *Rule) {
	for i := range rule.Header.Cases {
		c := &rule.Header.Cases[i]
		at := &yaml.Node{Line: c.Line, Column: 1}
		if rule.Stateful() {
			if len(c.Records) == 0 {
				c.Records = []CaseRecord{{Record: c.Record, Object: c.Object, Number: 1, Line: c.Line}}
			}
			continue
		}
		if len(c.Records) > 0 || c.Studio != nil && c.Alerts > 1 || c.Count > 0 || !c.Through.IsZero() {
			r.fault(at, "case %s: records, count and through are for correlations and detectors, which look at more than one event", quote(c.Name))
		}
	}
}
