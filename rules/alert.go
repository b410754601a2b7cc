package rules

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
)

// AlertDataset is the dataset of alerts.
const AlertDataset = "burstwatch.alert"

// copied are the fields that an alert takes over from its event, besides all
// of the groups below.
var copied = [event.Keys]bool{
	event.KeyEventAction: true, event.KeyEventCategory: true, event.KeyEventType: true,
	event.KeyEventOutcome: true, event.KeyEventProvider: true,
	event.KeyErrorCode: true, event.KeyNetworkTransport: true, event.KeyNetworkDirection: true,
	event.KeyHostName: true, event.KeyHostID: true, event.KeyUserAgentOriginal: true,
	event.KeyAWSVpcflowInterfaceID: true, event.KeyAWSVpcflowVPCID: true,
}

// groups are copied whole.
var groups = []string{"cloud.", "source.", "destination.", "related.", "user.", "studio."}

func isCopied(k event.Key) bool {
	if copied[k] {
		return true
	}
	name := k.String()
	for _, g := range groups {
		if len(name) > len(g) && name[:len(g)] == g {
			return true
		}
	}
	return false
}

// copyKeys is isCopied for every key.
var copyKeys = func() (out [event.Keys]bool) {
	for k := range out {
		out[k] = isCopied(event.Key(k))
	}
	return out
}()

// maker makes alerts. Its memory is used again; no alert points into it.
type maker struct {
	s      event.Scratch
	fields []event.Field
	view   view
	made   []event.Field
}

// Alerts makes an alert for each of the rules that ev matched, with memory of
// their own. All that they say about the event is taken from its ECS fields,
// which hold no secret.
func (j *Judge) Alerts(ev *event.Event, matched []*Rule) []*event.Event {
	m := &j.maker
	m.s.Reset()
	m.fields = ev.Schema.Fields(m.fields[:0], ev, &m.s)
	m.view.reset(m.fields)
	out := make([]*event.Event, len(matched))
	for i, r := range matched {
		out[i] = m.alert(ev, r)
	}
	return out
}

// alert makes the alert of one match: a case of its own, final at once.
func (m *maker) alert(ev *event.Event, r *Rule) *event.Event {
	sum := event.HashID(&m.s, []byte(AlertDataset), []byte(r.ID), ev.DeliveryID[:])
	id := hex.EncodeToString(sum[:8])
	at := ev.Time
	if at == 0 {
		at = ev.Created
	}
	m.made = m.made[:0]
	for _, f := range m.fields {
		if copyKeys[f.Key] && !f.Value.IsNull() {
			m.made = append(m.made, f)
		}
	}
	delivery := event.HashID(&m.s, sum[:], []byte{1})
	m.about(ev, at, id, delivery)
	m.rule(r)
	m.studio(ev, r, id, at)
	slices.SortStableFunc(m.made, func(a, b event.Field) int { return cmp.Compare(a.Key, b.Key) })
	return &event.Event{
		Time: at, Created: ev.Created, Origin: ev.Origin, Made: own(m.made), DeliveryID: delivery, Alert: true,
	}
}

func (m *maker) add(k event.Key, v event.Value) {
	m.made = append(m.made, event.Field{Key: k, Value: v})
}

func (m *maker) text(k event.Key, s string) {
	if s != "" {
		m.add(k, event.Str(s))
	}
}

func (m *maker) texts(k event.Key, list []string) {
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
	m.add(k, event.RawJSON(append(b, ']')))
}

// about adds what says of the alert itself what it is.
func (m *maker) about(ev *event.Event, at int64, id string, delivery event.ID) {
	m.add(event.KeyTimestamp, event.At(at))
	m.text(event.KeyEventKind, "alert")
	m.text(event.KeyEventDataset, AlertDataset)
	m.text(event.KeyEventModule, "burstwatch")
	m.text(event.KeyEventID, id+".1")
	m.add(event.KeyEventStart, event.At(at))
	m.add(event.KeyEventEnd, event.At(at))
	m.add(event.KeyEventCreated, event.At(ev.Created))
	m.text(event.KeyECSVersion, ecs.Version)
	m.text(event.KeyBurstwatchDeliveryID, delivery.String())
}

