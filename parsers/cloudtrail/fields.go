package cloudtrail

import (
	"crypto/sha256"
	"slices"

	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
)

// output takes an event's fields in key order: as a list, or straight into a
// document. Both come from the same code, so that they cannot differ.
type output struct {
	list   []event.Field
	doc    event.Document
	direct bool
}

// Fields implements event.Schema.
func (c schema) Fields(dst []event.Field, ev *event.Event, s *event.Scratch) []event.Field {
	o := output{list: slices.Grow(dst, most)}
	c.fields(&o, ev, s)
	return o.list
}

// AppendDocument implements event.DocumentWriter.
func (c schema) AppendDocument(dst []byte, ev *event.Event, more []event.Field, s *event.Scratch) ([]byte, bool) {
	o := output{doc: event.NewDocument(dst), direct: true}
	o.doc.Merge(more)
	c.fields(&o, ev, s)
	return o.doc.End(), true
}

// fields redacts the event's record and writes all of its fields.
func (c schema) fields(o *output, ev *event.Event, s *event.Scratch) {
	if out, paths, changed := c.redactor.JSON(s.Grab(), ev.Record); changed {
		c.cleaned(o, ev, out, paths, s)
		return
	}
	ev.DeliveryID = c.ID(ev, s)
	o.fields(ev, s)
}

// cleaned derives the fields of a record that held secrets from the copy
// without them.
func (c schema) cleaned(o *output, ev *event.Event, out []byte, paths []string, s *event.Scratch) {
	m := memoryOf(s)
	clean := withoutSecrets(ev, out, paths, s)
	clean.Slots = m.clean[:]
	clear(clean.Slots)
	m.again.fill(&clean, ev.Slots[sBody].Start > 0)
	ev.DeliveryID = c.ID(&clean, s)
	clean.DeliveryID = ev.DeliveryID
	o.fields(&clean, s)
}

// withoutSecrets is the event with the redacted record out, which came from
// s.Grab, in place of its own. What the record was is noted in ev.Damage.
func withoutSecrets(ev *event.Event, out []byte, paths []string, s *event.Scratch) event.Event {
	damage := &event.Damage{SHA256: sha256.Sum256(ev.Record), Redacted: paths}
	if was := ev.Damage; was != nil {
		damage.SHA256, damage.Repaired = was.SHA256, was.Repaired
	}
	ev.Damage = damage
	clean := *ev
	clean.Record = s.Copy(out)
	s.Release(out)
	return clean
}

// segment is the copied fields from a key on up to the next at which something
// is derived.
func segment(from, before event.Key) []copiedField {
	at := func(key event.Key) int {
		i, _ := slices.BinarySearchFunc(copied, key, func(f copiedField, k event.Key) int { return int(f.key) - int(k) })
		return i
	}
	return copied[at(from):at(before)]
}

// The segments, in the order in which documents have them.
var (
	copiedAPI       = segment(0, event.KeyAWSCloudtrailConsoleLoginAdditionalEventdataLoginTo)
	copiedRequest   = segment(event.KeyAWSCloudtrailConsoleLoginAdditionalEventdataLoginTo, event.KeyAWSCloudtrailResources)
	copiedSession   = segment(event.KeyAWSCloudtrailResources, event.KeyAWSCloudtrailUserIdentityAccessKeyID)
	copiedUser      = segment(event.KeyAWSCloudtrailUserIdentityAccessKeyID, event.KeyAWSCloudtrailVPCEndpointAccountID)
	copiedEndpoint  = segment(event.KeyAWSCloudtrailVPCEndpointAccountID, event.KeyAWSS3BucketName)
	copiedCloud     = segment(event.KeyAWSS3BucketName, event.KeyDataStreamDataset)
	copiedEvent     = segment(event.KeyDataStreamDataset, event.KeyEventKind)
	copiedSource    = segment(event.KeyEventKind, event.KeySourceIP)
	copiedTLS       = segment(event.KeySourceIP, event.KeyTLSVersion)
	copiedUserAgent = segment(event.KeyTLSVersion, event.KeyUserAgentOSFull)
)

// most is how many fields an event can have.
const most = 96

// fields writes all fields of an event that holds no secrets. It is one long
// list because it is in the order of the keys, so that nobody has to sort.
func (o *output) fields(ev *event.Event, s *event.Scratch) { //nolint:funlen // the list of fields in the document's order
	m := memoryOf(s)
	a, t, deed := m.actor(ev, s), targetsOf(ev, s), m.deedOf(ev, s)
	id, ip := &a.id, address(ev, s)

	o.put(event.KeyTimestamp, timestamp(ev, s))
	o.copied(copiedAPI, ev, s)
	o.login(ev, s)
	o.copied(copiedRequest, ev, s)
	r := o.resources(ev, s)
	o.copied(copiedSession, ev, s)
	o.user(ev, a, s)
	o.copied(copiedEndpoint, ev, s)
	o.provenance(ev, s)
	o.put(event.KeyCloudAccountID, account(ev))
	o.put(event.KeyCloudProvider, aws)
	o.copied(copiedCloud, ev, s)
	o.chunk(stream)

	o.put(event.KeyEventAction, escaped(action(ev, s)))
	o.put(event.KeyEventCategory, deed.category)
	o.put(event.KeyEventCreated, ecs.Created(ev, s))
	o.put(event.KeyEventDataset, dataset)
	o.put(event.KeyEventHash, ecs.Hash(ev, s))
	o.copied(copiedEvent, ev, s)
	o.chunk(kindAndModule)
	o.put(event.KeyEventOriginal, event.Text(ev.Record))
	o.put(event.KeyEventOutcome, outcome(ev, s))
	o.put(event.KeyEventProvider, escaped(provider(ev, s)))
	o.put(event.KeyEventType, deed.types)

	o.put(event.KeyGroupID, t.groupID)
	o.put(event.KeyGroupName, t.groupName)
	o.log(ev, s)
	o.related(ev, a, &t, &r, ip, m, s)
	o.copied(copiedSource, ev, s)
	o.put(event.KeySourceIP, ip)
	o.put(event.KeyStudioIdentityPerson, id.personValue(s))
	o.put(event.KeyStudioIdentityRole, escaped(id.role))
	o.put(event.KeyStudioIdentityService, escaped(id.service))
	o.put(event.KeyStudioIdentityVia, id.via)
	if ev.Time == 0 {
		o.put(event.KeyTags, noTime)
	}
	o.copied(copiedTLS, ev, s)
	o.put(event.KeyTLSVersion, escaped(tlsVersion(ev, s)))
	o.put(event.KeyTLSVersionProtocol, tlsProtocol(ev, s))
	o.put(event.KeyUserChangesName, t.newName)
	o.put(event.KeyUserID, userID(ev))
	o.put(event.KeyUserName, userName(ev))
	o.put(event.KeyUserTargetID, t.userID)
	o.put(event.KeyUserTargetName, t.userName)
	o.agent(ev, m, s)
}
