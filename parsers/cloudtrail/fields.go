package cloudtrail

import (
	"crypto/sha256"
	"slices"

	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
)

// Fields implements event.Schema.
func (c schema) Fields(dst []event.Field, ev *event.Event, s *event.Scratch) []event.Field {
	if out, paths, changed := c.redactor.JSON(s.Grab(), ev.Record); changed {
		return c.cleaned(dst, ev, out, paths, s)
	}
	ev.DeliveryID = c.ID(ev, s)
	return fields(dst, ev, s)
}

// cleaned derives the fields of a record that held secrets from the copy
// without them.
func (c schema) cleaned(dst []event.Field, ev *event.Event, out []byte, paths []string, s *event.Scratch) []event.Field {
	var (
		again scanner
		slots [slotCount]event.Span
	)
	clean := withoutSecrets(ev, out, paths, s)
	clean.Slots = slots[:]
	again.fill(&clean, ev.Slots[sBody].Start > 0)
	ev.DeliveryID = c.ID(&clean, s)
	clean.DeliveryID = ev.DeliveryID
	return fields(dst, &clean, s)
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
	copiedSession   = segment(event.KeyAWSCloudtrailResources, event.KeyAWSS3BucketName)
	copiedCloud     = segment(event.KeyAWSS3BucketName, event.KeyDataStreamDataset)
	copiedEvent     = segment(event.KeyDataStreamDataset, event.KeyEventKind)
	copiedSource    = segment(event.KeyEventKind, event.KeySourceIP)
	copiedTLS       = segment(event.KeySourceIP, event.KeyTLSVersion)
	copiedUserAgent = segment(event.KeyTLSVersion, event.KeyUserAgentOSFull)
)

// most is how many fields an event can have.
const most = 96

// fields appends all fields of an event that holds no secrets. It is one long
// list because it is in the order of the keys, so that nobody has to sort.
func fields(dst []event.Field, ev *event.Event, s *event.Scratch) []event.Field {
	dst = slices.Grow(dst, most)
	id, t, deed := who(ev), targetsOf(ev), deedOf(ev)

	dst = put(dst, event.KeyTimestamp, timestamp(ev, s))
	dst = putCopied(dst, copiedAPI, ev, s)
	dst = putLogin(dst, ev)
	dst = putCopied(dst, copiedRequest, ev, s)
	dst = put(dst, event.KeyAWSCloudtrailResources, resources(ev, s))
	dst = putCopied(dst, copiedSession, ev, s)
	dst = ecs.Object(dst, ev, s)
	dst = ecs.Burstwatch(dst, ev, event.Value{}, s)
	dst = put(dst, event.KeyCloudAccountID, account(ev))
	dst = put(dst, event.KeyCloudProvider, aws)
	dst = putCopied(dst, copiedCloud, ev, s)
	dst = ecs.DataStream(dst, dataset)
	dst = ecs.ECSVersion(dst)

	dst = put(dst, event.KeyEventAction, escaped(action(ev)))
	dst = put(dst, event.KeyEventCategory, deed.category)
	dst = put(dst, event.KeyEventCreated, ecs.Created(ev, s))
	dst = put(dst, event.KeyEventDataset, dataset)
	dst = put(dst, event.KeyEventHash, ecs.Hash(ev, s))
	dst = putCopied(dst, copiedEvent, ev, s)
	dst = put(dst, event.KeyEventKind, kindEvent)
	dst = put(dst, event.KeyEventModule, aws)
	dst = put(dst, event.KeyEventOriginal, event.Text(ev.Record))
	dst = put(dst, event.KeyEventOutcome, outcome(ev))
	dst = put(dst, event.KeyEventProvider, escaped(provider(ev)))
	dst = put(dst, event.KeyEventType, deed.types)

	dst = put(dst, event.KeyGroupID, t.groupID)
	dst = put(dst, event.KeyGroupName, t.groupName)
	dst = ecs.Log(dst, ev, s)
	dst = putRelated(dst, ev, &id, &t, s)
	dst = putCopied(dst, copiedSource, ev, s)
	dst = put(dst, event.KeySourceIP, address(ev))
	dst = put(dst, event.KeyStudioIdentityPerson, id.personValue(s))
	dst = put(dst, event.KeyStudioIdentityRole, escaped(id.role))
	dst = put(dst, event.KeyStudioIdentityService, escaped(id.service))
	dst = put(dst, event.KeyStudioIdentityVia, id.via)
	if ev.Time == 0 {
		dst = put(dst, event.KeyTags, noTime)
	}
	dst = putCopied(dst, copiedTLS, ev, s)
	dst = put(dst, event.KeyTLSVersion, escaped(tlsVersion(ev)))
	dst = put(dst, event.KeyTLSVersionProtocol, tlsProtocol(ev))
	dst = put(dst, event.KeyUserChangesName, t.newName)
	dst = put(dst, event.KeyUserID, userID(ev))
	dst = put(dst, event.KeyUserName, userName(ev))
	dst = put(dst, event.KeyUserTargetID, t.userID)
	dst = put(dst, event.KeyUserTargetName, t.userName)
	return putAgent(dst, ev, s)
}

