package cloudtrail

import (
	"encoding/hex"

	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
)

// put writes a field; Null is left out.
func (o *output) put(key event.Key, v event.Value) {
	switch {
	case v.Kind == event.Null:
	case o.direct:
		o.doc.Put(key, v)
	default:
		o.list = append(o.list, event.Field{Key: key, Value: v})
	}
}

// all writes fields that others have put together.
func (o *output) all(fields []event.Field) {
	for i := range fields {
		o.put(fields[i].Key, fields[i].Value)
	}
}

// copied writes a segment's fields.
func (o *output) copied(segment []copiedField, ev *event.Event, s *event.Scratch) {
	for i := range segment {
		f := &segment[i]
		raw := ev.At(f.slot)
		switch {
		case raw == nil:
		case o.direct && f.form == asKeyword && raw[0] == '"' && len(raw) > 2: // as nearly all are
			o.doc.Raw(f.key, raw)
		default:
			o.put(f.key, f.value(ev, s))
		}
	}
}

func (o *output) login(ev *event.Event, s *event.Scratch) {
	if string(word(ev, sEventName, s)) != "ConsoleLogin" {
		return
	}
	o.put(event.KeyAWSCloudtrailConsoleLoginAdditionalEventdataLoginTo, keyword(login(ev, "LoginTo", s)))
	o.put(event.KeyAWSCloudtrailConsoleLoginAdditionalEventdataMFAUsed, boolean(login(ev, "MFAUsed", s)))
	o.put(event.KeyAWSCloudtrailConsoleLoginAdditionalEventdataMobileVersion, boolean(login(ev, "MobileVersion", s)))
}

// provenance writes aws.s3.* and burstwatch.*.
func (o *output) provenance(ev *event.Event, s *event.Scratch) {
	if o.direct && ev.Damage == nil {
		var few [2]event.Field
		o.all(ecs.Object(few[:0], ev, s))
		id := hex.AppendEncode(s.Alloc(2*len(ev.DeliveryID)), ev.DeliveryID[:])
		o.doc.Put(event.KeyBurstwatchDeliveryID, escaped(id))
		o.doc.Put(event.KeyBurstwatchRecord, event.Int64(ev.Number))
		o.doc.Put(event.KeyBurstwatchSource, escaped(s.Escape(ev.Origin.Source)))
		return
	}
	var few [8]event.Field
	o.all(ecs.Burstwatch(ecs.Object(few[:0], ev, s), ev, event.Value{}, s))
}

// chunk writes fields that never change.
func (o *output) chunk(c *event.Chunk) {
	if o.direct {
		o.doc.Chunk(c)
		return
	}
	o.list = append(o.list, c.Fields()...)
}

func (o *output) log(ev *event.Event, s *event.Scratch) {
	var few [2]event.Field
	o.all(ecs.Log(few[:0], ev, s))
}

// related writes related.*. ip is source.ip.
func (o *output) related(ev *event.Event, a *actor, t *targets, r *resources, ip event.Value, m *memory, s *event.Scratch) {
	a.relate(ev, m, s)
	known := a.source != nil && !t.any
	var arns group
	if known && o.direct {
		collectTargets(&arns, r, t)
	}
	if !known || !o.direct || a.entity.n+arns.n > len(arns.list) {
		o.relatedFields(ev, a, t, r, ip, s)
		return
	}
	if a.entity.n+arns.n > 0 {
		o.doc.Shut(a.entity.appendUnion(o.doc.Begin(event.KeyRelatedEntity), arns.members()))
	}
	if !ip.IsNull() {
		b := append(append(o.doc.Begin(event.KeyRelatedIP), `["`...), ip.Bytes...)
		o.doc.Shut(append(b, `"]`...))
	}
	if len(a.user) > 0 {
		o.doc.Raw(event.KeyRelatedUser, a.user)
	}
}

// relatedFields writes related.* in the general way.
func (o *output) relatedFields(ev *event.Event, a *actor, t *targets, r *resources, ip event.Value, s *event.Scratch) {
	entity := a.entity.group
	if a.source == nil {
		entity = group{}
		collectEntities(&entity, ev, s)
	}
	collectTargets(&entity, r, t)
	user := event.RawJSON(a.user)
	if a.source == nil || t.any {
		var g group
		collectUsers(&g, ev, &a.id, t, s)
		user = g.value(s)
	}
	o.put(event.KeyRelatedEntity, entity.value(s))
	o.put(event.KeyRelatedIP, inArray1(ip, s))
	if len(user.Bytes) > 0 {
		o.put(event.KeyRelatedUser, user)
	}
}

// agentFields writes user_agent.*.
func (o *output) agentFields(ev *event.Event, s *event.Scratch) {
	a := parseAgent(word(ev, sUserAgent, s))
	version := a.osVersionValue(s)
	o.put(event.KeyUserAgentDeviceName, escaped(a.device))
	o.put(event.KeyUserAgentName, escaped(a.name))
	o.copied(copiedUserAgent, ev, s)
	o.put(event.KeyUserAgentOSFull, a.osFull(s))
	o.put(event.KeyUserAgentOSName, escaped(a.os))
	o.put(event.KeyUserAgentOSVersion, version)
	o.put(event.KeyUserAgentVersion, escaped(a.version))
}
