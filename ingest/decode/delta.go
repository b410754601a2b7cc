package decode

import (
	"encoding/binary"
	"errors"
)

// delta reads numbers in DELTA_BINARY_PACKED encoding, one by one.
type delta struct {
	src    []byte
	block  uint64 // values in a block
	minis  uint64 // miniblocks in a block
	total  uint64 // values yet to come
	last   int64
	first  bool
	least  int64
	widths []byte // of the miniblocks yet to come
	packed []byte
	bit    uint64
	width  int
	left   uint64 // values left in the miniblock
}

func (d *delta) reset(b []byte) error {
	*d = delta{src: b}
	for _, to := range []*uint64{&d.block, &d.minis, &d.total} {
		n, size := binary.Uvarint(d.src)
		if size <= 0 {
			return errEnd
		}
		*to, d.src = n, d.src[size:]
	}
	n, size := binary.Varint(d.src)
	if size <= 0 || d.minis == 0 || d.minis > 1<<16 || d.block > 1<<24 || d.block%d.minis != 0 || d.block/d.minis%32 != 0 || d.block == 0 {
		return errors.New("blocks of numbers of no sensible size")
	}
	d.last, d.src, d.first = n, d.src[size:], true
	return nil
}

func (d *delta) next() (int64, error) {
	if d.total == 0 {
		return 0, errEnd
	}
	d.total--
	if d.first {
		d.first = false
		return d.last, nil
	}
	if d.left == 0 {
		if err := d.more(); err != nil {
			return 0, err
		}
	}
	d.left--
	d.last += d.least + int64(unpackBits(d.packed, d.bit, d.width))
	d.bit += uint64(d.width)
	return d.last, nil
}

// more goes to the next miniblock.
func (d *delta) more() error {
	if len(d.widths) == 0 {
		n, size := binary.Varint(d.src)
		if size <= 0 || d.minis > uint64(len(d.src)-size) {
			return errEnd
		}
		d.least, d.src = n, d.src[size:]
		d.widths, d.src = d.src[:d.minis], d.src[d.minis:]
	}
	d.width, d.widths = int(d.widths[0]), d.widths[1:]
	d.left, d.bit = d.block/d.minis, 0
	size := d.left / 8 * uint64(d.width)
	if d.width > 64 {
		return errors.New("numbers of more than 64 bits")
	}
	if size > uint64(len(d.src)) { // the last one may be cut short
		if min(d.left, d.total+1)*uint64(d.width) > 8*uint64(len(d.src)) {
			return errEnd
		}
		size = uint64(len(d.src))
	}
	d.packed, d.src = d.src[:size], d.src[size:]
	return nil
}

// whole is like reset, and also finds what stands behind the numbers.
func (d *delta) whole(b []byte) (rest []byte, err error) {
	if err := d.reset(b); err != nil {
		return nil, err
	}
	if d.total > 8*uint64(len(b))*64+64 {
		return nil, errEnd
	}
	walk := *d
	for range d.total {
		if _, err := walk.next(); err != nil {
			return nil, err
		}
	}
	return walk.src, nil
}
