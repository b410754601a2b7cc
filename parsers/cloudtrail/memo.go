package cloudtrail

import (
	"bytes"
	"hash/maphash"

	"github.com/burstwatch/burstwatch/internal/event"
)

// memory is what a worker remembers from one event to the next. The same few
// programs and sessions make most calls, so that their fields were written just
// now, byte for byte. Whatever is not remembered is derived; the tests hold
// both ways to the same document.
type memory struct {
	agents [64]recollection // by userAgent: user_agent.*
	users  [64]recollection // by userIdentity: aws.cloudtrail.user_identity.*
	deeds  [128]act
	seed   maphash.Seed
}

// place is where in a table of size a text is remembered.
func (m *memory) place(text []byte, size int) int {
	return int(maphash.Bytes(m.seed, text) % uint64(size))
}

// recollection is the text of fields that derive from source alone.
type recollection struct {
	source []byte
	fields event.Chunk
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

// agent writes user_agent.*, remembered if it was written before.
func (o *output) agent(ev *event.Event, m *memory, s *event.Scratch) {
	raw := ev.At(sUserAgent)
	if !o.direct || raw == nil {
		o.agentFields(ev, s)
		return
	}
	r := &m.agents[m.place(raw, len(m.agents))]
	if bytes.Equal(r.source, raw) {
		o.doc.Chunk(&r.fields)
		return
	}
	at := o.doc.Mark()
	o.agentFields(ev, s)
	o.doc.Record(&r.fields, at, event.KeyUserAgentOriginal)
	r.source = append(r.source[:0], raw...)
}

// user writes aws.cloudtrail.user_identity.*, remembered if it was written before.
func (o *output) user(ev *event.Event, m *memory, s *event.Scratch) {
	raw := ev.At(sUserIdentity)
	if !o.direct || raw == nil {
		o.copied(copiedUser, ev, s)
		return
	}
	r := &m.users[m.place(raw, len(m.users))]
	if bytes.Equal(r.source, raw) {
		o.doc.Chunk(&r.fields)
		return
	}
	at := o.doc.Mark()
	o.copied(copiedUser, ev, s)
	o.doc.Record(&r.fields, at, event.KeyAWSCloudtrailUserIdentityType)
	r.source = append(r.source[:0], raw...)
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
