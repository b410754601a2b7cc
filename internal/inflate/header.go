package inflate

import (
	"hash/crc32"

	"github.com/klauspost/compress/gzip"
)

// Flags of a gzip header.
const (
	hasSum     = 1 << 1
	hasExtra   = 1 << 2
	hasName    = 1 << 3
	hasComment = 1 << 4
)

// header reads a member's header. What it says of name and time is passed over.
type header struct {
	z   *Reader
	sum uint32 // CRC-32 so far, inverted
	err error
}

func (h *header) read() {
	h.sum = ^uint32(0)
	var fixed [10]byte
	for i := range fixed {
		fixed[i] = h.next()
		if h.err == nil && (i == 0 && fixed[0] != 0x1f || i == 1 && fixed[1] != 0x8b || i == 2 && fixed[2] != 8) {
			h.err = gzip.ErrHeader
		}
	}
	flags := fixed[3]
	if flags&hasExtra != 0 {
		for n := int(h.next()) | int(h.next())<<8; n > 0; n-- {
			h.next()
		}
	}
	for _, text := range [...]byte{hasName, hasComment} {
		for flags&text != 0 && h.next() != 0 && h.err == nil {
			continue
		}
	}
	if flags&hasSum != 0 {
		want := uint16(^h.sum)
		if got := uint16(h.next()) | uint16(h.next())<<8; h.err == nil && got != want {
			h.err = gzip.ErrHeader
		}
	}
}

// next reads a byte; zero once reading has failed.
func (h *header) next() byte {
	if h.err != nil {
		return 0
	}
	var b byte
	if b, h.err = h.z.readByte(); h.err == nil {
		h.sum = crc32.IEEETable[byte(h.sum)^b] ^ h.sum>>8
	}
	return b
}
