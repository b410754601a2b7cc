package event

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/sys/cpu"
)

// escape16 escapes whole blocks of 16 bytes, n bytes of src at most, as long as
// they hold neither control characters nor, where wide is not 0, anything but
// ASCII. dst has room for 2n+8 bytes. It returns how much it read and wrote.
//
//go:noescape
func escape16(dst, src *byte, n int, rows *[256][16]byte, wide int) (done, written int)

// escape32 is escape16 for whole blocks of 32 bytes, in half the time.
//
//go:noescape
func escape32(dst, src *byte, n int, wide int) (done, written int)

var canEscape32 = cpu.X86.HasAVX512VBMI2 && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL && cpu.X86.HasBMI2 && cpu.X86.HasPOPCNT

// escapeFast is escapeBlocks with the processor's own shuffle, which takes a
// quarter of the time. event.original is a JSON record inside a JSON string:
// escaping it is the largest part of what a document costs.
func escapeFast(dst, text []byte) (_ []byte, done int) {
	if !cpu.X86.HasSSSE3 || !cpu.X86.HasPOPCNT {
		return escapeBlocks(dst, text)
	}
	return escapeShuffled(dst, text, canEscape32)
}

// escapeShuffled is escapeFast, in blocks of 32 bytes if the processor can.
func escapeShuffled(dst, text []byte, blocksOf32 bool) (_ []byte, done int) {
	const room = 2*blockSize + blockSlack
	wide := ^0 // what is not ASCII has yet to be checked
	i, o := 0, len(dst)
	dst = slices.Grow(dst, len(text)+len(text)/4+room)
	dst = dst[:cap(dst)]
	for len(text)-i >= 16 {
		if len(dst)-o < room {
			dst = slices.Grow(dst[:o], len(text)-i+room)
			dst = dst[:cap(dst)]
		}
		n := min(len(text)-i, (len(dst)-o-blockSlack)/2) &^ 15
		var read, written int
		if blocksOf32 && n >= 32 {
			n &^= 31
			read, written = escape32(&dst[o], &text[i], n, wide)
		} else {
			read, written = escape16(&dst[o], &text[i], n, &spreads, wide)
		}
		i, o = i+read, o+written
		if read == n {
			continue
		}
		if wide != 0 && !isASCII(text[i:i+16]) {
			if !utf8.Valid(text[i:]) {
				return dst[:o], i
			}
			wide = 0
			continue
		}
		dst = escapeControls(dst[:o], text[i:i+16])
		i, o, dst = i+16, len(dst), dst[:cap(dst)]
	}
	for wide == 0 && i < len(text) && !utf8.RuneStart(text[i]) { // the last block ends within a rune
		i, o = i-1, o-1
	}
	return dst[:o], i
}

func isASCII(b []byte) bool {
	all := byte(0)
	for _, c := range b {
		all |= c
	}
	return all < utf8.RuneSelf
}

// spreads holds, for each mask of eight bytes, where in sixteen they go: a
// marked byte stands behind a backslash, which is index 8.
var spreads = func() (rows [256][16]byte) {
	for mask := range rows {
		at := 0
		for k := range 8 {
			if mask>>k&1 != 0 {
				rows[mask][at] = 8
				at++
			}
			rows[mask][at] = byte(k)
			at++
		}
	}
	return rows
}()
