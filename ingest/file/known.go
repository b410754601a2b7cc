package file

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// status says what is going on with a known file.
type status uint8

const (
	resting  status = iota // nothing to do until it changes
	settling               // compressed, and perhaps not complete yet
	queued                 // to be read
	open                   // being read
)

// known is a file that was seen: its place, and how far it has been read. All
// of it is guarded by the book's lock.
type known struct {
	record
	key    string // of the record in the store
	status status

	// attached says that the content is that of the file with this inode;
	// otherwise it was lost sight of, and an unknown file may turn out to be it.
	attached bool
	seen     int           // the last look that saw it
	changed  time.Duration // when its size or time was last seen to change, by the source's clock
	retry    time.Duration // not before; after a failure
	failures int

	reading *reading // while open
}

// record is what is kept of a file in the store.
type record struct {
	Path     string      `json:"path"`
	ID       []byte      `json:"id"` // its records' ids are made of this; never changes
	Print    fingerprint `json:"print"`
	Form     form        `json:"form,omitempty"`
	Inode    inode       `json:"inode"`
	Offset   int64       `json:"offset"` // settled up to here, in uncompressed content
	Mark     []byte      `json:"mark,omitempty"`
	Tail     tail        `json:"tail"`              // before Offset (lines)
	Done     bool        `json:"done,omitempty"`    // read to the end, as it was (whole)
	Rotated  bool        `json:"rotated,omitempty"` // it has another name than at first
	Size     int64       `json:"size"`              // when last seen or read, as it lies there
	Modified int64       `json:"modified"`          // then, in nanoseconds since 1970 UTC
	Gone     int64       `json:"gone,omitempty"`    // since when it is no longer found, in seconds since 1970 UTC
}

// recordPrefix begins the keys of records in the source's space, which leaves
// room for others.
const recordPrefix = "file/"

func (k *known) encode() []byte {
	b, err := json.Marshal(k.record)
	if err != nil {
		panic(err) // nothing in a record can fail
	}
	return b
}

func decodeKnown(key string, value []byte) (*known, error) {
	k := &known{key: key}
	if err := json.Unmarshal(value, &k.record); err != nil {
		return nil, fmt.Errorf("position %s: %w", key, err)
	}
	return k, nil
}

// keyOf is the key of a record: the identity, and a number where two files have
// the same.
func keyOf(id []byte, n int) string {
	if n == 0 {
		return recordPrefix + hex.EncodeToString(id)
	}
	return fmt.Sprintf("%s%x-%d", recordPrefix, id, n)
}

// unread reports whether there is something to read.
func (k *known) unread() bool {
	if k.Form == lines {
		return k.Size > k.Offset
	}
	return !k.Done
}
