package cloudtrail

import (
	"bytes"
	"hash/maphash"

	"github.com/burstwatch/burstwatch/internal/event"
)

// memory is what a worker remembers from one event to the next. The same few
// programs and sessions make most calls, so that what follows from them was
// derived just now, byte for byte. Whatever is not remembered is derived; the
// tests hold both ways to the same document.
type memory struct {
	agents [64]program
	// actors are remembered two to a place, the one that was met last first: a
	// farm's machines take turns, and of two with one place each would drive the
	// other out. They are made when they are met.
	actors [512][2]*actor
	deeds  [128]act
	other  actor // the last one that is not remembered
	seed   maphash.Seed
	// alone and clean are the slots of events that are not the record itself.
	alone, clean [slotCount]event.Span
	again        scanner // of records without their secrets
}

// program is what follows from a userAgent: user_agent.*.
type program struct {
	source []byte
	fields event.Chunk
}

// actor is what follows from a userIdentity, for events in which nothing else
// tells who it was.
type actor struct {
	source []byte // the userIdentity; nil if it was not remembered
	hash   uint64 // of source, by which it is known (see event.Recurring)
	id     identity
	// entity is what related.entity has of the actor, user is related.user
	// where the event names nobody else.
	entity rendered
	user   []byte
	// fields are aws.cloudtrail.user_identity.*, once written.
	fields  event.Chunk
	written bool
	related bool // entity and user are known
}

// act is what deedOf made of a call.
type act struct {
	name, source, readOnly []byte
	deed                   *deed
}

type memoryOwner struct{}

func memoryOf(s *event.Scratch) *memory {
	m, _ := s.Memo(memoryOwner{}, func() any { return &memory{seed: maphash.MakeSeed()} }).(*memory)
	return m
}

// place is where in a table of size a text is remembered.
func (m *memory) place(text []byte, size int) int {
	return int(maphash.Bytes(m.seed, text) % uint64(size))
}

// actor finds out who is behind an event. What it returns is good until the
// next call.
func (m *memory) actor(ev *event.Event, s *event.Scratch) *actor {
	raw := ev.At(sUserIdentity)
	if raw == nil || raw[0] != '{' || ev.Flags&escapes != 0 || !toldByIdentity(ev) {
		m.other.id = who(ev, s)
		return &m.other
	}
	hash := identityHash(ev)
	known := &m.actors[hash%uint64(len(m.actors))]
	if a := known[0]; a != nil && a.hash == hash {
		return a
	}
	known[0], known[1] = known[1], known[0]
	switch a := known[0]; {
	case a == nil:
		known[0] = &actor{}
	case a.hash == hash:
		return a
	}
	known[0].hash = hash
	known[0].learn(ev, raw, m, s)
	return known[0]
}

// toldByIdentity reports whether who looks at nothing but the userIdentity.
func toldByIdentity(ev *event.Event) bool {
	switch string(ev.At(sUserType)) {
	case `"AssumedRole"`, `"IAMUser"`, `"Root"`, `"FederatedUser"`, `"AWSAccount"`:
		return ev.At(sSessionFromConsole) == nil && string(ev.At(sEventType)) != `"AwsConsoleSignIn"`
	}
	return false
}

// learn derives everything anew, from a copy that lives as long as a does.
func (a *actor) learn(ev *event.Event, raw []byte, m *memory, s *event.Scratch) {
	a.source, a.written, a.related = append(a.source[:0], raw...), false, false
	alone := a.alone(ev, m)
	a.id = who(&alone, s)
}

// relate finds out what related.* has of the actor, if it is not known.
func (a *actor) relate(ev *event.Event, m *memory, s *event.Scratch) {
	if a.source == nil || a.related {
		return
	}
	a.related = true
	alone := a.alone(ev, m)
	a.entity.n = 0
	collectEntities(&a.entity.group, &alone, s)
	a.entity.render()
	var user group
	collectUsers(&user, &alone, &a.id, &targets{}, s)
	a.user = append(a.user[:0], user.value(s).Bytes...)
}

// alone is an event of nothing but the actor's userIdentity, which is ev's. It is
// good until the next call.
func (a *actor) alone(ev *event.Event, m *memory) event.Event {
	begin := ev.Slots[sUserIdentity].Start
	for i := sUserIdentity; i < slotCount; i++ {
		m.alone[i] = event.Span{}
		if span := ev.Slots[i]; span.End != 0 {
			m.alone[i] = event.Span{Start: span.Start - begin, End: span.End - begin}
		}
	}
	return event.Event{Record: a.source, Slots: m.alone[:]}
}

// user writes aws.cloudtrail.user_identity.*.
func (o *output) user(ev *event.Event, a *actor, s *event.Scratch) {
	switch {
	case !o.direct || a.source == nil:
		o.copied(copiedUser, ev, s)
	case a.written:
		o.doc.Chunk(&a.fields)
	default:
		at := o.doc.Mark(event.KeyAWSCloudtrailUserIdentityType)
		o.copied(copiedUser, ev, s)
		o.doc.Record(&a.fields, at, event.KeyAWSCloudtrailUserIdentityType)
		a.written = true
	}
}

// agent writes user_agent.*.
func (o *output) agent(ev *event.Event, m *memory, s *event.Scratch) {
	raw := ev.At(sUserAgent)
	if !o.direct || raw == nil {
		o.agentFields(ev, s)
		return
	}
	p := &m.agents[m.place(raw, len(m.agents))]
	if bytes.Equal(p.source, raw) {
		o.doc.Chunk(&p.fields)
		return
	}
	at := o.doc.Mark(event.KeyUserAgentOriginal)
	o.agentFields(ev, s)
	o.doc.Record(&p.fields, at, event.KeyUserAgentOriginal)
	p.source = append(p.source[:0], raw...)
}

// deedOf is the function deedOf, remembered for calls that have both names and
// no more to tell.
func (m *memory) deedOf(ev *event.Event, s *event.Scratch) *deed {
	name, source, readOnly := ev.At(sEventName), ev.At(sEventSource), ev.At(sReadOnly)
	if name == nil || source == nil || ev.At(sInsightDetails) != nil {
		return deedOf(ev, s)
	}
	a := &m.deeds[m.place(name, len(m.deeds))]
	if bytes.Equal(a.name, name) && bytes.Equal(a.source, source) && bytes.Equal(a.readOnly, readOnly) {
		return a.deed
	}
	a.deed = deedOf(ev, s)
	a.name, a.source, a.readOnly = append(a.name[:0], name...), append(a.source[:0], source...), append(a.readOnly[:0], readOnly...)
	return a.deed
}
