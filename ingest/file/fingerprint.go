package file

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/burstwatch/burstwatch/ingest/decode"
)

const (
	// printSize is how much of a file's begin it is known by, where there is so much.
	printSize = 4096
	// tailSize is how much before a position has to be the same for reading to
	// go on there.
	tailSize = 1024
)

// sum is the begin of a SHA-256. Logs are written by attackers: with a hash that
// is easily met, a file could pass for one that has been read.
type sum [16]byte

func sumOf(b []byte) sum {
	s := sha256.Sum256(b)
	return sum(s[:16])
}

// fingerprint is what a file is known by: how its uncompressed content begins.
type fingerprint struct {
	N   int `json:"n"` // bytes
	Sum sum `json:"sum"`
}

func fingerprintOf(head []byte) fingerprint { return fingerprint{len(head), sumOf(head)} }

// of reports whether content that begins with head has this fingerprint.
func (p fingerprint) of(head []byte) bool { return len(head) >= p.N && sumOf(head[:p.N]) == p.Sum }

// identity is what delivery ids are made of.
func (p fingerprint) identity() []byte {
	s := p.Sum
	return s[:]
}

// form says in which ways a file can be read.
type form uint8

const (
	// lines are plain text: they may grow, and offsets are the file's own.
	lines form = iota
	// wide is text in UTF-16: it may grow, but offsets are those of the text.
	wide
	// whole is compressed, or a table: it is read once it is complete.
	whole
)

// look is what the begin of a file shows.
type look struct {
	form form
	head []byte // of the uncompressed content, at most printSize bytes
	open bool   // too short to tell what it will be
}

// stands reports whether a file still begins as it did when it was looked at. What
// is compressed or a table is written once.
func (l *look) stands(f io.ReaderAt) bool {
	if l.form != lines {
		return true
	}
	head := make([]byte, len(l.head))
	n, _ := f.ReadAt(head, 0)
	return bytes.Equal(head[:n], l.head)
}

// looker is what looking at files takes. It is used for one after the other.
type looker struct {
	decode.Decoder
	raw, head [printSize]byte
}

// lookAt reads the begin of a file. What is damaged is known by its raw bytes.
func lookAt(d *decode.Decoder, f io.ReaderAt, size int64) (look, error) {
	return lookInto(d, f, size, make([]byte, min(size, printSize)), nil)
}

// at is lookAt into memory of the looker's: the look is good until the next.
func (l *looker) at(f io.ReaderAt, size int64) (look, error) {
	return lookInto(&l.Decoder, f, size, l.raw[:min(size, printSize)], l.head[:])
}

// lookInto reads into raw, and what is decoded of it into head, which is made
// where it is needed and nil.
func lookInto(d *decode.Decoder, f io.ReaderAt, size int64, raw, head []byte) (look, error) {
	n, err := f.ReadAt(raw, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return look{}, fmt.Errorf("read its begin: %w", err)
	}
	raw = raw[:n]
	if decode.Seekable(raw) {
		return look{form: lines, head: raw}, nil
	}
	s, err := d.Open(io.NewSectionReader(f, 0, size), size)
	if err != nil {
		return damaged(raw, err)
	}
	defer s.Close()
	if head == nil {
		head = make([]byte, printSize)
	}
	n, err = io.ReadFull(s, head)
	if n == 0 && err != nil {
		return damaged(raw, err)
	}
	l := look{form: whole, head: head[:n], open: decode.Undecided(raw)}
	if s.Kind() == decode.UTF16 {
		l.form = wide
	}
	return l, nil
}

// damaged makes a look of raw bytes, unless err is that of the file system.
func damaged(raw []byte, err error) (look, error) {
	var corrupt *decode.CorruptError
	if errors.As(err, &corrupt) || errors.Is(err, io.EOF) {
		return look{form: whole, head: raw}, nil
	}
	return look{}, fmt.Errorf("read its begin: %w", err)
}

// tail is what stands before a place that has been read: reading goes on in a
// file only if it stands there still. The place is at or behind the position,
// because a position is known only when the bytes are no longer at hand.
type tail struct {
	At  int64 `json:"at"`
	N   int   `json:"n"`
	Sum sum   `json:"sum"`
}

func tailOf(b []byte, at int64) tail { return tail{at, len(b), sumOf(b)} }

// stands reports whether the file still has the tail.
func (t tail) stands(f io.ReaderAt) bool {
	if t.N == 0 {
		return true
	}
	b := make([]byte, t.N)
	n, _ := f.ReadAt(b, t.At-int64(t.N))
	return n == t.N && sumOf(b) == t.Sum
}

// standsIn is stands for content that has to be decoded up to there. size is
// that of the file.
func (t tail) standsIn(d *decode.Decoder, f io.ReaderAt, size int64) bool {
	s, err := d.Open(io.NewSectionReader(f, 0, size), size)
	if err != nil {
		return false
	}
	defer s.Close()
	if _, err = io.CopyN(io.Discard, s, t.At-int64(t.N)); err != nil {
		return false
	}
	b := make([]byte, t.N)
	_, err = io.ReadFull(s, b)
	return err == nil && (t.N == 0 || sumOf(b) == t.Sum)
}

// sameBegin reports whether two files are the same as far as both go.
func sameBegin(a, b *os.File, sizeA, sizeB int64) bool {
	n := min(sizeA, sizeB)
	x, y := make([]byte, 64<<10), make([]byte, 64<<10)
	for at := int64(0); at < n; at += int64(len(x)) {
		i := min(int64(len(x)), n-at)
		p, _ := a.ReadAt(x[:i], at)
		q, _ := b.ReadAt(y[:i], at)
		if int64(p) != i || int64(q) != i || !bytes.Equal(x[:i], y[:i]) {
			return false
		}
	}
	return true
}
