package redact

import "golang.org/x/sys/cpu"

var canSift = cpu.X86.HasAVX512VBMI && cpu.X86.HasAVX512BW

// sift looks at the n places from b on, a multiple of 64, for those at which a
// needle may begin, or an @ stands. It returns the first 64 of them with such
// places, as an offset and a bit for each, or n and 0. It reads n+4 bytes.
//
//go:noescape
func sift(b *byte, n int, tables *[window][2][64]byte) (at int, hits uint64)
