package locations

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// mark is what a note is about.
type mark byte

const (
	// firstSeen and lastSeen are the ends of what was seen of one session at one
	// address within one stretch. Both are joined by [detect.Least], so that
	// repeats and any order give the same ends.
	firstSeen mark = 'F'
	lastSeen  mark = 'L'
	// shown is the first event of an address and device in an hour, for alerts.
	shown mark = 'E'
	// present says that a machine used a key at its own address within a stretch:
	// it has the key as long as it lives, so when exactly does not matter.
	present mark = 'P'
	// habit says that the person used an address on an earlier day. It stands in
	// the days to come, at the begin of each [habitStride] in which it counts, so
	// that a day can be judged without all the sightings of the days before.
	habit mark = 'H'
)

// The lengths of time that notes stand for.
const (
	stretch      = 5 * time.Minute
	shownStretch = time.Hour
	day          = 24 * time.Hour
	habitStride  = 2 * day
	// habitStrides is for how long an address is remembered.
	habitStrides = 4
)

// trait is something about a sighting that judging needs.
type trait byte

const (
	// longTerm marks an access key that does not expire.
	longTerm trait = 1 << iota
	// cloudShell marks a client that says it runs in CloudShell.
	cloudShell
	// instance marks credentials that EC2 gave to a machine.
	instance
)

// sighting is what was seen of one session at one address in one stretch.
type sighting struct {
	first, last int64
	addr        netip.Addr
	session     uint64
	traits      trait
	device      device
	// build tells versions of one device apart: a hash of the whole user agent.
	build uint16
}

// tail is the part of a note's value that does not change within its ID: 16
// bytes of address, 8 of session, 2 of build, traits, and the device as text.
func (s *sighting) tail(dst []byte) []byte {
	addr := s.addr.As16()
	dst = append(dst, addr[:]...)
	dst = binary.BigEndian.AppendUint64(dst, s.session)
	dst = binary.BigEndian.AppendUint16(dst, s.build)
	dst = append(dst, byte(s.traits))
	return append(dst, s.device...)
}

const tailLength = 16 + 8 + 2 + 1

// read reads a note's value; ok is false for one that is not ours.
func read(value []byte) (m mark, at int64, s sighting, ok bool) {
	if len(value) < 9+tailLength {
		return 0, 0, s, false
	}
	at = int64(binary.BigEndian.Uint64(value))
	m = mark(value[8])
	if m == lastSeen {
		at = ^at
	}
	value = value[9:]
	s.addr = netip.AddrFrom16([16]byte(value[:16])).Unmap()
	s.session = binary.BigEndian.Uint64(value[16:])
	s.build = binary.BigEndian.Uint16(value[24:])
	s.traits = trait(value[26])
	value = value[tailLength:]
	if m == shown {
		if len(value) < len(event.ID{}) {
			return 0, 0, s, false
		}
		value = value[:len(value)-len(event.ID{})]
	}
	s.device = device(value)
	return m, at, s, true
}

// note is a note of m with the moment at in its value.
func note(group []byte, m mark, stands, at int64, tail []byte, buf *[]byte) detect.Note {
	n := noteOf(group, m, stands, at, tail, buf)
	n.ID = idOf(n.Value)
	return n
}

// noteOf is note without its ID.
func noteOf(group []byte, m mark, stands, at int64, tail []byte, buf *[]byte) detect.Note {
	b := binary.BigEndian.AppendUint64((*buf)[:0], uint64(at))
	b = append(append(b, byte(m)), tail...)
	*buf = b
	return detect.Note{Group: group, Time: stands, Join: detect.Least, Value: b}
}

// idOf is the ID of a note of that value: a hash of all of it but the moment.
func idOf(value []byte) event.ID {
	sum := sha256.Sum256(value[8:])
	return event.ID(sum[:16])
}

// note is a note of m about the ends of what was seen of a visitor. Its ID is the
// same each time.
func (v *visitor) note(m mark, stands, at int64, buf *[]byte) detect.Note {
	n := noteOf(v.group, m, stands, at, v.ends, buf)
	id := &v.firstID
	if m == lastSeen {
		id = &v.lastID // of one at home there is but one mark
	}
	if *id == (event.ID{}) {
		*id = idOf(n.Value)
	}
	n.ID = *id
	return n
}

// showing is a note of the event that an alert shows for all of an address and
// device in an hour: the first one. Of events of one second it is the one whose
// delivery id is the least, so that order does not matter.
func showing(who *visitor, at int64, id event.ID, buf *[]byte) detect.Note {
	n := note(who.group, shown, align(at, shownStretch), at, who.bare, buf)
	n.Value = append(n.Value, id[:]...)
	*buf = n.Value
	return n
}

// align is the begin of the stretch of that length in which t lies.
func align(t int64, length time.Duration) int64 {
	n := int64(length)
	r := t % n
	if r < 0 {
		r += n
	}
	return t - r
}
