package vpcflow

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// addr is an IP address in network byte order, read without allocation:
// netip.ParseAddr wants a string, and costs more than all else in a line.
type addr struct {
	b    [16]byte
	size uint8 // 4 or 16; 0 where the text is no address
}

func (a *addr) bytes() []byte { return a.b[:a.size] }

func (a *addr) valid() bool { return a.size > 0 }

// parse reads an address as netip.ParseAddr does, without zones. a must be zero.
func (a *addr) parse(s []byte) {
	switch {
	case parseV4(s, &a.b):
		a.size = 4
	case parseV6(s, &a.b):
		a.size = 16
	default:
		a.b = [16]byte{}
	}
}

// parseV4 reads four numbers with three dots between, without a branch that
// depends on how long they are: in a flow log nobody can predict that.
func parseV4(s []byte, out *[16]byte) bool {
	if len(s) < 7 || len(s) > 15 {
		return false
	}
	var padded [24]byte
	wide := padded[:]
	if cap(s) >= 18 {
		wide = s[:18] // what follows in the record is loaded, not looked at
	} else {
		copy(wide, s)
	}
	dots := byteMask(binary.LittleEndian.Uint64(wide), '.') | byteMask(binary.LittleEndian.Uint64(wide[8:]), '.')<<8
	dots &= 1<<len(s) - 1
	if bits.OnesCount16(dots) != 3 {
		return false
	}
	from, bad := 0, uint32(0)
	for part := range 4 {
		to := len(s)
		if part < 3 {
			to = bits.TrailingZeros16(dots)
			dots &= dots - 1
		}
		size := to - from
		if size < 1 || size > 3 {
			return false
		}
		// The digits move to the upper bytes, the last one on top.
		empty := 8 * (4 - size) & 31
		d := binary.LittleEndian.Uint32(wide[from:])<<empty - 0x30303030<<empty
		n := d>>8&0xFF*100 + d>>16&0xFF*10 + d>>24
		bad |= (d | (d + 0x76767676)) & 0x80808080 // a byte over 9
		bad |= (255 - n) & (1 << 31)
		if size > 1 && d>>empty&0xFF == 0 { // a leading zero
			return false
		}
		out[part] = byte(n)
		from = to + 1
	}
	return bad == 0
}

// byteMask has bit i set where byte i of w is c.
func byteMask(w uint64, c byte) uint16 {
	w ^= ones * uint64(c)
	zeros := ^(w&^highs + ^uint64(highs) | w) & highs
	return uint16(zeros >> 7 * 0x0102040810204080 >> 56)
}

func parseV6(s []byte, out *[16]byte) bool {
	if len(s) < 2 || len(s) > 45 {
		return false
	}
	*out = [16]byte{}
	gap, at := -1, 0 // where :: stood, and how many bytes there are
	if s[0] == ':' {
		if s[1] != ':' {
			return false
		}
		if gap, s = 0, s[2:]; len(s) == 0 {
			return true
		}
	}
	for at < 16 {
		n, size := hextet(s)
		if size == 0 {
			return false
		}
		if size < len(s) && s[size] == '.' { // the last four bytes as IPv4
			if at > 12 || gap < 0 && at != 12 || !tail(s, out[at:at+4]) {
				return false
			}
			at, s = at+4, nil
			break
		}
		out[at], out[at+1] = byte(n>>8), byte(n)
		at, s = at+2, s[size:]
		if len(s) == 0 {
			break
		}
		if s[0] != ':' || len(s) == 1 {
			return false
		}
		if s = s[1:]; s[0] == ':' {
			if gap >= 0 {
				return false
			}
			if gap, s = at, s[1:]; len(s) == 0 {
				break
			}
		}
	}
	if len(s) > 0 || at < 16 && gap < 0 || at == 16 && gap >= 0 {
		return false
	}
	if gap >= 0 {
		moved := copy(out[16-(at-gap):], out[gap:at])
		clear(out[gap : 16-moved])
	}
	return true
}

// tail reads the IPv4 address that ends an IPv6 address.
func tail(s, out []byte) bool {
	var v4 [16]byte
	ok := parseV4(s, &v4)
	copy(out, v4[:4])
	return ok
}

// hextet reads up to four hexadecimal digits. More than four have size 0, and
// so has none.
func hextet(s []byte) (n, size int) {
	for size < len(s) {
		c := s[size]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return n, size
		}
		if size == 4 {
			return 0, 0
		}
		n, size = n<<4|int(c), size+1
	}
	return n, size
}

// inside reports whether an address is one that networks use within: private
// (RFC 1918, RFC 4193), shared (RFC 6598, which container networks use),
// link-local (where AWS has its metadata, name and time servers), loopback,
// multicast and broadcast, which no VPC sends to the internet, and none at all.
func (a *addr) inside() bool {
	if a.size == 16 {
		ip := netip.AddrFrom16(a.b)
		return a.b[0]&0xFE == 0xFC || a.b[0] == 0xFF || ip.IsLinkLocalUnicast() || ip.IsLoopback() || ip.IsUnspecified()
	}
	switch b := a.b; b[0] {
	case 0, 10, 127:
		return true
	case 100:
		return b[1]&0xC0 == 64
	case 169:
		return b[1] == 254
	case 172:
		return b[1]&0xF0 == 16
	case 192:
		return b[1] == 168
	}
	return a.b[0] >= 224
}
