package vpcflow

import "net/netip"

// addr is an IP address in network byte order, read without allocation:
// netip.ParseAddr wants a string, and costs more than all else in a line.
type addr struct {
	b    [16]byte
	size uint8 // 4 or 16; 0 where the text is no address
}

func (a *addr) bytes() []byte { return a.b[:a.size] }

func (a *addr) valid() bool { return a.size > 0 }

// parseAddr reads an address as netip.ParseAddr does, without zones.
func parseAddr(s []byte) (a addr) {
	if parseV4(s, a.b[:4]) {
		a.size = 4
	} else if parseV6(s, &a.b) {
		a.size = 16
	} else {
		a.b = [16]byte{}
	}
	return a
}

func parseV4(s []byte, out []byte) bool {
	if len(s) < 7 || len(s) > 15 {
		return false
	}
	n, digits, part := 0, 0, 0
	for _, c := range s {
		if c == '.' {
			if digits == 0 || part == 3 {
				return false
			}
			out[part] = byte(n)
			part, n, digits = part+1, 0, 0
			continue
		}
		c -= '0'
		if c > 9 || digits > 0 && n == 0 { // not a digit, or one behind a leading zero
			return false
		}
		if n = 10*n + int(c); n > 255 {
			return false
		}
		digits++
	}
	out[3] = byte(n)
	return part == 3 && digits > 0
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
			if at > 12 || gap < 0 && at != 12 || !parseV4(s, out[at:at+4]) {
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
