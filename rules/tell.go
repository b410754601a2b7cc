package rules

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// spoken are fields of which messages speak though alerts do not hold them.
var spoken = []event.Key{
	event.KeyEventID, event.KeyMessage, event.KeyAWSCloudtrailUserIdentityARN, event.KeyAWSCloudtrailErrorCode,
	event.KeyAWSCloudtrailErrorMessage, event.KeyAWSVpcflowInstanceID,
}

// aboutKeys are the fields that About takes over: those that alerts copy, and
// those of which the rules speak.
func aboutKeys(rules []Stateful) *[event.Keys]bool {
	out := copyKeys
	for _, k := range spoken {
		out[k] = true
	}
	see := func(n name) {
		for _, p := range n {
			if !p.record {
				out[p.key] = true
			}
		}
	}
	for _, r := range rules {
		for _, m := range append(slices.Clone(r.plan.steps), r.plan.message) {
			for _, part := range m {
				for _, n := range part.names {
					see(n)
				}
			}
		}
		for _, n := range r.plan.shown {
			see(n)
		}
	}
	return &out
}

// tellFields makes what the alert of a stateful case says: of the fields of the
// case first, then of those of the event that it is about.
func (m *maker) tellFields(r *Rule, c *Telling) {
	var own [event.Keys]bool
	var extra []detect.Field
	m.fields = m.fields[:0]
	for _, f := range c.Fields {
		k, ok := keysByName()[f.Name]
		if !ok {
			extra = append(extra, f)
			continue
		}
		if !own[k] {
			own[k] = true
			m.fields = append(m.fields, event.Field{Key: k, Value: valueFor(k, f.Value)})
		}
	}
	count := len(m.fields)
	_, about := cutChunk(c.About)
	m.fields = appendKept(m.fields, about)
	tierless := own[event.KeyStudioProduction] && !sameProduction(m.fields[:count], m.fields[count:])
	m.fields = append(m.fields[:count], slices.DeleteFunc(m.fields[count:], func(f event.Field) bool {
		return own[f.Key] || f.Key == event.KeyStudioTier && tierless
	})...)
	for i, f := range m.fields {
		if i < count || copyKeys[f.Key] {
			m.made = append(m.made, f)
		}
	}
	if !own[event.KeyUserName] {
		named(m.made, m.fields)
	}
	m.fields = append(m.fields, event.Field{Key: event.KeyStudioAlertCount, Value: event.Int64(c.Count)},
		event.Field{Key: event.KeyStudioAlertFirst, Value: event.At(c.First)}, event.Field{Key: event.KeyStudioAlertLast, Value: event.At(c.Last)})
	slices.SortStableFunc(m.fields, func(a, b event.Field) int { return int(a.Key) - int(b.Key) })
	m.view.reset(m.fields)
	m.view.speak(extra)
	m.fill(r)
	m.extras(extra)
	m.json(event.KeyStudioAlertMarks, func(b []byte) []byte { return appendStrings(b, c.Marks) })
	m.made = lastOfEach(m.made)
}

// sameProduction reports whether a case is about the production of its event,
// whose tier is the event's.
func sameProduction(of, about []event.Field) bool {
	return bytes.Equal(valueOf(of, event.KeyStudioProduction).Bytes, valueOf(about, event.KeyStudioProduction).Bytes)
}

func valueOf(fields []event.Field, k event.Key) event.Value {
	for i := range fields {
		if fields[i].Key == k {
			return fields[i].Value
		}
	}
	return event.Value{}
}

// lastOfEach keeps of fields with one key the first: what the case says goes
// before what the template made.
func lastOfEach(fields []event.Field) []event.Field {
	var seen [event.Keys]bool
	return slices.DeleteFunc(fields, func(f event.Field) bool {
		again := seen[f.Key]
		seen[f.Key] = true
		return again
	})
}

// speak lets templates name fields that the schema does not have.
func (v *view) speak(extra []detect.Field) {
	v.looked = true
	v.original = appendExtra(v.original[:0], extra)
}

// extras adds the case's fields that the schema does not have to what the rule
// wants shown.
func (m *maker) extras(extra []detect.Field) {
	if len(extra) == 0 {
		return
	}
	for i := range m.made {
		if f := &m.made[i]; f.Key == event.KeyStudioAlertFields {
			both := append(slices.Clone(f.Value.Bytes[:len(f.Value.Bytes)-1]), ',')
			f.Value.Bytes = append(both, appendExtra(nil, extra)[1:]...)
			return
		}
	}
	m.json(event.KeyStudioAlertFields, func(b []byte) []byte { return appendExtra(b, extra) })
}

func appendExtra(b []byte, extra []detect.Field) []byte {
	b = append(b, '{')
	for i, f := range extra {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendQuoted(b, f.Name), ':')
		if isJSON(f.Value) {
			b = append(b, f.Value...)
		} else {
			b = appendQuoted(b, f.Value)
		}
	}
	return append(b, '}')
}

// isJSON reports whether text is a JSON array or object.
func isJSON(text string) bool {
	return (strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{")) && jsonscan.Valid([]byte(text))
}

// valueFor reads text as the type of a key has it; what cannot be read stays text.
func valueFor(k event.Key, text string) event.Value {
	d := k.Definition()
	switch d.Type {
	case "long", "integer", "short":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return event.Int64(n)
		}
	case "float", "double", "scaled_float", "half_float":
		if x, err := strconv.ParseFloat(text, 64); err == nil {
			return event.Float64(x)
		}
	case "boolean":
		if b, err := strconv.ParseBool(text); err == nil {
			return event.Boolean(b)
		}
	case "date":
		if ns, ok := event.ParseTime([]byte(text)); ok {
			return event.At(ns)
		}
	case "keyword", "wildcard", "text", "match_only_text", "ip":
		if !d.Array {
			return event.Str(text)
		}
	}
	if isJSON(text) {
		return event.RawJSON([]byte(text))
	}
	if d.Array {
		return event.RawJSON(append(appendQuoted([]byte("["), text), ']'))
	}
	return event.Str(text)
}
