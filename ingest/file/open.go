package file

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"crypto/sha256"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
)

// Open opens a file to be read once from begin to end. source is the name that
// its records carry.
func Open(path, source string) (*ingest.Object, error) {
	f, err := os.Open(path) //nolint:gosec // the file that the user names
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		var id []byte
		if id, err = Identity(f, info.Size()); err == nil {
			return &ingest.Object{Origin: origin(path, source, id), Body: f, Size: info.Size()}, nil
		}
	}
	_ = f.Close()
	return nil, fmt.Errorf("open %s: %w", path, err)
}

// Stdin is standard input as an object; it has no content to be known by before
// it is read, so that its records without an id of their own are known by their
// offset and bytes alone.
func Stdin(r io.Reader, source string) *ingest.Object {
	return &ingest.Object{Origin: &event.Origin{Source: source, Name: "-", Identity: []byte("stdin")}, Body: io.NopCloser(r), Size: -1}
}

// identified is how much of a file's begin identifies it.
const identified = 4096

// Identity is what delivery ids of a file's records are made of: a hash of its
// begin, not its path, so that a copy or a renamed file is known again. Two
// files with the same begin do not swallow each other's records, because a
// delivery id holds the record's bytes too.
func Identity(f io.ReaderAt, size int64) ([]byte, error) {
	n := min(size, identified)
	buf := make([]byte, n, n+8)
	if _, err := f.ReadAt(buf, 0); err != nil && err != io.EOF {
		return nil, err
	}
	sum := sha256.Sum256(binary.LittleEndian.AppendUint64(buf, uint64(n))) //nolint:gosec // not negative
	return sum[:16], nil
}
