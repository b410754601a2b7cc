package decode

import (
	"encoding/binary"
	"errors"
)

// Parquet's metadata are Thrift structs in the compact protocol
// (github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
// A decoder makes a list as long as the bytes say before it has seen one
// element, so a few flipped bits ask for gigabytes. measure walks over a struct
// first and finds whether its lists and texts are there.

var (
	errShort  = errors.New("the metadata are cut off")
	errThrift = errors.New("the metadata are damaged")
)

// Limits of metadata. A file of 30 columns has some 1,200 elements of lists a
// row group.
const (
	maxElements = 50_000
	maxNesting  = 24
)

// measure returns the length of the struct that b begins with; errShort where
// b ends before it does.
func measure(b []byte) (int, error) {
	m := meter{b: b}
	if err := m.fields(0); err != nil {
		return 0, err
	}
	return m.at, nil
}

type meter struct {
	b        []byte
	at       int
	elements uint64
}

// Types of the compact protocol.
const (
	thriftStop   = 0
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
	thriftUUID   = 13
)

func (m *meter) fields(depth int) error {
	if depth > maxNesting {
		return errThrift
	}
	for {
		c, err := m.byte()
		if err != nil || c == thriftStop {
			return err
		}
		if c>>4 == 0 { // the field's number follows
			if _, err := m.varint(); err != nil {
				return err
			}
		}
		if t := c & 0x0F; t != thriftTrue && t != thriftFalse { // these are the value
			if err := m.value(t, depth); err != nil {
				return err
			}
		}
	}
}

func (m *meter) value(t byte, depth int) error {
	switch t {
	case thriftTrue, thriftFalse, thriftByte:
		return m.skip(1)
	case 4, 5, 6: // integers
		_, err := m.varint()
		return err
	case thriftDouble:
		return m.skip(8)
	case thriftUUID:
		return m.skip(16)
	case thriftBinary:
		n, err := m.varint()
		if err != nil {
			return err
		}
		return m.skip(n)
	case thriftList, thriftSet:
		return m.list(depth)
	case thriftMap:
		return m.pairs(depth)
	case thriftStruct:
		return m.fields(depth + 1)
	}
	return errThrift
}

func (m *meter) list(depth int) error {
	c, err := m.byte()
	if err != nil {
		return err
	}
	n := uint64(c >> 4)
	if n == 15 {
		if n, err = m.varint(); err != nil {
			return err
		}
	}
	return m.repeat(n, depth, c&0x0F)
}

func (m *meter) pairs(depth int) error {
	n, err := m.varint()
	if err != nil || n == 0 {
		return err
	}
	c, err := m.byte()
	if err != nil {
		return err
	}
	return m.repeat(n, depth, c>>4, c&0x0F)
}

// repeat walks over n elements of the given types. Each is a byte at least.
func (m *meter) repeat(n uint64, depth int, types ...byte) error {
	if m.elements += n; n > maxElements || m.elements > maxElements {
		return errThrift
	}
	if n > uint64(len(m.b)-m.at) {
		return errShort
	}
	for range n {
		for _, t := range types {
			if err := m.value(t, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *meter) byte() (byte, error) {
	if m.at >= len(m.b) {
		return 0, errShort
	}
	m.at++
	return m.b[m.at-1], nil
}

func (m *meter) varint() (uint64, error) {
	n, size := binary.Uvarint(m.b[m.at:])
	switch {
	case size == 0:
		return 0, errShort
	case size < 0:
		return 0, errThrift
	}
	m.at += size
	return n, nil
}

func (m *meter) skip(n uint64) error {
	if n > uint64(len(m.b)-m.at) {
		return errShort
	}
	m.at += int(n)
	return nil
}
