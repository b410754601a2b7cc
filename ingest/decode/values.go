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
