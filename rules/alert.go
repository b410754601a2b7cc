package rules

import (
	"crypto/sha256"
	"slices"
	"strings"

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
	about   [][]name      // the rule's own subject, alternatives of each part
}

func newPlan(r *sigma.Rule, o Options) *plan {
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
	p.texts(event.KeyStudioAlertRuledOut, ruledOut(r, o.Placeholders))
	for _, f := range r.Fields {
		p.shown = append(p.shown, newName(f))
		p.labels = append(p.labels, event.Str(f))
	}
	for _, part := range r.Header.Subject {
		var names []name
		for alternative := range strings.SplitSeq(part, "|") {
			names = append(names, newName(alternative))
		}
		p.about = append(p.about, names)
	}
	return p
}

// ruledOut are the harmless explanations that a rule can tell by what the studio
// file gives.
func ruledOut(r *sigma.Rule, lookup func(string) ([]string, bool)) (out []string) {
	for _, x := range r.Header.RuledOut {
		if x.With == "" || known(lookup, x.With) {
			out = append(out, x.What)
		}
	}
	return out
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

// sha256Of is the hash of the record as it was read.
func sha256Of(ev *event.Event) [32]byte {
	if ev.Damage != nil {
		return ev.Damage.SHA256
	}
	return sha256.Sum256(ev.Record)
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
