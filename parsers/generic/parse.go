package generic

import (
	"bytes"
	"fmt"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/parsers"
)

// place is where in the origin's structure the parser stands.
type place uint8

const (
	top       place = iota // between records that nothing encloses
	inArray                // in an array that nothing encloses
	inRecords              // in the array of {"Records":[…]}
	inTail                 // in that object, behind its array
)

// parser implements parsers.Parser.
type parser struct {
	*family
	max    int
	origin *event.Origin
	number int64
	state

	// Of the window being parsed:
	window []byte
	base   int64
	atEOF  bool
	batch  *event.Batch
}

// state is what a parser carries from window to window, and over a restart in
// the mark.
type state struct {
	place place
	// json says that the first record was JSON: then an object that is broken
	// is rejected, not taken for text.
	json bool
	// begun says that there was a record.
	begun bool
	// indent is how far the next record is indented, -1 where something stands
	// before it in its line.
	indent int
	// part counts the pieces of a stretch that is being rejected, 0 outside of
	// one; reason says why, and lines whether it ends only at a record's begin.
	part   int
	reason string
	lines  bool
	// binary counts the lines that were no text.
	binary int
}

// maxBinary is how many lines that are no text are rejected one by one, before
// the rest of the origin is rejected as one.
const maxBinary = 100

// Reset begins a new origin.
func (p *parser) Reset(o *event.Origin, mark []byte) {
	p.origin, p.number = o, 0
	p.state = unmark(mark)
}

// Parse reads the records of window; see parsers.Parser.
func (p *parser) Parse(window []byte, base int64, atEOF bool, b *event.Batch) (int, error) {
	p.window, p.base, p.atEOF, p.batch = window, base, atEOF, b
	defer func() { p.window, p.batch = nil, nil }()
	i, ok := 0, true
	var err error
	if p.part > 0 {
		i, ok = p.stretch(0)
	}
	for ok && err == nil {
		if i, ok = p.between(i); !ok {
			break
		}
		at := i
		if i, ok, err = p.record(at); !ok && i == at {
			i = p.unindent(i)
		}
	}
	return i, err
}

// limited is the window from i on, no more of it than a record may have.
func (p *parser) limited(i int) []byte { return p.window[i:min(len(p.window), i+p.max)] }

// record reads what begins at i. False asks for more of the origin; an error is
// one of all of it.
func (p *parser) record(i int) (int, bool, error) {
	switch c := p.window[i]; {
	case p.place != top:
		next, ok := p.value(i)
		return next, ok, nil
	case p.begun && !p.json:
		return p.line(i)
	case c == '[':
		if p.undecided(i) {
			return i, false, nil
		}
		if opensArray(p.limited(i)) {
			p.place, p.json, p.begun, p.indent = inArray, true, true, -1
			return i + 1, true, nil
		}
	case c == '{' && (p.json || opensObject(p.limited(i)) || p.undecided(i)):
		if p.undecided(i) {
			return i, false, nil
		}
		if body, wait := p.records(i); wait {
			return i, false, nil
		} else if body > 0 {
			p.place, p.json, p.begun, p.indent = inRecords, true, true, -1
			return body, true, nil
		}
		next, ok := p.value(i)
		return next, ok, nil
	}
	return p.line(i)
}

// value reads the JSON value at i as one record.
func (p *parser) value(i int) (int, bool) {
	b := p.limited(i)
	n, f := jsonscan.Skip(b, 0)
	object := b[0] == '{' || b[0] == '['
	switch {
	case f == jsonscan.OK && (object || n < len(b) || p.atEOF):
		p.json, p.begun = true, true
		p.add(b[:n:n], i, p.readJSON)
		p.indent = -1
		return i + n, true
	case f != jsonscan.OK && f != jsonscan.More:
		p.reason = fmt.Sprintf("broken JSON: %s, at byte %d of the file", f, p.base+int64(i+n))
	case len(b) >= p.max:
		p.reason = fmt.Sprintf("the JSON value is larger than a record may be (%d bytes)", p.max)
	case p.atEOF:
		p.reason = fmt.Sprintf("broken JSON: %s, at byte %d of the file", f, p.base+int64(i+n))
	default:
		return i, false
	}
	p.lines = true
	return p.stretch(i)
}

// line reads the line at i, its indentation included, as one record.
func (p *parser) line(i int) (int, bool, error) {
	i = p.unindent(i)
	size := p.lineEnd(i)
	next := i + size + 1
	if size < 0 {
		size, next = len(p.window)-i, len(p.window)
		if size >= p.max {
			if head := p.limited(i); !p.begun && !p.terminal && isBinary(head[:min(len(head), parsers.HeadSize)]) {
				return i, false, errBinary
			}
			p.reason, p.lines = fmt.Sprintf("the line is longer than a record may be (%d bytes)", p.max), false
			next, ok := p.stretch(i)
			return next, ok, nil
		}
		if !p.atEOF {
			return i, false, nil
		}
	}
	line := bytes.TrimRight(p.window[i:i+size], "\r\n")
	if !p.terminal && isBinary(line) {
		if p.binary++; !p.begun || p.binary > maxBinary {
			return i, false, errBinary
		}
		p.batch.Reject(event.Reject{Offset: p.base + int64(i), Raw: line, Reason: "the line is not text"})
		p.number++
		p.indent = 0
		return next, true, nil
	}
	p.begun = true
	read := p.readText
	if at := jsonscan.Space(line, 0); line[at] == '{' && jsonscan.Valid(line) {
		line, i = bytes.TrimSpace(line), i+at
		read = p.readJSON
	}
	p.add(line, i, read)
	p.indent = 0
	return next, true, nil
}

// lineEnd is how far the line at i reaches, -1 if its end is not shown. A message
// of a transport that frames is one line, as a stack trace is.
func (p *parser) lineEnd(i int) int {
	if p.origin.Message != nil {
		return -1
	}
	return bytes.IndexByte(p.limited(i), '\n')
}

// add adds the event of a record at window[i].
func (p *parser) add(record []byte, i int, read func(*event.Event)) {
	e := p.batch.Add(slotCount)
	e.Record, e.Damage = parsers.Repair(record, p.batch)
	e.Offset, e.Number = p.base+int64(i), p.number
	p.number++
	read(e)
	if m := p.origin.Message; m != nil && e.Time == 0 {
		e.Time = m.Time
	}
}

var _ parsers.Parser = (*parser)(nil)
