package vpcflow

import (
	"encoding/binary"
	"math/bits"
	"strconv"

	"github.com/burstwatch/burstwatch/internal/event"
)

// step is how much is copied at once.
const step = 32

// copyStep copies a step, in two halves: sixteen bytes are one load and one
// store, but of thirty-two the compiler makes a call of memmove, because they
// might overlap.
func copyStep(to, from *[step]byte) {
	*(*[step / 2]byte)(to[:]) = *(*[step / 2]byte)(from[:])
	*(*[step / 2]byte)(to[step/2:]) = *(*[step / 2]byte)(from[step/2:])
}

// lit copies a constant made by literal, of at most a step. b has room for a
// step.
func lit(b []byte, n int, s []byte) int {
	copyStep((*[step]byte)(b[n:]), (*[step]byte)(s[:step]))
	return n + len(s)
}

// long copies a longer constant.
func long(b []byte, n int, s []byte) int {
	for i := 0; i < len(s); i += step {
		copyStep((*[step]byte)(b[n+i:]), (*[step]byte)(s[i:i+step]))
	}
	return n + len(s)
}

// word copies a column of at most a step; rec goes on for a step behind it.
func word(b []byte, n int, rec []byte, s event.Span) int {
	copyStep((*[step]byte)(b[n:]), (*[step]byte)(rec[s.Start:]))
	return n + int(s.End-s.Start)
}

// hexadecimal writes an id, eight digits in one step.
func hexadecimal(b []byte, n int, id *event.ID) int {
	to := (*[2 * len(id)]byte)(b[n:])
	for i := 0; i < len(id); i += 4 {
		// Each half of a byte goes to a byte of its own, the first one lowest.
		w := uint64(binary.LittleEndian.Uint32(id[i:]))
		w = (w | w<<16) & 0x0000FFFF0000FFFF
		w = (w | w<<8) & 0x00FF00FF00FF00FF
		w = (w>>4 | w<<8) & 0x0F0F0F0F0F0F0F0F
		letters := (w + ones*6) >> 4 & ones // 1 where it is ten or more
		binary.LittleEndian.PutUint64(to[2*i:], w+ones*'0'+letters*('a'-'9'-1))
	}
	return n + len(to)
}

// integer writes a number that is not negative: strconv makes it in a buffer
// and copies that.
func integer(b []byte, n int, v int64) int {
	if v < 1e8 {
		return digitsOf(b, n, uint64(v))
	}
	if v < 1e16 {
		n = digitsOf(b, n, uint64(v/1e8))
		binary.LittleEndian.PutUint64(b[n:], eightDigits(uint64(v%1e8))+ones*'0')
		return n + 8
	}
	return len(strconv.AppendInt(b[:n], v, 10))
}

// nanoseconds writes a number of whole seconds in nanoseconds; most flow logs'
// intervals are of two digits.
func nanoseconds(b []byte, n int, ns int64) int {
	v := ns / 1e9
	if v >= 100 {
		return lit(b, integer(b, n, v), litBillion)
	}
	tens := uint16(v * 103 >> 10)
	digits, size := tens|(uint16(v)-10*tens)<<8+'0'*0x0101, 2
	switch {
	case v == 0:
		return lit(b, n, litZero)
	case tens == 0:
		digits, size = digits>>8, 1
	}
	binary.LittleEndian.PutUint16(b[n:], digits)
	return lit(b, n+size, litBillion)
}

// digitsOf writes a number below 10⁸ without zeros in front.
func digitsOf(b []byte, n int, v uint64) int {
	w := eightDigits(v)
	zeros := bits.TrailingZeros64(w|1<<56) >> 3 // the last digit is written, even if it is 0
	binary.LittleEndian.PutUint64(b[n:], (w+ones*'0')>>(8*zeros))
	return n + 8 - zeros
}

// eightDigits are the digits of a number below 10⁸, the first one lowest.
func eightDigits(v uint64) uint64 {
	v = v/10000 | v%10000<<32 // two of four digits
	hundreds := v * 5243 >> 19 & 0x0000007F0000007F
	v = hundreds | (v-hundreds*100)<<16 // four of two digits
	tens := v * 103 >> 10 & 0x000F000F000F000F
	return tens | (v-tens*10)<<8
}
