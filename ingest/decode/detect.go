package decode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/burstwatch/burstwatch/ingest"
)

// Kind is what a body is.
type Kind uint8

// The kinds that are read.
const (
	// Plain is text, or anything that is no other kind.
	Plain Kind = iota
	// Gzip is RFC 1952, of one member or several.
	Gzip
	// Zstd is RFC 8878, skippable frames included.
	Zstd
	// Parquet is a table, read as text.
	Parquet
	// UTF16 is text with a byte order mark in one of the two orders.
	UTF16
)

// String names the kind.
func (k Kind) String() string {
	return [...]string{"plain text", "gzip", "zstd", "Parquet", "UTF-16 text"}[k]
}

// magic is how a kind of body begins.
type magic struct {
	begin string
	kind  Kind
	// refuse names a format that is not read; it is refused as a whole, because
	// its bytes as text would be a million meaningless records.
	refuse string
}

// magics are the beginnings by which a body is known. No text log begins so.
var magics = []magic{
	{begin: "\x1f\x8b", kind: Gzip},
	{begin: "\x28\xb5\x2f\xfd", kind: Zstd},
	{begin: "PAR1", kind: Parquet},
	{begin: "\xff\xfe", kind: UTF16},
	{begin: "\xfe\xff", kind: UTF16},
	{begin: utf8Mark, kind: Plain},
	{begin: "PARE", refuse: "Parquet with an encrypted footer"},
	{begin: "PK\x03\x04", refuse: "a zip archive"},
	{begin: "BZh91AY&SY", refuse: "bzip2"},
	{begin: "\xfd7zXZ\x00", refuse: "xz"},
	{begin: "\x04\x22\x4d\x18", refuse: "lz4"},
	{begin: "7z\xbc\xaf\x27\x1c", refuse: "a 7-Zip archive"},
	{begin: "\xff\x06\x00\x00sNaPpY", refuse: "framed snappy"},
	{begin: "Obj\x01", refuse: "Avro"},
	{begin: "\x7fELF", refuse: "a program"},
	{begin: "SQLite format 3\x00", refuse: "an SQLite database"},
}

const (
	utf8Mark = "\xef\xbb\xbf"
	// headSize is the longest beginning.
	headSize = 16
)

// match returns how head begins, and whether more of it could still decide.
func match(head []byte) (found *magic, open bool) {
	if len(head) > 0 && head[0]&0xF0 == 0x50 { // a skippable frame of zstd: 0x184D2A50 to 5F
		rest := head[1:min(len(head), 4)]
		if strings.HasPrefix("\x2a\x4d\x18", string(rest)) {
			return &magic{kind: Zstd}, len(rest) < 3
		}
	}
	for i := range magics {
		begin := magics[i].begin
		if bytes.HasPrefix(head, []byte(begin)) {
			return &magics[i], false
		}
		open = open || len(head) < len(begin) && begin[:len(head)] == string(head)
	}
	return nil, open
}

// Seekable reports whether content that begins with head can be read on from an
// offset by seeking in the file. Otherwise offsets are not the file's own.
func Seekable(head []byte) bool {
	m, open := match(head[:min(len(head), headSize)])
	return m == nil && !open || m != nil && m.refuse == "" && m.kind == Plain
}

// Undecided reports whether head is the begin of more than one kind: a file that
// holds nothing but "7" may become a line or an archive.
func Undecided(head []byte) bool {
	_, open := match(head[:min(len(head), headSize)])
	return open
}

// detect reads until the kind is known.
func (s *Stream) detect() error {
	for {
		m, open := match(s.head)
		if !open {
			return s.begin(m)
		}
		n, err := s.src.Read(s.space[len(s.head):])
		s.head = s.space[:len(s.head)+n]
		switch {
		case err == io.EOF:
			if m, open = match(s.head); open {
				m = nil
			}
			return s.begin(m)
		case errors.Is(err, ingest.ErrIdle) && s.text():
			s.src.idle = true
			return s.begin(nil)
		case err != nil:
			return s.explain(err)
		}
	}
}

// text reports whether what is there is a line already: a file that pauses
// after "PA\n" is no Parquet in the making.
func (s *Stream) text() bool { return bytes.IndexByte(s.head, '\n') >= 0 }

// begin sets the stream to read what m says.
func (s *Stream) begin(m *magic) error {
	s.known = true
	if m == nil {
		return nil
	}
	if m.refuse != "" {
		return &CorruptError{Reason: fmt.Sprintf("this is %s, which is not read: unpack or convert it to gzip, zstd, Parquet or text", m.refuse)}
	}
	s.kind = m.kind
	switch s.kind {
	case Gzip:
		s.pump.start(s.gunzip)
	case Zstd:
		s.pump.start(s.unzstd)
	case UTF16:
		s.pump.start(s.narrow)
	case Parquet:
		s.pump.start(s.unparquet)
	case Plain:
		copy(s.head, "\n\n\n")
	}
	return nil
}
