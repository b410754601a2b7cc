package vpcflow

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the specification of community ids asks for SHA-1; nothing is secured by it
	"encoding/base64"
	"encoding/binary"

	"github.com/burstwatch/burstwatch/internal/event"
)

// communityID is the Community ID, version 1, seed 0, of the flow
// (github.com/corelight/community-id-spec): equal for both directions, and equal
// to what Zeek, Suricata and packetbeat write for the same connection.
//
// ICMP has none: the id is made of type and code, which flow logs don't tell
// (their ports are 0), and an id of guessed ones would join what does not belong
// together. Neither have TCP, UDP and SCTP without their ports.
func (f *flow) communityID(s *event.Scratch) event.Value {
	sum, ok := f.communityHash()
	if !ok {
		return event.Value{}
	}
	id := append(s.Alloc(2+28), "1:"...)
	return event.Value{Kind: event.Escaped, Bytes: base64.StdEncoding.AppendEncode(id, sum[:])}
}

func (f *flow) communityHash() (sum [sha1.Size]byte, ok bool) {
	if !f.src.valid() || f.src.size != f.dst.size || f.protocol < 0 || f.protocol == protoICMP || f.protocol == protoICMPv6 {
		return sum, false
	}
	withPorts := f.protocol == protoTCP || f.protocol == protoUDP || f.protocol == protoSCTP
	if withPorts && !f.ports {
		return sum, false
	}
	a, b, ap, bp := f.src.bytes(), f.dst.bytes(), f.srcPort, f.dstPort
	if c := bytes.Compare(a, b); c > 0 || c == 0 && ap > bp {
		a, b, ap, bp = b, a, bp, ap
	}
	var space [2 + 16 + 16 + 2 + 4]byte
	h := append(append(space[:2], a...), b...)
	h = append(h, byte(f.protocol), 0)
	if withPorts {
		h = binary.BigEndian.AppendUint16(h, uint16(ap))
		h = binary.BigEndian.AppendUint16(h, uint16(bp))
	}
	return sha1.Sum(h), true
}

// communities remembers the ids of connections of IPv4: a connection is logged
// in every interval that it lasts, and by both of its interfaces, and so comes
// back in the same file more often than not.
type communities [1 << 10]struct {
	addresses, rest uint64
	id              [step]byte // base64, and four bytes that mean nothing
}

const communitySize = 28 // SHA-1 in base64

// appendCommunity writes the hash at b[n:], in base64, which has room for a
// step. A flow without one writes nothing.
func (f *flow) appendCommunity(b []byte, n int, m *memory) (int, bool) {
	src, dst := binary.BigEndian.Uint32(f.src.b[:]), binary.BigEndian.Uint32(f.dst.b[:])
	addresses := uint64(src)<<32 | uint64(dst)
	// One more than the protocol: no flow is taken for an entry never written.
	rest := uint64(f.srcPort)<<32 | uint64(f.dstPort)<<16 | uint64(f.protocol) + 1
	if src > dst || src == dst && f.srcPort > f.dstPort {
		addresses = addresses<<32 | addresses>>32
		rest = uint64(f.dstPort)<<32 | uint64(f.srcPort)<<16 | uint64(f.protocol) + 1
	}
	at := &m.communities[(addresses*mix^rest)*mix>>54]
	if at.addresses != addresses || at.rest != rest {
		sum, ok := f.communityHash()
		if !ok {
			return n, false
		}
		at.addresses, at.rest = addresses, rest
		base64.StdEncoding.Encode(at.id[:communitySize], sum[:])
	}
	copyStep((*[step]byte)(b[n:]), &at.id)
	return n + communitySize, true
}
