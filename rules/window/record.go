package window

import (
	"encoding/binary"
	"errors"

	"github.com/burstwatch/burstwatch/internal/event"
)

// record is what is kept of a case between revisions.
type record struct {
	revision           int64
	count, first, last int64
	// told is the count of the last revision, of a case of single matches.
	told int64
	// touched is when it last changed, in hours since 1970 of our clock.
	touched int64
	// state and digest are what the last revision of a stateful case said.
	state  byte // p, f, r
	digest [16]byte
}

var errRecord = errors.New("a case in the state store cannot be read")

func (r *record) append(dst []byte) []byte {
	dst = append(dst, 1, r.state) // layout
	for _, n := range []int64{r.revision, r.count, r.first, r.last, r.told, r.touched} {
		dst = binary.AppendVarint(dst, n)
	}
	return append(dst, r.digest[:]...)
}

func readRecord(b []byte) (r record, err error) {
	if len(b) < 2 || b[0] != 1 {
		return r, errRecord
	}
	r.state, b = b[1], b[2:]
	for _, n := range []*int64{&r.revision, &r.count, &r.first, &r.last, &r.told, &r.touched} {
		x, size := binary.Varint(b)
		if size <= 0 {
			return r, errRecord
		}
		*n, b = x, b[size:]
	}
	if copy(r.digest[:], b) != len(r.digest) {
		return r, errRecord
	}
	return r, nil
}

// appendItem and cutItem keep what is said of an event.
func appendItem(dst []byte, it item) []byte {
	dst = append(binary.AppendVarint(dst, it.at), it.id[:]...)
	dst = binary.AppendUvarint(dst, uint64(len(it.text)))
	return append(dst, it.text...)
}

func cutItem(b []byte) (it item, rest []byte, err error) {
	at, n := binary.Varint(b)
	if n <= 0 || len(b) < n+len(event.ID{}) {
		return it, nil, errRecord
	}
	it.at = at
	b = b[n:]
	b = b[copy(it.id[:], b):]
	size, n := binary.Uvarint(b)
	if n <= 0 || uint64(len(b)-n) < size {
		return it, nil, errRecord
	}
	it.text = append([]byte(nil), b[n:n+int(size)]...)
	return it, b[n+int(size):], nil
}
