package rules

import (
	"encoding/hex"
	"strconv"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Sample appends all that the alert of a match says of its event: its own
// fields, and the message, subject, steps and fields of the rule filled in. It
// is what Telling.Sample takes. All is taken from the ECS fields, which hold no
// secret.
func (j *Judge) Sample(dst []byte, ev *event.Event, r *Rule) []byte {
	m := &j.maker
	m.read(ev)
	m.made, m.buf = m.made[:0], m.buf[:0]
	for i := range m.fields {
		if f := &m.fields[i]; copyKeys[f.Key] && !f.Value.IsNull() {
			m.made = append(m.made, *f)
		}
	}
	named(m.made, m.fields)
	m.fill(r)
	for i := range m.made {
		dst = appendKeptField(dst, &m.made[i])
	}
	return dst
}

// About appends what the alert of a stateful rule may take over from an event:
// its evidence, and the fields that alerts copy or that such a rule speaks of.
// It is what Telling.About takes.
func (j *Judge) About(dst []byte, ev *event.Event, s *event.Scratch) []byte {
	evidence := j.Evidence(nil, ev, s)
	dst = appendChunk(dst, evidence)
	m := &j.maker
	m.read(ev)
	for i := range m.fields {
		if f := &m.fields[i]; j.set.about[f.Key] && !f.Value.IsNull() {
			dst = appendKeptField(dst, f)
		}
	}
	return dst
}

// EvidenceOf is the evidence in what About made.
func EvidenceOf(about []byte) []byte {
	evidence, _ := cutChunk(about)
	return evidence
}

// read derives the event's fields.
func (m *maker) read(ev *event.Event) {
	m.s.Reset()
	m.fields = ev.Schema.Fields(m.fields[:0], ev, &m.s)
	m.view.reset(m.fields)
}

// fill adds what the rule says of the view.
func (m *maker) fill(r *Rule) {
	m.tell(event.KeyMessage, func(b []byte) []byte { return m.view.appendMessage(b, r) })
	m.tell(event.KeyStudioAlertSubject, func(b []byte) []byte { return m.view.appendSubject(b, r) })
	m.json(event.KeyStudioAlertDo, func(b []byte) []byte { return m.appendSteps(b, r.plan) })
	m.json(event.KeyStudioAlertFields, func(b []byte) []byte { return m.appendFields(b, r.plan) })
}

// named makes the user of an alert the human behind the event, where fields tell
// who that is: CloudTrail's user of a session is its role, and nobody calls a role.
// The role stays in studio.identity.role and related.user.
func named(alert, fields []event.Field) {
	for i := range fields {
		if fields[i].Key != event.KeyStudioIdentityPerson {
			continue
		}
		for k := range alert {
			if alert[k].Key == event.KeyUserName {
				alert[k].Value = fields[i].Value
			}
		}
	}
}

// Evidence appends a JSON object that names an event, where it lies, and the
// hash of its record.
func (j *Judge) Evidence(b []byte, ev *event.Event, s *event.Scratch) []byte {
	b = append(b, '{')
	if x := j.subjectsOf(ev.Schema); x.id != nil {
		x.values = x.id.Append(x.values[:0], ev, s)
		if len(x.values) > 0 {
			b = append(event.AppendValue(append(b, `"event_id":`...), x.values[0]), ',')
		}
	}
	b = appendQuoted(append(b, `"dataset":`...), ev.Schema.Dataset())
	if ev.Origin != nil {
		b = appendQuoted(append(b, `,"object":`...), ev.Origin.Name)
	}
	b = strconv.AppendInt(append(b, `,"record":`...), ev.Number, 10)
	b = event.AppendValue(append(b, `,"time":`...), event.At(ev.Time))
	id, record := ev.Schema.ID(ev, s), sha256Of(ev)
	b = hex.AppendEncode(append(b, `,"delivery_id":"`...), id[:])
	b = hex.AppendEncode(append(b, `","sha256":"`...), record[:])
	return append(b, `"}`...)
}