// rule adds what the alert says of its rule, author and licence among it: the
// Detection Rule License asks for the author's name.
func (m *maker) rule(r *Rule) {
	m.add(event.KeyEventSeverity, event.Int64(r.Level.Severity()))
	m.text(event.KeyRuleID, r.ID)
	m.text(event.KeyRuleName, r.Title)
	m.text(event.KeyRuleVersion, r.Version())
	m.text(event.KeyRuleLevel, r.Level.String())
	m.text(event.KeyRuleDescription, r.Description)
	m.text(event.KeyRuleLicense, r.License)
	m.texts(event.KeyRuleAuthor, r.Authors)
	m.texts(event.KeyRuleReference, r.References)
	m.texts(event.KeyRuleTags, r.Tags)
}

// studio adds what a person acts on.
func (m *maker) studio(ev *event.Event, r *Rule, id string, at int64) {
	m.text(event.KeyMessage, m.view.message(r.Rule))
	m.texts(event.KeyStudioControl, r.Header.Controls)
	m.text(event.KeyStudioAlertID, id)
	m.text(event.KeyStudioAlertShortID, "A-"+id[:6])
	m.add(event.KeyStudioAlertRevision, event.Int64(1))
	m.text(event.KeyStudioAlertState, "final")
	m.add(event.KeyStudioAlertCount, event.Int64(1))
	m.add(event.KeyStudioAlertFirst, event.At(at))
	m.add(event.KeyStudioAlertLast, event.At(at))
	m.texts(event.KeyStudioAlertDo, r.Header.Do)
	m.text(event.KeyStudioAlertSubject, m.view.text("who"))
	m.add(event.KeyStudioAlertEvidence, event.RawJSON(m.evidence(ev)))
	if shown := m.shown(r.Fields); shown != nil {
		m.add(event.KeyStudioAlertFields, event.RawJSON(shown))
	}
}

// evidence names the event, where it lies, and the hash of the record as it
// was read.
func (m *maker) evidence(ev *event.Event) []byte {
	sum := sha256.Sum256(ev.Record)
	if ev.Damage != nil {
		sum = ev.Damage.SHA256
	}
	id := m.view.key(event.KeyEventID)
	b := []byte(`[{`)
	if !id.IsNull() {
		b = append(event.AppendValue(append(b, `"event_id":`...), id), ',')
	}
	b = append(b, `"dataset":`...)
	b = event.AppendValue(b, event.Str(ev.Schema.Dataset()))
	if ev.Origin != nil {
		b = append(b, `,"object":`...)
		b = event.AppendValue(b, event.Str(ev.Origin.Name))
	}
	b = strconv.AppendInt(append(b, `,"record":`...), ev.Number, 10)
	b = append(b, `,"time":`...)
	b = event.AppendValue(b, event.At(ev.Time))
	b = append(b, `,"delivery_id":"`...)
	b = hex.AppendEncode(b, ev.DeliveryID[:])
	b = append(b, `","sha256":"`...)
	b = hex.AppendEncode(b, sum[:])
	return append(b, `"}]`...)
}

// shown is what the rule asks to be shown of the event.
func (m *maker) shown(names []string) []byte {
	b := []byte{'{'}
	for _, n := range names {
		values := m.view.get(n)
		if len(values) == 0 {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(event.AppendValue(b, event.Str(n)), ':')
		if len(values) == 1 {
			b = event.AppendValue(b, values[0])
			continue
		}
		for i, v := range values {
			b = append(b, "[,"[min(i, 1)])
			b = event.AppendValue(b, v)
		}
		b = append(b, ']')
	}
	if len(b) == 1 {
		return nil
	}
	return append(b, '}')
}

// own copies fields into memory of their own, all bytes in one block.
func own(fields []event.Field) []event.Field {
	n := 0
	for _, f := range fields {
		n += len(f.Value.Bytes)
	}
	block := make([]byte, 0, n)
	out := slices.Clone(fields)
	for i := range out {
		b := out[i].Value.Bytes
		block = append(block, b...)
		out[i].Value.Bytes = block[len(block)-len(b) : len(block) : len(block)]
	}
	return out
}
