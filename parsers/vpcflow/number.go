package vpcflow

import "encoding/binary"

// maxSeconds is what fits in 64 bits of nanoseconds: the year 2262.
const maxSeconds = 1<<63/1_000_000_000 - 1

// whole reads a number of up to 18 digits. Those of a record, behind which
// more follows, are read eight in one step: how many there are nobody can
// predict, so a loop over them costs more for its end than for the digits.
func whole(b []byte) (int64, bool) {
	size := len(b)
	switch {
	case size == 0 || size > 18:
		return 0, false
	case size <= 8 && cap(b) >= 8:
		return eight(binary.LittleEndian.Uint64(b[:8]), size)
	case size > 8 && size <= 16:
		high, ok1 := eight(binary.LittleEndian.Uint64(b), size-8)
		low, ok2 := eight(binary.LittleEndian.Uint64(b[size-8:]), 8)
		return high*1e8 + low, ok1 && ok2
	}
	n := int64(0)
	for _, c := range b {
		if c -= '0'; c > 9 {
			return 0, false
		}
		n = 10*n + int64(c)
	}
	return n, true
}

// isWhole reports whether whole can read a number.
func isWhole(b []byte) bool {
	size := len(b)
	switch {
	case size == 0 || size > 18:
		return false
	case size <= 8 && cap(b) >= 8:
		return areDigits(binary.LittleEndian.Uint64(b[:8]), size)
	case size > 8 && size <= 16:
		return areDigits(binary.LittleEndian.Uint64(b), 8) && areDigits(binary.LittleEndian.Uint64(b[size-8:]), 8)
	}
	_, ok := whole(b)
	return ok
}

// areDigits reports whether the first size bytes of w, one to eight, are digits.
func areDigits(w uint64, size int) bool {
	empty := 8 * (8 - size) & 63
	w = w<<empty - ones*'0'<<empty
	return (w|(w+ones*(0x80-10)))&highs == 0
}

// eight reads the first size bytes of w, one to eight, as digits.
func eight(w uint64, size int) (int64, bool) {
	empty := 8 * (8 - size) & 63
	w = w<<empty - ones*'0'<<empty // the last digit on top, zeros below the first
	if (w|(w+ones*(0x80-10)))&highs != 0 {
		return 0, false
	}
	w = w*10 + w>>8 // pairs of digits
	const mask = 0x000000FF000000FF
	return int64((w&mask*(100+1000000<<32) + w>>16&mask*(1+10000<<32)) >> 32), true
}

// port reads a port number.
func port(b []byte) (int64, bool) {
	n, ok := whole(b)
	return n, ok && n <= 0xFFFF
}

// canonical reports whether digits are written as JSON wants them: without a
// zero in front.
func canonicalDigits(b []byte) bool { return len(b) == 1 || b[0] != '0' }
