package event

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// event.original is a JSON record inside a JSON string: it has a quote to
// escape every eight bytes or so, and is most of what a document costs. Going
// from quote to quote, each step waits for the one before and its length is a
// mispredicted branch. So 64 bytes are looked at first, without a branch, for a
// bit mask of what needs a backslash; the gaps between its bits are then copied
// sixteen bytes at a time, whatever their length.
const (
	blockSize  = 64
	blockSlack = 16 // how far the copy of a gap may read behind its block
)

// escapeBlocks appends whole blocks of text, escaped, and returns how many
// bytes of text it did: up to the last blocks, or to invalid UTF-8.
func escapeBlocks(dst, text []byte) ([]byte, int) {
	const room = 2*blockSize + blockSlack
	valid := false // all that follows is UTF-8
	i, o := 0, len(dst)
	dst = slices.Grow(dst, len(text)+len(text)/4+room)
	dst = dst[:cap(dst)]
	for len(text)-i >= blockSize+blockSlack {
		if len(dst)-o < room {
			dst = slices.Grow(dst[:o], len(text)-i+room)
			dst = dst[:cap(dst)]
		}
		from, to := (*[blockSize + blockSlack]byte)(text[i:]), (*[room]byte)(dst[o:])
		found, control, high := marks(from)
		switch {
		case high && !valid:
			if valid = utf8.Valid(text[i:]); !valid {
				return dst[:o], i
			}
			continue
		case control:
			dst = escapeControls(dst[:o], from[:blockSize])
			o, dst = len(dst), dst[:cap(dst)]
		default:
			o += escapeGaps(to, from, found)
		}
		i += blockSize
	}
	for valid && i < len(text) && !utf8.RuneStart(text[i]) { // the last block ends within a rune
		i, o = i-1, o-1
	}
	return dst[:o], i
}

// escapeGaps copies a block with a backslash before each marked byte.
func escapeGaps(to *[2*blockSize + blockSlack]byte, from *[blockSize + blockSlack]byte, slashes uint64) int {
	at, o := 0, 0
	for slashes != 0 {
		next := bits.TrailingZeros64(slashes)
		slashes &= slashes - 1
		copy16(to, o, from, at)
		for gap := at + 16; gap < next; gap += 16 {
			copy16(to, o+gap-at, from, gap)
		}
		o += next - at
		to[o&127] = '\\'
		o++
		at = next
	}
	for gap := at; gap < blockSize; gap += 16 {
		copy16(to, o+gap-at, from, gap)
	}
	return o + blockSize - at
}

// copy16 copies sixteen bytes. The masks change nothing: they show the compiler
// that no index is out of bounds.
func copy16(to *[2*blockSize + blockSlack]byte, o int, from *[blockSize + blockSlack]byte, at int) {
	f, t := from[at&63:][:16], to[o&127:][:16]
	binary.LittleEndian.PutUint64(t, binary.LittleEndian.Uint64(f))
	binary.LittleEndian.PutUint64(t[8:], binary.LittleEndian.Uint64(f[8:]))
}

// marks looks at the 64 bytes of a block: which need a backslash or more,
// whether one of them is a control character, and whether any is not ASCII.
func marks(from *[blockSize + blockSlack]byte) (found uint64, control, high bool) {
	m0, c0, w0 := mark(binary.LittleEndian.Uint64(from[0:]))
	m1, c1, w1 := mark(binary.LittleEndian.Uint64(from[8:]))
	m2, c2, w2 := mark(binary.LittleEndian.Uint64(from[16:]))
	m3, c3, w3 := mark(binary.LittleEndian.Uint64(from[24:]))
	m4, c4, w4 := mark(binary.LittleEndian.Uint64(from[32:]))
	m5, c5, w5 := mark(binary.LittleEndian.Uint64(from[40:]))
	m6, c6, w6 := mark(binary.LittleEndian.Uint64(from[48:]))
	m7, c7, w7 := mark(binary.LittleEndian.Uint64(from[56:]))
	found = transpose(m0>>7 | m1>>6 | m2>>5 | m3>>4 | m4>>3 | m5>>2 | m6>>1 | m7)
	control = (c0&c1&c2&c3&c4&c5&c6&c7)&highs != highs
	high = (w0|w1|w2|w3|w4|w5|w6|w7)&highs != 0
	return found, control, high
}

// mark sets the high bit in found of each byte of w to be escaped, and clears
// it in kept of each control character. With the high bit of every byte set
// first, no subtraction borrows from the next byte: every mark is exact.
func mark(w uint64) (found, kept, same uint64) {
	h := w | highs
	kept = h - ones*0x20
	found = ^((h ^ ones*'"') - ones) | ^((h ^ ones*'\\') - ones) | ^kept
	return found &^ w & highs, kept | w, w
}

// transpose turns the 8 by 8 bits of x over their diagonal: bit k of byte j
// becomes bit j of byte k.
func transpose(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00AA00AA00AA00AA
	x ^= t ^ t<<7
	t = (x ^ x>>14) & 0x0000CCCC0000CCCC
	x ^= t ^ t<<14
	t = (x ^ x>>28) & 0x00000000F0F0F0F0
	return x ^ t ^ t<<28
}

// escapeControls is for the rare block (in records that were printed with line
// ends) with more to escape than quotes.
func escapeControls(dst, block []byte) []byte {
	for _, c := range block {
		if c >= 0x20 && c != '"' && c != '\\' {
			dst = append(dst, c)
			continue
		}
		dst = appendEscape(dst, c)
	}
	return dst
}
