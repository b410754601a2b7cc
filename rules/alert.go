package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// AlertDataset is the dataset of alerts.
const AlertDataset = "burstwatch.alert"

// copied are the fields that an alert takes over from its event, besides all
// of the groups below.
var copied = []event.Key{
	event.KeyEventAction, event.KeyEventCategory, event.KeyEventType, event.KeyEventOutcome, event.KeyEventProvider,
	event.KeyErrorCode, event.KeyNetworkTransport, event.KeyNetworkDirection, event.KeyHostName, event.KeyHostID,
	event.KeyUserAgentOriginal, event.KeyAWSVpcflowInterfaceID, event.KeyAWSVpcflowVPCID,
}

// groups are copied whole.
var groups = []string{"cloud.", "source.", "destination.", "related.", "user.", "studio."}

// copyKeys tells for every key whether it is copied.
var copyKeys = func() (out [event.Keys]bool) {
	for k := range out {
		name := event.Key(k).String()
		out[k] = slices.Contains(copied, event.Key(k)) ||
			slices.ContainsFunc(groups, func(g string) bool { return len(name) > len(g) && name[:len(g)] == g })
	}
	return out
}()

// constants stand in every alert. Nobody changes their bytes.
var constants = []event.Field{
	{Key: event.KeyECSVersion, Value: event.Str(ecs.Version)},
	{Key: event.KeyEventDataset, Value: event.Str(AlertDataset)},
	{Key: event.KeyEventKind, Value: event.Str("alert")},
	{Key: event.KeyEventModule, Value: event.Str("burstwatch")},
	{Key: event.KeyStudioAlertCount, Value: event.Int64(1)},
	{Key: event.KeyStudioAlertRevision, Value: event.Int64(1)},
	{Key: event.KeyStudioAlertState, Value: event.Str("final")},
}

// plan is what is known of a rule's alerts before there is one.
type plan struct {
	// fields are the same in each: all that is said of the rule, author and
	// licence among it, as the Detection Rule License asks.
	fields  []event.Field
	message message
	steps   []message
	shown   []name
	labels  []event.Value // of shown
}

func newPlan(r *sigma.Rule) *plan {
	p := &plan{fields: slices.Clone(constants), message: newMessage(r), steps: newSteps(r)}
	p.fields = append(p.fields, event.Field{Key: event.KeyEventSeverity, Value: event.Int64(r.Level.Severity())})
	p.text(event.KeyRuleID, r.ID)
	p.text(event.KeyRuleName, r.Title)
	p.text(event.KeyRuleVersion, r.Version())
	p.text(event.KeyRuleLevel, r.Level.String())
	p.text(event.KeyRuleDescription, r.Description)
	p.text(event.KeyRuleLicense, r.License)
	p.texts(event.KeyRuleAuthor, r.Authors)
	p.texts(event.KeyRuleReference, r.References)
	p.texts(event.KeyRuleTags, r.Tags)
	p.texts(event.KeyStudioControl, r.Header.Controls)
	for _, f := range r.Fields {
		p.shown = append(p.shown, newName(f))
		p.labels = append(p.labels, event.Str(f))
	}
	return p
}

func (p *plan) text(k event.Key, s string) {
	if s != "" {
		p.fields = append(p.fields, event.Field{Key: k, Value: event.Str(s)})
	}
}

func (p *plan) texts(k event.Key, list []string) {
	if len(list) == 0 {
		return
	}
	b := []byte{'['}
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = event.AppendValue(b, event.Str(s))
	}
	p.fields = append(p.fields, event.Field{Key: k, Value: event.RawJSON(append(b, ']'))})
}

// maker makes alerts. Its memory is used again; no alert points into it.
type maker struct {
	s      event.Scratch
	fields []event.Field
	view   view
	buf    []byte
	text   []byte
	// made are the alert's own fields: their bytes are copied, those of the
	// plan are shared.
	made []event.Field
	// at is the place of each key's field, from 1: in made, or, negative, in
	// the plan.
	at [event.Keys]int16
}

// Alerts makes an alert for each of the rules that ev matched, with memory of
// their own. All that they say about the event is taken from its ECS fields,
// which hold no secret.
func (j *Judge) Alerts(ev *event.Event, matched []*Rule) []*event.Event {
	m := &j.maker
	m.s.Reset()
	m.fields = ev.Schema.Fields(m.fields[:0], ev, &m.s)
	m.view.reset(m.fields)
	record := sha256Of(ev)
	out := make([]*event.Event, len(matched))
	for i, r := range matched {
		out[i] = m.alert(ev, r, &record)
	}
	return out
}

// sha256Of is the hash of the record as it was read.
func sha256Of(ev *event.Event) [32]byte {
	if ev.Damage != nil {
		return ev.Damage.SHA256
	}
	return sha256.Sum256(ev.Record)
}

// alert makes the alert of one match: a case of its own, final at once.
func (m *maker) alert(ev *event.Event, r *Rule, record *[32]byte) *event.Event {
	sum := event.HashID(&m.s, []byte(AlertDataset), []byte(r.ID), ev.DeliveryID[:])
	delivery := event.HashID(&m.s, sum[:], []byte{1})
	at := ev.Time
	if at == 0 {
		at = ev.Created
	}
	m.made, m.buf = m.made[:0], m.buf[:0]
	for i := range m.fields {
		if f := &m.fields[i]; copyKeys[f.Key] && !f.Value.IsNull() {
			m.made = append(m.made, *f)
		}
	}
	m.times(at, ev.Created)
	m.ids(sum, delivery)
	m.tell(event.KeyMessage, func(b []byte) []byte { return m.view.appendMessage(b, r) })
	m.tell(event.KeyStudioAlertSubject, func(b []byte) []byte { return m.view.appendShown(b, who) })
	m.json(event.KeyStudioAlertEvidence, func(b []byte) []byte { return m.appendEvidence(b, ev, record) })
	m.json(event.KeyStudioAlertDo, func(b []byte) []byte { return m.appendSteps(b, r.plan) })
	m.json(event.KeyStudioAlertFields, func(b []byte) []byte { return m.appendFields(b, r.plan) })
	return &event.Event{
		Time: at, Created: ev.Created, Origin: ev.Origin, Made: m.join(r.plan.fields), DeliveryID: delivery, Alert: true,
	}
}

