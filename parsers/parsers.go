// Package parsers is the second stage: it turns bytes into events, one log
// family a folder.
//
// A parser frames and reads in one pass, so that no byte is looked at twice:
// finding the end of a JSON record costs as much as reading its fields, so a
// framer in front of the parsers would double the price. Parsers know only
// internal/; the pipeline in cmd owns windows, files and quarantine.
package parsers

import "github.com/burstwatch/burstwatch/internal/event"

// Parser reads the records of one origin. One worker owns it; it may keep
// scratch memory but no bytes of a window after Parse has returned.
type Parser interface {
	// Reset begins a new origin. mark is nil at its begin, else what Mark
	// returned for the offset at which reading goes on.
	Reset(o *event.Origin, mark []byte)

	// Parse reads the records that lie whole in window, which begins at the
	// uncompressed offset base, and adds them to b (b.Add) with Time, Offset,
	// Number, Schema, Record and Slots set. It returns how many bytes it is
	// done with: the caller shows the rest again, with more behind it. atEOF
	// says that there is no more.
	//
	// Events point into window, which belongs to b.
	//
	// What cannot be read is passed to b.Reject, and reading goes on at the
	// next record that can be recognised. A record that is not complete although
	// window holds Options.MaxRecord bytes is rejected in parts, window by
	// window, so that no record is held in memory whole. consumed is 0 only
	// when window is shorter than that and not atEOF. At EOF everything is
	// consumed.
	//
	// Parse fails only where the whole origin is not what it was taken for;
	// then the rest of the origin is rejected with that reason.
	Parse(window []byte, base int64, atEOF bool, b *event.Batch) (consumed int, err error)

	// Mark returns what Reset needs to go on after the last byte consumed: a
	// header, an "inside the array". At most a few KiB; not changed later. nil
	// if nothing is needed.
	Mark() []byte
}

// Headed is a Parser of logs whose lines are told by a header before them.
type Headed interface {
	// Format is what event.Origin.Format must be for the next line to be read
	// without its header; "" if none came.
	Format() string
}

// FormatOf is the format of a parser, "" if it has none.
func FormatOf(p Parser) string {
	if h, ok := p.(Headed); ok {
		return h.Format()
	}
	return ""
}

// Options are what a parser is made with.
type Options struct {
	// MaxRecord is the largest record in bytes; larger ones go to quarantine in parts.
	MaxRecord int
}

// DefaultMaxRecord is 1 MiB: CloudTrail allows 256 KiB, CloudWatch Logs 1 MiB.
const DefaultMaxRecord = 1 << 20

// Spec describes one log family, for the catalogue.
type Spec struct {
	// Name is the family's, such as cloudtrail.
	Name string
	// Summary is one sentence for the reference page.
	Summary string
	// Schemas are those of the datasets that its parser may produce.
	Schemas []event.Schema
	// Detect says how surely content is of this family: 0 no, 1 could be, 2
	// looks like it, 3 certainly. name is the path, key or stream; head is the
	// begin of the uncompressed content, up to [HeadSize] bytes.
	Detect func(name string, head []byte) int
	// New makes a parser.
	New func(Options) Parser
}

// HeadSize is how much content Detect is shown, where there is so much.
const HeadSize = 4096
