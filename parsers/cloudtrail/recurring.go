package cloudtrail

import (
	"hash/maphash"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
)

var recurringSeed = maphash.MakeSeed()

// Recurring implements event.Recurring: who calls, from where and with what.
func (schema) Recurring(ev *event.Event) uint64 {
	h := identityHash(ev)
	h = h*0x9e3779b97f4a7c15 + hashOf(ev.At(sSourceIPAddress))
	h = h*0x9e3779b97f4a7c15 + hashOf(ev.At(sUserAgent))
	if !tellsMore(ev) {
		return h
	}
	for _, slot := range [...]int{sEventType, sEventSource, sSessionFromConsole, sAdditionalEventData} {
		h = h*0x9e3779b97f4a7c15 + hashOf(ev.At(slot))
	}
	return h
}

// Part implements event.Parted.
func (schema) Part(ev *event.Event, p event.Part) uint64 {
	switch p {
	case event.Caller:
		if tellsMore(ev) {
			return 0
		}
		return identityHash(ev)
	case event.Address:
		return hashOf(ev.At(sSourceIPAddress))
	case event.Agent:
		return hashOf(ev.At(sUserAgent))
	}
	return 0
}

// tellsMore reports whether an event may tell more of the person than stands in
// the parts above (see who): it is a sign-in, or of the console. Where a string
// may be written with escapes, it is taken for one.
func tellsMore(ev *event.Event) bool {
	if ev.Flags&escapes != 0 || ev.At(sSessionFromConsole) != nil || string(ev.At(sEventType)) == `"AwsConsoleSignIn"` {
		return true
	}
	return isSignIn(ev, nil)
}

func hashOf(text []byte) uint64 { return maphash.Bytes(recurringSeed, text) }

// identityHash is that of the userIdentity.
func identityHash(ev *event.Event) uint64 {
	if ev.Recurs != 0 {
		return ev.Recurs
	}
	return hashOf(ev.At(sUserIdentity))
}

// Recurs implements event.Recurring.
func (schema) Recurs(name string) bool {
	_, recurs := partOf(name)
	return recurs
}

// PartOf implements event.Parted.
func (schema) PartOf(name string) event.Part {
	part, _ := partOf(name)
	return part
}

func partOf(name string) (part event.Part, recurs bool) {
	first, _, _ := strings.Cut(name, ".")
	_, isECS := event.KeyOf(name)
	switch {
	case first == "userIdentity":
		return event.Caller, true
	case name == "sourceIPAddress", name == "source.address", name == "source.ip" && isECS:
		return event.Address, true
	case name == "userAgent", first == "user_agent" && isECS:
		return event.Agent, true
	case name == "studio.identity.person", name == "studio.identity.service", name == "user.id", name == "user.name",
		name == "aws.cloudtrail.user_identity.arn":
		return event.Caller, true
	}
	return event.Whole, false
}
