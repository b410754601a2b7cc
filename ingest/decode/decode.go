// Package decode answers one question about the body of an object: what
// compression or container is this, and which plain bytes are in it?
//
// It goes by the first bytes, never by the name: logs are renamed, and copied
// out of buckets that unpack them on the way. It reads gzip (several members),
// zstd, Parquet, UTF-16 and plain text, keeps its readers for the next object,
// and holds a few hundred KiB whatever the size of a file (a zstd frame asks
// for up to [MaxZstdWindow] more).
//
// It tells content that is damaged, a [CorruptError], from a body that could
// not be read, whose error it passes on as it is: the first goes to quarantine,
// the second is read again.
//
// It imports ingest. The pipeline's reader runs one Decoder in each worker.
package decode

import (
	"errors"
	"fmt"
	"io"

	"github.com/burstwatch/burstwatch/ingest"
)

// CorruptError says that the content of an object is damaged or not of a kind
// that is read. All bytes before Offset were good and have been returned.
type CorruptError struct {
	// Offset is where it happened, in bytes of uncompressed content.
	Offset int64
	// Reason says what is wrong and where in the object, in the words of a
	// person who has the file before them.
	Reason string
	// Err is the cause, nil if there is none but the content itself.
	Err error
}

// Error is the reason with its place.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s (after %d bytes of content)", e.Reason, e.Offset)
}

// Unwrap returns the cause.
func (e *CorruptError) Unwrap() error { return e.Err }

// Decoder opens one body after the other and reuses its memory. One worker
// owns it; the zero Decoder is ready. A body is done with before the next is
// opened.
type Decoder struct {
	stream Stream
	tools
}

// Stream is the plain content of a body. It belongs to the Decoder and is good
// until the next Open or Close.
type Stream struct {
	tools *tools
	src   source
	size  int64
	kind  Kind
	known bool
	head  []byte // what detection has read and Read has not yet returned
	space [headSize]byte
	pump  pump
	out   int64
}

// Open begins to read body, which has size bytes, -1 if that is not known.
// Parquet needs the size, and a body that is an io.ReaderAt.
//
// It fails with a *CorruptError where the first bytes are of a kind that is not
// read, and with body's own error where that could not be read. A body that is
// idle before its kind is known does not fail: Kind and Rows are certain from
// the first byte that Read returns.
func (d *Decoder) Open(body io.Reader, size int64) (*Stream, error) {
	d.stream.Close()
	s := &d.stream
	*s = Stream{tools: &d.tools, src: source{body: body}, size: size}
	s.head = s.space[:0]
	if err := s.detect(); err != nil && !errors.Is(err, ingest.ErrIdle) {
		return nil, err
	}
	return s, nil
}

// Kind is what the body turned out to be.
func (s *Stream) Kind() Kind { return s.kind }

// Rows reports whether the lines that Read returns were made of the rows of a
// table. Then the offset that a person can use is the row's number, from 0: the
// first line is a header if the table is a flow log, else each line is a row.
func (s *Stream) Rows() bool { return s.kind == Parquet }

// Read returns plain bytes. Beside io.EOF it fails with ingest.ErrIdle where
// the body does (reading goes on after it), with a *CorruptError, or with the
// body's own error.
//
// A byte order mark is read as three line ends: every parser passes over empty
// lines, and offsets stay those of the file, which a source may seek to.
func (s *Stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if !s.known {
		if err := s.detect(); err != nil {
			return 0, err
		}
	}
	n, err := s.read(p)
	s.out += int64(n)
	return n, s.explain(err)
}

func (s *Stream) read(p []byte) (int, error) {
	if s.kind != Plain {
		return s.pump.read(p)
	}
	if len(s.head) > 0 {
		n := copy(p, s.head)
		s.head = s.head[n:]
		return n, nil
	}
	return s.src.Read(p)
}

// explain tells whose fault an error is.
func (s *Stream) explain(err error) error {
	var corrupt *CorruptError
	switch {
	case err == nil, err == io.EOF, errors.Is(err, ingest.ErrIdle):
		return err
	case s.src.err != nil:
		return s.src.err
	case errors.As(err, &corrupt):
		corrupt.Offset = s.out
		return corrupt
	}
	return &CorruptError{Offset: s.out, Reason: s.reason(err), Err: err}
}

// Close ends reading before the end of the body, which it does not close.
func (s *Stream) Close() { s.pump.end() }