func put(dst []event.Field, key event.Key, v event.Value) []event.Field {
	if v.Kind == event.Null {
		return dst
	}
	return append(dst, event.Field{Key: key, Value: v})
}

// putCopied appends a segment's fields.
func putCopied(dst []event.Field, segment []copiedField, ev *event.Event, s *event.Scratch) []event.Field {
	for i := range segment {
		f := &segment[i]
		raw := ev.At(f.slot)
		switch {
		case raw == nil:
		case f.form == asKeyword && raw[0] == '"' && len(raw) > 2: // as nearly all are
			dst = append(dst, event.Field{Key: f.key, Value: event.Value{Kind: event.Escaped, Bytes: raw[1 : len(raw)-1]}})
		default:
			dst = put(dst, f.key, f.value(ev, s))
		}
	}
	return dst
}

func putLogin(dst []event.Field, ev *event.Event) []event.Field {
	if string(text(ev.At(sEventName))) != "ConsoleLogin" {
		return dst
	}
	dst = put(dst, event.KeyAWSCloudtrailConsoleLoginAdditionalEventdataLoginTo, keyword(login(ev, "LoginTo")))
	dst = put(dst, event.KeyAWSCloudtrailConsoleLoginAdditionalEventdataMFAUsed, boolean(login(ev, "MFAUsed")))
	return put(dst, event.KeyAWSCloudtrailConsoleLoginAdditionalEventdataMobileVersion, boolean(login(ev, "MobileVersion")))
}

func putRelated(dst []event.Field, ev *event.Event, id *identity, t *targets, s *event.Scratch) []event.Field {
	var entity, user group
	collectEntities(&entity, ev, t)
	collectUsers(&user, ev, id, t, s)
	dst = put(dst, event.KeyRelatedEntity, entity.value(s))
	dst = put(dst, event.KeyRelatedIP, inArray1(address(ev), s))
	return put(dst, event.KeyRelatedUser, user.value(s))
}

func putAgent(dst []event.Field, ev *event.Event, s *event.Scratch) []event.Field {
	a := parseAgent(text(ev.At(sUserAgent)))
	version := a.osVersionValue(s)
	dst = put(dst, event.KeyUserAgentDeviceName, escaped(a.device))
	dst = put(dst, event.KeyUserAgentName, escaped(a.name))
	dst = putCopied(dst, copiedUserAgent, ev, s)
	dst = put(dst, event.KeyUserAgentOSFull, a.osFull(s))
	dst = put(dst, event.KeyUserAgentOSName, escaped(a.os))
	dst = put(dst, event.KeyUserAgentOSVersion, version)
	return put(dst, event.KeyUserAgentVersion, escaped(a.version))
}
