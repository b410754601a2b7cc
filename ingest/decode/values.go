package decode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go/format"
)

// value is one value: a number in n or f, or bytes that are good until the next
// value of the column.
type value struct {
	n int64
	f float64
	b []byte
}

var errTooLong = fmt.Errorf("a value of more than %d bytes", maxValue)

var errEnd = errors.New("a page ends before its values do")

// prefixed takes bytes with their length in four bytes before them.
func prefixed(b []byte) (value, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, errEnd
	}
	n := uint64(binary.LittleEndian.Uint32(b))
	if n > uint64(len(b)-4) {
		return nil, nil, errEnd
	}
	return b[4 : 4+n], b[4+n:], nil
}

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

// values reads the values of a page in one of the encodings.
type values struct {
	encoding format.Encoding
	rest     []byte
	indexes  hybrid
	bit      uint64
	numbers  delta // numbers, lengths, or how much of the last value is repeated
	lengths  delta // of what is new in a value
	last     []byte
}

func (v *values) reset(c *column, e format.Encoding, b []byte) (err error) {
	v.encoding, v.rest, v.bit = e, b, 0
	switch e {
	case format.Plain:
		return nil
	case format.PlainDictionary, format.RLEDictionary: //nolint:staticcheck // deprecated for writers; files have it
		v.encoding = format.RLEDictionary
		if len(b) == 0 { // a page of nulls
			v.indexes.reset(nil, 0)
			return nil
		}
		if b[0] > 32 || c.entries < 0 {
			return fmt.Errorf("values of a dictionary that is not there, or with %d bits", b[0])
		}
		v.indexes.reset(b[1:], int(b[0]))
		return nil
	case format.RLE:
		if c.kind == format.Boolean {
			var runs []byte
			if runs, _, err = prefixed(b); err == nil {
				v.indexes.reset(runs, 1)
			}
			return err
		}
	case format.DeltaBinaryPacked:
		if c.kind == format.Int32 || c.kind == format.Int64 {
			return v.numbers.reset(b)
		}
	case format.DeltaLengthByteArray:
		if c.kind == format.ByteArray {
			v.rest, err = v.numbers.whole(b)
			return err
		}
	case format.DeltaByteArray:
		if c.kind == format.ByteArray || c.kind == format.FixedLenByteArray {
			v.last = v.last[:0]
			if b, err = v.numbers.whole(b); err == nil {
				v.rest, err = v.lengths.whole(b)
			}
			return err
		}
	}
	return fmt.Errorf("values in the encoding %v, which is not read", e)
}

func (v *values) next(c *column, out *value) (err error) {
	switch v.encoding {
	case format.Plain:
		if c.kind == format.Boolean {
			if v.bit/8 >= uint64(len(v.rest)) {
				return errEnd
			}
			out.n = int64(unpackBits(v.rest, v.bit, 1))
			v.bit++
			return nil
		}
		v.rest, err = plain(c, v.rest, out)
		return err
	case format.RLE:
		n, err := v.indexes.next()
		out.n = int64(n)
		return err
	case format.RLEDictionary:
		i, err := v.indexes.next()
		if err != nil {
			return err
		}
		if i >= uint64(c.entries) {
			return fmt.Errorf("entry %d of a dictionary of %d", i, c.entries)
		}
		return c.entry(int(i), out)
	case format.DeltaBinaryPacked:
		if out.n, err = v.numbers.next(); c.kind == format.Int32 {
			out.n = int64(int32(out.n))
		}
		return err
	case format.DeltaLengthByteArray:
		n, err := v.numbers.next()
		if err == nil {
			out.b, err = v.take(n)
		}
		return err
	}
	return v.nextPrefixed(out)
}

// nextPrefixed reads a value that begins like the one before.
func (v *values) nextPrefixed(out *value) error {
	same, err := v.numbers.next()
	if err != nil {
		return err
	}
	n, err := v.lengths.next()
	if err != nil {
		return err
	}
	suffix, err := v.take(n)
	if err != nil || same < 0 || same > int64(len(v.last)) {
		return errEnd
	}
	if same+n > maxValue {
		return errTooLong
	}
	v.last = append(v.last[:same], suffix...)
	out.b = v.last
	return nil
}

func (v *values) take(n int64) ([]byte, error) {
	if n < 0 || n > int64(len(v.rest)) {
		return nil, errEnd
	}
	b := v.rest[:n]
	v.rest = v.rest[n:]
	return b, nil
}

// entry reads an entry of the dictionary.
func (c *column) entry(i int, out *value) (err error) {
	at := i * c.fixedSize()
	if c.kind == format.ByteArray {
		at = int(c.offsets[i])
	}
	_, err = plain(c, c.dict[at:], out)
	return err
}

// plain reads a value in plain encoding.
func plain(c *column, b []byte, out *value) (rest []byte, err error) {
	if c.kind == format.ByteArray {
		out.b, rest, err = prefixed(b)
		return rest, err
	}
	size := c.fixedSize()
	if size == 0 || size > len(b) {
		return nil, errEnd
	}
	switch c.kind {
	case format.Int32:
		out.n = int64(int32(binary.LittleEndian.Uint32(b)))
	case format.Int64:
		out.n = int64(binary.LittleEndian.Uint64(b))
	case format.Float:
		out.f = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case format.Double:
		out.f = math.Float64frombits(binary.LittleEndian.Uint64(b))
	default: // INT96, bytes of a fixed number
		out.b = b[:size]
	}
	return b[size:], nil
}

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
