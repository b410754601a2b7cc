package state

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2"
)

// Join says how values that are joined under one key become one. It is
// commutative and associative, and joining is blind: nothing is read for it.
type Join byte

const (
	// Least keeps the value that is less, byte for byte: equal values are one.
	Least Join = 'l'
	// Sum adds lists of numbers, as AppendVarint writes them, number by number;
	// the shorter list is filled up with zeros.
	Sum Join = 's'
)

// Join joins a value with those that were joined under the key before. A key is
// always joined in one way, and never Put. The value is copied.
func (b *Batch) Join(space Space, key []byte, how Join, value []byte) {
	if b.b == nil {
		return
	}
	op := b.b.MergeDeferred(len(space)+1+len(key), 1+len(value))
	appendKey(op.Key[:0], space, key)
	op.Value[0] = byte(how)
	copy(op.Value[1:], value)
	_ = op.Finish()
}

// Joined is the value that was joined under a key, as Get and Range return it.
func Joined(stored []byte) []byte {
	if len(stored) == 0 {
		return nil
	}
	return stored[1:]
}

// joiner is how Pebble joins. Its name is that of Pebble's own default, which no
// store of ours ever used, so that stores made before there was a Join open.
func joiner() *pebble.Merger {
	return &pebble.Merger{
		Name: "pebble.concatenate",
		Merge: func(_, value []byte) (pebble.ValueMerger, error) {
			return &joined{value: bytes.Clone(value)}, nil
		},
	}
}

// joined is the value of one key while it is being joined.
type joined struct{ value, spare []byte }

// MergeNewer is pebble.ValueMerger's; the order does not matter.
func (j *joined) MergeNewer(value []byte) error { return j.MergeOlder(value) }

// MergeOlder is pebble.ValueMerger's.
func (j *joined) MergeOlder(value []byte) error {
	if len(value) == 0 || len(j.value) == 0 || value[0] != j.value[0] {
		return fmt.Errorf("state: values of two kinds under one key")
	}
	switch Join(value[0]) {
	case Least:
		if bytes.Compare(value, j.value) < 0 {
			j.value = append(j.value[:0], value...)
		}
	case Sum:
		j.spare = appendSums(append(j.spare[:0], byte(Sum)), j.value[1:], value[1:])
		j.value, j.spare = j.spare, j.value
	default:
		return fmt.Errorf("state: values are joined in no way known: %q", value[0])
	}
	return nil
}

// Finish is pebble.ValueMerger's.
func (j *joined) Finish(bool) ([]byte, io.Closer, error) { return j.value, nil, nil }

func appendSums(dst, a, b []byte) []byte {
	for len(a) > 0 || len(b) > 0 {
		x, i := binary.Varint(a)
		y, k := binary.Varint(b)
		if i <= 0 && k <= 0 {
			break
		}
		a, b = a[max(i, 0):], b[max(k, 0):]
		dst = binary.AppendVarint(dst, x+y)
	}
	return dst
}