func (m *maker) add(k event.Key, v event.Value) {
	m.made = append(m.made, event.Field{Key: k, Value: v})
}

// tell adds a text that write appends, unless it appends nothing.
func (m *maker) tell(k event.Key, write func([]byte) []byte) {
	from := len(m.buf)
	if m.buf = write(m.buf); len(m.buf) > from {
		m.add(k, event.Text(m.buf[from:]))
	}
}

// json adds a JSON value that write appends, unless it appends nothing.
func (m *maker) json(k event.Key, write func([]byte) []byte) {
	from := len(m.buf)
	if m.buf = write(m.buf); len(m.buf) > from {
		m.add(k, event.RawJSON(m.buf[from:]))
	}
}

func (m *maker) times(at, created int64) {
	for _, k := range []event.Key{
		event.KeyTimestamp, event.KeyEventStart, event.KeyEventEnd, event.KeyStudioAlertFirst, event.KeyStudioAlertLast,
	} {
		m.add(k, event.At(at))
	}
	m.add(event.KeyEventCreated, event.At(created))
}

// idLength is the length of a case's id in hexadecimal digits, shortLength of
// what a person says of it.
const (
	idLength    = 16
	shortLength = 6
)

func (m *maker) ids(sum, delivery event.ID) {
	hexOf := func(id event.ID) func([]byte) []byte {
		return func(b []byte) []byte { return hex.AppendEncode(b, id[:]) }
	}
	m.tell(event.KeyBurstwatchDeliveryID, hexOf(delivery))
	from := len(m.buf)
	m.buf = append(hex.AppendEncode(append(m.buf, "A-"...), sum[:idLength/2]), ".1"...)
	text := m.buf[from:]
	m.add(event.KeyEventID, event.Text(text[2:]))
	m.add(event.KeyStudioAlertID, event.Text(text[2:2+idLength]))
	m.add(event.KeyStudioAlertShortID, event.Text(text[:2+shortLength]))
}

// appendEvidence names the event, where it lies, and the hash of its record.
func (m *maker) appendEvidence(b []byte, ev *event.Event, record *[32]byte) []byte {
	b = append(b, `[{`...)
	if id := m.view.key(event.KeyEventID); !id.IsNull() {
		b = append(event.AppendValue(append(b, `"event_id":`...), id), ',')
	}
	b = appendQuoted(append(b, `"dataset":`...), ev.Schema.Dataset())
	if ev.Origin != nil {
		b = appendQuoted(append(b, `,"object":`...), ev.Origin.Name)
	}
	b = strconv.AppendInt(append(b, `,"record":`...), ev.Number, 10)
	b = event.AppendValue(append(b, `,"time":`...), event.At(ev.Time))
	b = hex.AppendEncode(append(b, `,"delivery_id":"`...), ev.DeliveryID[:])
	b = hex.AppendEncode(append(b, `","sha256":"`...), record[:])
	return append(b, `"}]`...)
}

func appendQuoted(b []byte, s string) []byte {
	return append(event.AppendEscaped(append(b, '"'), []byte(s)), '"')
}

// appendSteps appends what to do next.
func (m *maker) appendSteps(b []byte, p *plan) []byte {
	if len(p.steps) == 0 {
		return b
	}
	for i, step := range p.steps {
		m.text = m.view.fill(m.text[:0], step)
		b = append(event.AppendEscaped(append(b, "[,"[min(i, 1)], '"'), m.text), '"')
	}
	return append(b, ']')
}

// appendFields appends what the rule asks to be shown of the event.
func (m *maker) appendFields(b []byte, p *plan) []byte {
	begin := len(b)
	for i, n := range p.shown {
		values := m.view.get(n)
		if len(values) == 0 {
			continue
		}
		b = append(b, "{,"[min(len(b)-begin, 1)])
		b = append(event.AppendValue(b, p.labels[i]), ':')
		if len(values) == 1 {
			b = event.AppendValue(b, values[0])
			continue
		}
		for k, v := range values {
			b = append(b, "[,"[min(k, 1)])
			b = event.AppendValue(b, v)
		}
		b = append(b, ']')
	}
	if len(b) > begin {
		b = append(b, '}')
	}
	return b
}

// join lays the alert's fields and those of its plan together in the order of
// keys, its own in one block of memory.
func (m *maker) join(shared []event.Field) []event.Field {
	clear(m.at[:])
	size := 0
	for i := range m.made {
		m.at[m.made[i].Key] = int16(i + 1)
		size += len(m.made[i].Value.Bytes)
	}
	for i := range shared {
		m.at[shared[i].Key] = int16(-i - 1)
	}
	block := make([]byte, 0, size)
	out := make([]event.Field, 0, len(m.made)+len(shared))
	for _, at := range &m.at {
		switch {
		case at < 0:
			out = append(out, shared[-at-1])
		case at > 0:
			f := m.made[at-1]
			from := len(block)
			block = append(block, f.Value.Bytes...)
			f.Value.Bytes = block[from:len(block):len(block)]
			out = append(out, f)
		}
	}
	return out
}
