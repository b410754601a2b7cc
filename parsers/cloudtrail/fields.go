package cloudtrail

import (
	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
)

// document collects an event's fields in ascending key order.
type document struct {
	dst []event.Field
	ev  *event.Event
	s   *event.Scratch
	// next is the first of the copied fields that is yet to be written.
	next int
}

// put writes a field, unless it is null, after the copied fields that come
// before it.
func (d *document) put(key event.Key, v event.Value) {
	if v.Kind != event.Null {
		d.dst = append(d.dst, event.Field{Key: key, Value: v})
	}
}

// copyTo writes the copied fields whose keys come before key.
func (d *document) copyTo(key event.Key) {
	for ; d.next < len(copied) && copied[d.next].key < key; d.next++ {
		f := &copied[d.next]
		if d.ev.Slots[f.slot].End != 0 {
			d.put(f.key, f.value(d.ev, d.s))
		}
	}
}

// Fields implements event.Schema.
func (c schema) Fields(dst []event.Field, ev *event.Event, s *event.Scratch) []event.Field {
	var (
		clean event.Event
		slots [slotCount]event.Span
	)
	e := c.redacted(ev, &clean, slots[:], s)
	ev.DeliveryID = c.ID(e, s)
	e.DeliveryID, e.Damage = ev.DeliveryID, ev.Damage
	d := &document{dst: dst, ev: e, s: s}
	id, t := who(e), targetsOf(e)
	d.record()
	d.provenance()
	d.event()
	d.relations(&id, &t)
	d.actor(&id, &t)
	d.client()
	return d.dst
}

// record writes @timestamp and aws.*.
func (d *document) record() {
	d.put(event.KeyTimestamp, timestamp(d.ev, d.s))
	d.copyTo(event.KeyAWSCloudtrailConsoleLoginAdditionalEventdataLoginTo)
	if login(d.ev, "LoginTo") != nil || login(d.ev, "MFAUsed") != nil || login(d.ev, "MobileVersion") != nil {
		d.put(event.KeyAWSCloudtrailConsoleLoginAdditionalEventdataLoginTo, keyword(login(d.ev, "LoginTo")))
		d.put(event.KeyAWSCloudtrailConsoleLoginAdditionalEventdataMFAUsed, boolean(login(d.ev, "MFAUsed")))
		d.put(event.KeyAWSCloudtrailConsoleLoginAdditionalEventdataMobileVersion, boolean(login(d.ev, "MobileVersion")))
	}
	d.copyTo(event.KeyAWSCloudtrailResources)
	d.put(event.KeyAWSCloudtrailResources, resources(d.ev, d.s))
	d.copyTo(event.KeyAWSS3BucketName)
	d.dst = ecs.Object(d.dst, d.ev, d.s)
}

// provenance writes burstwatch.*, cloud.*, data_stream.* and ecs.*.
func (d *document) provenance() {
	d.dst = ecs.Burstwatch(d.dst, d.ev, event.Value{}, d.s)
	d.put(event.KeyCloudAccountID, account(d.ev))
	d.put(event.KeyCloudProvider, aws)
	d.copyTo(event.KeyDataStreamDataset)
	d.dst = ecs.ECSVersion(ecs.DataStream(d.dst, dataset))
}

// event writes event.*.
func (d *document) event() {
	deed := deedOf(d.ev)
	d.put(event.KeyEventAction, escaped(action(d.ev)))
	d.put(event.KeyEventCategory, deed.category)
	d.put(event.KeyEventCreated, event.At(d.ev.Created))
	d.put(event.KeyEventDataset, dataset)
	d.put(event.KeyEventHash, ecs.Hash(d.ev, d.s))
	d.copyTo(event.KeyEventKind)
	d.put(event.KeyEventKind, kindEvent)
	d.put(event.KeyEventModule, aws)
	d.put(event.KeyEventOriginal, event.Text(d.ev.Record))
	d.put(event.KeyEventOutcome, outcome(d.ev))
	d.put(event.KeyEventProvider, escaped(provider(d.ev)))
	d.put(event.KeyEventType, deed.types)
}

// relations writes group.*, log.*, related.* and source.*.
func (d *document) relations(id *identity, t *targets) {
	d.put(event.KeyGroupID, t.groupID)
	d.put(event.KeyGroupName, t.groupName)
	d.dst = ecs.Log(d.dst, d.ev, d.s)
	var r relations
	r.collect(d.ev, id, t, d.s)
	d.put(event.KeyRelatedEntity, r.entity.value(d.s))
	d.put(event.KeyRelatedIP, r.ip.value(d.s))
	d.put(event.KeyRelatedUser, r.user.value(d.s))
	d.copyTo(event.KeySourceIP)
	d.put(event.KeySourceIP, address(d.ev))
}

// actor writes studio.identity.*, tags, tls.* and user.*.
func (d *document) actor(id *identity, t *targets) {
	d.put(event.KeyStudioIdentityPerson, id.personValue(d.s))
	d.put(event.KeyStudioIdentityRole, escaped(id.role))
	d.put(event.KeyStudioIdentityService, escaped(id.service))
	d.put(event.KeyStudioIdentityVia, id.via)
	if d.ev.Time == 0 {
		d.put(event.KeyTags, noTime)
	}
	d.copyTo(event.KeyTLSVersion)
	d.put(event.KeyTLSVersion, escaped(tlsVersion(d.ev)))
	d.put(event.KeyTLSVersionProtocol, tlsProtocol(d.ev))
	d.put(event.KeyUserChangesName, t.newName)
	d.put(event.KeyUserID, userID(d.ev))
	d.put(event.KeyUserName, userName(d.ev))
	d.put(event.KeyUserTargetID, t.userID)
	d.put(event.KeyUserTargetName, t.userName)
}

// client writes user_agent.*.
func (d *document) client() {
	a := parseAgent(text(d.ev.At(sUserAgent)))
	d.put(event.KeyUserAgentDeviceName, escaped(a.device))
	d.put(event.KeyUserAgentName, escaped(a.name))
	d.copyTo(event.KeyUserAgentOSFull)
	d.put(event.KeyUserAgentOSFull, a.osFull(d.s))
	d.put(event.KeyUserAgentOSName, escaped(a.os))
	d.put(event.KeyUserAgentOSVersion, a.osVersionValue(d.s))
	d.put(event.KeyUserAgentVersion, escaped(a.version))
}
