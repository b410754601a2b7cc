package cloudtrail

import (
	"bytes"
	"slices"
	"strings"

	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// Getter implements event.Schema. A full ECS field name is what is derived here;
// every other name is that of the record: where it has a slot or leads through
// one, else the path of a member that AWS has not documented yet. No member of
// a CloudTrail record is named like an ECS field, but EventBridge's envelope
// has a "source", which source.ip does not lead through.
func (c schema) Getter(name string) event.Getter {
	if key, isECS := event.KeyOf(name); isECS {
		return c.ecsGetter(key)
	}
	if g := rawGetter(recordNode, name); g != nil {
		return g
	}
	return pathGetter{sBody, jsonscan.CompilePath(name)}
}

// ecsGetter reads an ECS field; nil where no CloudTrail record has it.
func (c schema) ecsGetter(key event.Key) event.Getter {
	for i := range derived {
		if derived[i].key == key {
			return derived[i].values
		}
	}
	for _, f := range copied {
		if f.key == key {
			return f
		}
	}
	if slices.Contains(written, key) {
		return ecs.FromDocument(c, key)
	}
	return nil
}

// written are the fields that have no getter of their own: how a record was
// read, which rules hardly ever judge.
var written = []event.Key{
	event.KeyAWSS3BucketName, event.KeyAWSS3ObjectKey, event.KeyBurstwatchDeliveryID, event.KeyBurstwatchRecord,
	event.KeyBurstwatchRedacted, event.KeyBurstwatchRepaired, event.KeyBurstwatchSource, event.KeyDataStreamNamespace,
	event.KeyDataStreamType, event.KeyECSVersion, event.KeyEventHash, event.KeyEventOriginal, event.KeyLogFilePath,
	event.KeyLogOffset, event.KeyTags,
}

// rawGetter finds the slot that a name leads to or through; nil if there is none.
func rawGetter(n *node, name string) event.Getter {
	keys := jsonscan.CompilePath(name).Keys()
	outer := sOther
	for depth, key := range keys {
		k := n.lookup([]byte(key))
		if k == &unknown || k.wrap != noWrap {
			return nil
		}
		slot := k.slot
		rest := strings.Join(escapeDots(keys[depth+1:]), ".")
		switch {
		case depth == len(keys)-1 && depth == 0:
			return slotGetter(slot)
		case depth == len(keys)-1:
			return innerGetter{slot, outer, pathBelow(keys)}
		case k.child == nil && depth == 0:
			return pathGetter{slot, jsonscan.CompilePath(rest)}
		case k.child == nil:
			return pathGetter{outer, pathBelow(keys)}
		}
		if depth == 0 {
			outer = slot
		}
		if k.child.lookup([]byte(keys[depth+1])) == &unknown {
			return pathGetter{outer, pathBelow(keys)}
		}
		n = k.child
	}
	return nil
}

// pathBelow is the path of keys below the first.
func pathBelow(keys []string) *jsonscan.Path {
	return jsonscan.CompilePath(strings.Join(escapeDots(keys[1:]), "."))
}

func escapeDots(keys []string) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = dots.Replace(k)
	}
	return out
}

