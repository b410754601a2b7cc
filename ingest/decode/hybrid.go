package decode

import (
	"encoding/binary"
	"math"
)

// hybrid reads numbers in Parquet's mix of runs and bit-packed groups
// (github.com/apache/parquet-format/blob/master/Encodings.md, RLE), one by one:
// what a run says of its length costs nothing.
type hybrid struct {
	src    []byte
	width  int
	run    uint64 // values left of the run or group
	packed []byte // of a group
	bit    uint64
	value  uint64
}

func (h *hybrid) reset(src []byte, width int) { *h = hybrid{src: src, width: width} }

func (h *hybrid) next() (uint64, error) {
	for h.run == 0 {
		if err := h.more(); err != nil {
			return 0, err
		}
	}
	h.run--
	if h.packed == nil {
		return h.value, nil
	}
	v := unpackBits(h.packed, h.bit, h.width)
	h.bit += uint64(h.width)
	return v, nil
}

func (h *hybrid) more() error {
	head, n := binary.Uvarint(h.src)
	if n <= 0 || head>>1 > math.MaxInt32 {
		return errEnd
	}
	h.src, h.run, h.packed = h.src[n:], head>>1, nil
	if head&1 == 0 {
		size := (h.width + 7) / 8
		if size > len(h.src) {
			return errEnd
		}
		h.value = 0
		for i, c := range h.src[:size] {
			h.value |= uint64(c) << (8 * i)
		}
		h.src = h.src[size:]
		return nil
	}
	size := h.run * uint64(h.width)
	if size > uint64(len(h.src)) {
		return errEnd
	}
	h.packed, h.src = h.src[:size:size], h.src[size:]
	h.run, h.bit = 8*h.run, 0
	return nil
}

// unpackBits reads the width bits from bit at on, up to 64 of them.
func unpackBits(b []byte, at uint64, width int) (v uint64) {
	shift := at % 8
	b = b[min(at/8, uint64(len(b))):]
	var space [9]byte
	copy(space[:], b)
	v = binary.LittleEndian.Uint64(space[:]) >> shift
	if shift > 0 {
		v |= uint64(space[8]) << (64 - shift)
	}
	if width < 64 {
		v &= 1<<width - 1
	}
	return v
}
