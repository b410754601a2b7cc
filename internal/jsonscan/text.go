package jsonscan

import (
	"encoding/binary"
	"math/bits"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stops marks, by the high bit of each byte, the bytes of w at which the inside
// of a JSON string needs a look: quote, backslash, control characters. The first
// mark (lowest byte) is exact; marks behind it may be false, because a
// subtraction borrows from the next byte.
func stops(w uint64) uint64 {
	quote := (w ^ ones*'"') - ones
	slash := (w ^ ones*'\\') - ones
	return (quote | slash | (w - ones*0x20)) &^ w & highs
}

// String checks the string whose opening quote is b[i] and returns the offset
// behind its closing quote.
func String(b []byte, i int) (int, Fault) {
	i++
	for {
		// Eight bytes a step: most strings of a log are 10 to 40 bytes with
		// nothing in them to look at.
		for len(b)-i >= 8 {
			m := stops(binary.LittleEndian.Uint64(b[i:]))
			if m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i >= len(b) {
			return len(b), More
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1, OK
		case c == '\\':
			var f Fault
			if i, f = escape(b, i); f != OK {
				return i, f
			}
		case c < 0x20:
			return i, BadControl
		default:
			i++
		}
	}
}

// escape checks the escape whose backslash is b[i] and returns the offset behind it.
func escape(b []byte, i int) (int, Fault) {
	if i+1 >= len(b) {
		return len(b), More
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, OK
	case 'u':
	default:
		return i, BadEscape
	}
	for k := i + 2; k < i+6; k++ {
		if k >= len(b) {
			return len(b), More
		}
		c := b[k] | 0x20
		if (c < '0' || c > '9' || b[k] < '0') && (c < 'a' || c > 'f') {
			return i, BadEscape
		}
	}
	return i + 6, OK
}

// ASCII reports whether all bytes are ASCII. Text that is needs no check for
// invalid UTF-8; reading 32 bytes a step it costs far less than utf8.Valid.
func ASCII(b []byte) bool {
	for len(b) >= 32 {
		w := binary.LittleEndian.Uint64(b) | binary.LittleEndian.Uint64(b[8:]) |
			binary.LittleEndian.Uint64(b[16:]) | binary.LittleEndian.Uint64(b[24:])
		if w&highs != 0 {
			return false
		}
		b = b[32:]
	}
	var all byte
	for _, c := range b {
		all |= c
	}
	return all < 0x80
}
