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
	return h*0x9e3779b97f4a7c15 + hashOf(ev.At(sUserAgent))
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
func (c schema) Recurs(name string) bool {
	first, _, _ := strings.Cut(name, ".")
	switch {
	case first == "userIdentity", name == "sourceIPAddress", name == "userAgent":
		return true
	case name == "source.ip", first == "user_agent":
		_, isECS := event.KeyOf(name)
		return isECS
	}
	return false
}
