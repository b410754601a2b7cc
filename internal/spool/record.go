package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/burstwatch/burstwatch/internal/event"
)

// MaxRecord is the largest record, encoded, that a spool takes. A length beyond
// it is a damaged one.
const MaxRecord = 64 << 20

// Record is an event on its way: its document, and what sinks and quarantine
// want to know beside it.
type Record struct {
	ID event.ID
	// Time and Created are the event's, Since when it was handed over; all in
	// nanoseconds since 1970 UTC.
	Time, Created, Since int64
	Offset               int64
	Dataset              string
	// Source, Origin and Identity are its origin's.
	Source, Origin string
	Identity, Doc  []byte
}

// Append appends the record as Write takes it. The layout is its own: a byte
// for the version, numbers in little-endian order, texts behind their length.
func (r *Record) Append(dst []byte) []byte {
	dst = append(append(dst, version), r.ID[:]...)
	for _, n := range []int64{r.Time, r.Created, r.Since, r.Offset} {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(n))
	}
	for _, s := range []string{r.Dataset, r.Source, r.Origin} {
		dst = append(binary.AppendUvarint(dst, uint64(len(s))), s...)
	}
	dst = append(binary.AppendUvarint(dst, uint64(len(r.Identity))), r.Identity...)
	return append(dst, r.Doc...)
}

const version = 1

var errRecord = errors.New("it is no record of this version")

// parse reads what Append wrote. Bytes of the record point into b.
func parse(b []byte) (r Record, err error) {
	const fixed = 1 + len(r.ID) + 4*8
	if len(b) < fixed || b[0] != version {
		return r, errRecord
	}
	copy(r.ID[:], b[1:])
	b = b[1+len(r.ID):]
	for _, n := range []*int64{&r.Time, &r.Created, &r.Since, &r.Offset} {
		*n = int64(binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	text := func() []byte {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			err = errRecord
			return nil
		}
		s := b[size : size+int(n)]
		b = b[size+int(n):]
		return s
	}
	for _, s := range []*string{&r.Dataset, &r.Source, &r.Origin} {
		*s = string(text())
	}
	r.Identity = text()
	r.Doc = b
	return r, err
}

// A frame is the marker, the payload's length, its number in the segment from
// 0, a checksum, and the payload. The checksum covers the place too, so that a
// stretch of another file, or a frame that somebody wrote into a log, is none.
const (
	marker = "\xffBW\x00"
	header = len(marker) + 4 + 4 + 4
)

func appendFrame(dst []byte, segment uint64, at int64, number uint32, payload []byte) []byte {
	dst = append(dst, marker...)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	dst = binary.LittleEndian.AppendUint32(dst, number)
	dst = binary.LittleEndian.AppendUint32(dst, checksum(segment, at, number, payload))
	return append(dst, payload...)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(segment uint64, at int64, number uint32, payload []byte) uint32 {
	var place [20]byte
	binary.LittleEndian.PutUint64(place[:], segment)
	binary.LittleEndian.PutUint64(place[8:], uint64(at))
	binary.LittleEndian.PutUint32(place[16:], number)
	return crc32.Update(crc32.Checksum(place[:], castagnoli), castagnoli, payload)
}

// head reads a frame's header: how long the payload is said to be, and the rest.
func head(b []byte) (size int, number, sum uint32, ok bool) {
	if len(b) < header || string(b[:len(marker)]) != marker {
		return 0, 0, 0, false
	}
	n := binary.LittleEndian.Uint32(b[len(marker):])
	return int(n), binary.LittleEndian.Uint32(b[len(marker)+4:]), binary.LittleEndian.Uint32(b[len(marker)+8:]), n <= MaxRecord
}
