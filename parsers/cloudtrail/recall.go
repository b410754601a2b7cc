package cloudtrail

import (
	"bytes"
	"encoding/binary"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// A userIdentity is a quarter of a record and comes again, byte for byte, with
// every call of a session: nine in ten were scanned before. Comparing one with
// what was scanned costs a tenth of scanning it.

const (
	// identityHead is how much of an identity its place is found by: behind the
	// type, which is the same for most, stands who it is.
	identitySkip, identityHead = 24, 24 + 64
	// identityMax is the size up to which one is remembered.
	identityMax = 2 << 10

	identitySets, identityWays = 512, 2

	firstOfUser = sUserIdentity + 1
	slotsOfUser = slotCount - firstOfUser
)

// identities are those that came last, by what they begin with; of two that
// begin alike the one seen last stands first.
type identities [identitySets][identityWays]seenIdentity

// seenIdentity is a userIdentity, ASCII without escapes, and where its members
// lie in it.
type seenIdentity struct {
	text  []byte
	hash  uint64 // hashOf(text)
	spans [slotsOfUser]event.Span
}

// identity is object for the userIdentity at b[i].
func (s *scanner) identity(b []byte, i int, slots []event.Span) (int, jsonscan.Fault) {
	if len(b)-i < identityHead {
		return s.object(b, i, userNode, slots)
	}
	set := &s.identities[identityPlace(b[i:])]
	for way := range set {
		if known := &set[way]; len(known.text) > 0 && bytes.HasPrefix(b[i:], known.text) {
			known.fill(slots, uint32(i))
			s.recalled = known.hash
			end := i + len(known.text)
			if way > 0 {
				set[0], set[way] = set[way], set[0]
			}
			return end, jsonscan.OK
		}
	}
	escapes, wide := s.escapes, s.wide
	s.escapes, s.wide = false, false
	end, f := s.object(b, i, userNode, slots)
	if f == jsonscan.OK && !s.escapes && !s.wide && end-i >= identityHead && end-i <= identityMax {
		set[0], set[1] = set[1], set[0]
		set[0].learn(b[i:end], slots, uint32(i))
		s.recalled = set[0].hash
	}
	s.escapes, s.wide = s.escapes || escapes, s.wide || wide
	return end, f
}

// identityPlace is the number of the set for an identity that begins like b.
func identityPlace(b []byte) uint64 {
	w := (*[identityHead]byte)(b)
	var h uint64
	for at := identitySkip; at < identityHead; at += 8 {
		h = (h ^ binary.LittleEndian.Uint64(w[at:])) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return h % identitySets
}

// fill sets the slots below a userIdentity that begins at the offset.
func (k *seenIdentity) fill(slots []event.Span, at uint32) {
	to := (*[slotsOfUser]event.Span)(slots[firstOfUser:slotCount])
	for n, span := range k.spans {
		if span.End != 0 {
			to[n] = event.Span{Start: at + span.Start, End: at + span.End}
		}
	}
}

// learn remembers what was scanned at the offset.
func (k *seenIdentity) learn(text []byte, slots []event.Span, at uint32) {
	k.text, k.hash = append(k.text[:0], text...), hashOf(text)
	for n, span := range slots[firstOfUser:slotCount] {
		k.spans[n] = event.Span{}
		if span.End != 0 {
			k.spans[n] = event.Span{Start: span.Start - at, End: span.End - at}
		}
	}
}