var dots = strings.NewReplacer(`\`, `\\`, `.`, `\.`)

// slotGetter reads an outermost member of the record.
type slotGetter int

// Append implements event.Getter.
func (g slotGetter) Append(dst []event.Value, ev *event.Event, _ *event.Scratch) []event.Value {
	raw := ev.At(int(g))
	if raw == nil {
		return dst
	}
	if raw[0] == '[' {
		return jsonscan.AppendValues(dst, raw)
	}
	return append(dst, jsonscan.Value(raw))
}

// Slot implements event.Slotted.
func (g slotGetter) Slot() int { return int(g) }

// innerGetter reads a member below one that is an object in all that AWS
// writes. Should it be an array, its elements are looked through.
type innerGetter struct {
	slot, outer int
	path        *jsonscan.Path
}

// Append implements event.Getter.
func (g innerGetter) Append(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
	if raw := ev.At(g.slot); raw != nil {
		return slotGetter(g.slot).Append(dst, ev, s)
	}
	if raw := ev.At(g.outer); bytes.IndexByte(raw, '[') >= 0 {
		return g.path.Append(dst, raw, s)
	}
	return dst
}

// pathGetter walks below a slot.
type pathGetter struct {
	slot int
	path *jsonscan.Path
}

// Append implements event.Getter.
func (g pathGetter) Append(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
	if raw := ev.At(g.slot); raw != nil {
		return g.path.Append(dst, raw, s)
	}
	return dst
}

// Walks implements event.Walker.
func (pathGetter) Walks() bool { return true }

// one is a derivation of at most one value.
type one func(ev *event.Event, s *event.Scratch) event.Value

// Append implements event.Getter.
func (f one) Append(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
	if v := f(ev, s); !v.IsNull() {
		dst = append(dst, v)
	}
	return dst
}

// Append implements event.Getter.
func (f copiedField) Append(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
	if v := f.value(ev, s); !v.IsNull() {
		dst = append(dst, v)
	}
	return dst
}

// derivation is an ECS field and how rules read it.
type derivation struct {
	key    event.Key
	values event.Getter
}

// derived are the fields that are more than a copy of one slot. Fields writes
// them by the same functions.
var derived = []derivation{
	{event.KeyTimestamp, one(timestamp)},
	{event.KeyAWSCloudtrailConsoleLoginAdditionalEventdataLoginTo, one(func(ev *event.Event, s *event.Scratch) event.Value { return keyword(login(ev, "LoginTo", s)) })},
	{event.KeyAWSCloudtrailConsoleLoginAdditionalEventdataMFAUsed, one(func(ev *event.Event, s *event.Scratch) event.Value { return boolean(login(ev, "MFAUsed", s)) })},
	{event.KeyAWSCloudtrailConsoleLoginAdditionalEventdataMobileVersion, one(func(ev *event.Event, s *event.Scratch) event.Value { return boolean(login(ev, "MobileVersion", s)) })},
	{event.KeyAWSCloudtrailResources, event.GetterFunc(resourceValues)},
	{event.KeyCloudAccountID, one(func(ev *event.Event, s *event.Scratch) event.Value { return account(ev) })},
	{event.KeyCloudProvider, constant(aws)},
	{event.KeyDataStreamDataset, constant(dataset)},
	{event.KeyEventAction, one(func(ev *event.Event, s *event.Scratch) event.Value { return escaped(action(ev, s)) })},
	{event.KeyEventCategory, event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
		return append(dst, deedOf(ev, s).categoryList...)
	})},
	{event.KeyEventCreated, one(func(ev *event.Event, s *event.Scratch) event.Value { return event.At(ev.Created) })},
	{event.KeyEventDataset, constant(dataset)},
	{event.KeyEventKind, constant(kindEvent)},
	{event.KeyEventModule, constant(aws)},
	{event.KeyEventOutcome, one(func(ev *event.Event, s *event.Scratch) event.Value { return outcome(ev, s) })},
	{event.KeyEventProvider, one(func(ev *event.Event, s *event.Scratch) event.Value { return escaped(provider(ev, s)) })},
	{event.KeyEventType, event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
		return append(dst, deedOf(ev, s).typesList...)
	})},
	{event.KeyGroupID, target(func(t *targets) event.Value { return t.groupID })},
	{event.KeyGroupName, target(func(t *targets) event.Value { return t.groupName })},
	{event.KeyRelatedEntity, event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
		var g group
		t, r := targetsOf(ev, s), resourcesOf(ev, s)
		collectEntities(&g, ev, s)
		collectTargets(&g, &r, &t)
		return g.append(dst)
	})},
	{event.KeyRelatedIP, one(func(ev *event.Event, s *event.Scratch) event.Value { return address(ev, s) })},
	{event.KeyRelatedUser, event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
		var g group
		id, t := who(ev, s), targetsOf(ev, s)
		collectUsers(&g, ev, &id, &t, s)
		return g.append(dst)
	})},
	{event.KeySourceIP, one(func(ev *event.Event, s *event.Scratch) event.Value { return address(ev, s) })},
	{event.KeyStudioIdentityPerson, one(func(ev *event.Event, s *event.Scratch) event.Value { return memoryOf(s).actor(ev, s).id.personValue(s) })},
	{event.KeyStudioIdentityRole, one(func(ev *event.Event, s *event.Scratch) event.Value { return escaped(memoryOf(s).actor(ev, s).id.role) })},
	{event.KeyStudioIdentityService, one(func(ev *event.Event, s *event.Scratch) event.Value {
		return escaped(memoryOf(s).actor(ev, s).id.service)
	})},
	{event.KeyStudioIdentityVia, one(func(ev *event.Event, s *event.Scratch) event.Value { return memoryOf(s).actor(ev, s).id.via })},
	{event.KeyTLSVersion, one(func(ev *event.Event, s *event.Scratch) event.Value { return escaped(tlsVersion(ev, s)) })},
	{event.KeyTLSVersionProtocol, one(func(ev *event.Event, s *event.Scratch) event.Value { return tlsProtocol(ev, s) })},
	{event.KeyUserChangesName, target(func(t *targets) event.Value { return t.newName })},
	{event.KeyUserID, one(func(ev *event.Event, s *event.Scratch) event.Value { return userID(ev) })},
	{event.KeyUserName, one(func(ev *event.Event, s *event.Scratch) event.Value { return userName(ev) })},
	{event.KeyUserTargetID, target(func(t *targets) event.Value { return t.userID })},
	{event.KeyUserTargetName, target(func(t *targets) event.Value { return t.userName })},
	{event.KeyUserAgentDeviceName, client(func(a *agent, s *event.Scratch) event.Value { return escaped(a.device) })},
	{event.KeyUserAgentName, client(func(a *agent, s *event.Scratch) event.Value { return escaped(a.name) })},
	{event.KeyUserAgentOSFull, client((*agent).osFull)},
	{event.KeyUserAgentOSName, client(func(a *agent, s *event.Scratch) event.Value { return escaped(a.os) })},
	{event.KeyUserAgentOSVersion, client((*agent).osVersionValue)},
	{event.KeyUserAgentVersion, client(func(a *agent, s *event.Scratch) event.Value { return escaped(a.version) })},
}

func constant(v event.Value) one {
	return func(*event.Event, *event.Scratch) event.Value { return v }
}

func target(pick func(*targets) event.Value) one {
	return func(ev *event.Event, s *event.Scratch) event.Value {
		t := targetsOf(ev, s)
		return pick(&t)
	}
}

func client(pick func(*agent, *event.Scratch) event.Value) one {
	return func(ev *event.Event, s *event.Scratch) event.Value {
		a := parseAgent(word(ev, sUserAgent, s))
		return pick(&a, s)
	}
}
