package rules

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// Span is how long a case of a rule that needs one event alone is: its matches
// of one subject within a day of UTC are one case. A day is what a person works
// through; the case that goes on beyond midnight is told anew.
const Span = 24 * time.Hour

// MaxEvidence is how many events an alert names; its count is exact beyond it.
const MaxEvidence = 100

// States of a case.
const (
	// Provisional may still change, or turn out to be none.
	Provisional = "provisional"
	// Final is when all is known that bears on it. What comes later than the
	// stated lateness may still raise the count.
	Final = "final"
	// Retracted is a case that a late event has refuted.
	Retracted = "retracted"
)

// CaseID is the id of a case: a hash of its rule, of what the rule counts by,
// of what tells cases of one group apart, and of the begin of its bucket in
// nanoseconds since 1970. Its first eight bytes are studio.alert.id.
func CaseID(rule string, group, key []byte, bucket int64) event.ID {
	var s event.Scratch
	return event.HashID(&s, []byte(AlertDataset), []byte(rule), group, key, binary.AppendVarint(nil, bucket))
}

// CaseName is a case's id as alerts show it.
func CaseName(id event.ID) string { return hex.EncodeToString(id[:idLength/2]) }

// Bucket is the begin of the bucket, of so long, in which a time lies.
func Bucket(at int64, long time.Duration) int64 {
	b := at - at%int64(long)
	if b > at {
		b -= int64(long)
	}
	return b
}

// Group is what a rule that needs one event alone counts by: its subject.
func (s Subject) Group(dst []byte) []byte {
	dst = append(dst, s.Person...)
	return append(append(dst, 0), s.Source...)
}

// Telling is one revision of a case, ready to be told.
type Telling struct {
	ID       event.ID
	Revision int64
	State    string
	// Count is how often the rule matched, First and Last when.
	Count, First, Last int64
	// Created is when the revision was made, in nanoseconds since 1970.
	Created int64
	// Sample is what the alert takes over from an event, made by Judge.Sample;
	// About likewise, made by Judge.About. One of them, or neither, is set.
	Sample, About []byte
	// Evidence are JSON objects, made by Judge.Evidence.
	Evidence [][]byte
	// Fields, Level and Marks are those of detect.Case.
	Fields []detect.Field
	Level  *sigma.Level
	Marks  []string
	// Complete is set where all has come that the case rests on.
	Complete bool
	// Through is how far the logs of a stateful rule were complete, 0 where that
	// is not known or all of them had ended.
	Through int64
}

// Teller makes alerts of cases. It is used by one goroutine.
type Teller struct {
	// Page is where people find the page, such as https://burstwatch.example;
	// alerts link to it. "": nowhere.
	Page string

	m maker
}

// Alert makes the alert of one revision, with memory of its own.
func (t *Teller) Alert(r *Rule, c *Telling) *event.Event {
	m := &t.m
	m.made, m.buf = m.made[:0], m.buf[:0]
	if c.Sample != nil {
		m.made = appendKept(m.made, c.Sample)
	} else {
		m.tellFields(r, c)
	}
	m.times(c)
	m.ids(c, t.Page)
	m.json(event.KeyStudioAlertEvidence, func(b []byte) []byte { return appendList(b, c.Evidence) })
	return &event.Event{
		Time: c.Last, Created: c.Created, Made: m.join(levelled(r.plan.fields, c.Level)),
		DeliveryID: DeliveryID(c.ID, c.Revision), Alert: true,
	}
}

// DeliveryID is the delivery id of one revision.
func DeliveryID(id event.ID, revision int64) event.ID {
	var s event.Scratch
	return event.HashID(&s, id[:], binary.AppendVarint(nil, revision))
}

// levelled are the fields of a plan with another level.
func levelled(fields []event.Field, l *sigma.Level) []event.Field {
	if l == nil {
		return fields
	}
	out := append([]event.Field(nil), fields...)
	for i := range out {
		switch out[i].Key {
		case event.KeyEventSeverity:
			out[i].Value = event.Int64(l.Severity())
		case event.KeyRuleLevel:
			out[i].Value = event.Str(l.String())
		}
	}
	return out
}

func (m *maker) times(c *Telling) {
	m.add(event.KeyTimestamp, event.At(c.Last))
	m.add(event.KeyEventStart, event.At(c.First))
	m.add(event.KeyEventEnd, event.At(c.Last))
	m.add(event.KeyStudioAlertFirst, event.At(c.First))
	m.add(event.KeyStudioAlertLast, event.At(c.Last))
	m.add(event.KeyEventCreated, event.At(c.Created))
	m.add(event.KeyStudioAlertCount, event.Int64(c.Count))
	m.add(event.KeyStudioAlertRevision, event.Int64(c.Revision))
	m.add(event.KeyStudioAlertState, event.Str(c.State))
	m.add(event.KeyStudioAlertCoverageComplete, event.Boolean(c.Complete))
	if c.Through != 0 {
		m.add(event.KeyStudioAlertCoverageWatermark, event.At(c.Through))
	}
}

// idLength is the length of a case's id in hexadecimal digits, shortLength of
// what a person says of it.
const (
	idLength    = 16
	shortLength = 6
)

func (m *maker) ids(c *Telling, page string) {
	m.tell(event.KeyBurstwatchDeliveryID, func(b []byte) []byte {
		id := DeliveryID(c.ID, c.Revision)
		return hex.AppendEncode(b, id[:])
	})
	text := hex.AppendEncode([]byte("A-"), c.ID[:idLength/2])
	text = strconv.AppendInt(append(text, '.'), c.Revision, 10)
	m.add(event.KeyEventID, event.Text(text[2:]))
	m.add(event.KeyStudioAlertID, event.Text(text[2:2+idLength]))
	m.add(event.KeyStudioAlertShortID, event.Text(text[:2+shortLength]))
	if page != "" {
		m.add(event.KeyEventURL, event.Str(page+"/alerts/"+string(text[2:2+idLength])))
	}
}

func appendList(b []byte, items [][]byte) []byte {
	if len(items) == 0 {
		return b
	}
	for i, x := range items {
		b = append(append(b, "[,"[min(i, 1)]), x...)
	}
	return append(b, ']')
}

func appendStrings(b []byte, items []string) []byte {
	for i, x := range items {
		b = appendQuoted(append(b, "[,"[min(i, 1)]), x)
	}
	if len(items) > 0 {
		b = append(b, ']')
	}
	return b
}
