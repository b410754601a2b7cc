package cloudtrail

import (
	"fmt"
	"unicode/utf8"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/parsers"
)

// mode is where in the origin's structure the parser stands.
type mode uint8

const (
	top        mode = iota // between values that nothing encloses
	inArray                // in an array that nothing encloses
	inRecords              // in the Records of an object
	inMessages             // in an array of CloudWatch Logs events
	inLookups              // in an array of LookupEvents' answers
	inTail                 // in the object, behind its array
)

// parser reads CloudTrail in all its forms. It carries from window to window
// only its mode and, while a stretch too large for one window is being
// rejected, how many pieces of it went and why.
type parser struct {
	maxRecord int
	events    event.Schema
	digests   event.Schema
	other     parsers.Parser // of EventBridge events that are not CloudTrail's; nil if nobody reads them

	scan   scanner
	trial  []event.Span
	origin *event.Origin
	mode   mode
	number int64
	part   int    // pieces of the current stretch that went to quarantine
	reason string // why

	// Of the window being parsed:
	window []byte
	base   int64
	atEOF  bool
	batch  *event.Batch
}

// Reset implements parsers.Parser.
func (p *parser) Reset(o *event.Origin, mark []byte) {
	p.origin, p.number = o, 0
	p.unmark(mark)
}

// Parse implements parsers.Parser.
func (p *parser) Parse(window []byte, base int64, atEOF bool, b *event.Batch) (int, error) {
	p.window, p.base, p.atEOF, p.batch = window, base, atEOF, b
	defer func() { p.window, p.batch = nil, nil }()
	i, ok := 0, true
	if p.part > 0 {
		i, ok = p.stretch(0, p.reason)
	}
	for ok {
		if i, ok = p.between(i); ok {
			i, ok = p.element(i)
		}
	}
	return i, nil
}

// between goes from the end of one element to the begin of the next. Commas
// are not asked for: records that lack one between them are whole all the same,
// and the brackets that a broken record took with it were no records.
func (p *parser) between(i int) (int, bool) {
	for i < len(p.window) {
		switch c := p.window[i]; {
		case p.mode == inTail:
			next, ok := p.tail(i)
			if !ok || next == i {
				return next, ok
			}
			i = next
		case c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t':
			i++
		case c == ']' && p.mode != top:
			i++
			if p.mode == inArray {
				p.mode = top
			} else {
				p.mode = inTail
			}
		case c == ']' || c == '}':
			if p.mode != top {
				return i, true
			}
			i++
		case c == bom[0] && p.mode == top:
			n, ok := p.byteOrderMark(i)
			if n == i || !ok {
				return i, ok
			}
			i = n
		default:
			return i, true
		}
	}
	return i, false
}

const bom = "\ufeff"

// byteOrderMark skips one; where there is none, it returns i.
func (p *parser) byteOrderMark(i int) (int, bool) {
	rest := p.window[i:min(len(p.window), i+len(bom))]
	switch {
	case string(rest) == bom:
		return i + len(bom), true
	case string(rest) == bom[:len(rest)] && !p.atEOF:
		return i, false
	}
	return i, true
}

// tail goes on in an object behind its array of records: what other members it
// has are no records.
func (p *parser) tail(i int) (int, bool) {
	switch p.window[i] {
	case ' ', '\n', '\r', '\t':
		return i + 1, true
	case '}':
		p.mode = top
		return i + 1, true
	case ',':
	default:
		p.mode = top
		return i, true
	}
	// The scanner skips the byte it is shown first: a brace, or here the comma.
	p.scan.begin(true)
	clear(p.trial)
	n, f := p.scan.object(p.limited(i), 0, recordNode, p.trial)
	switch {
	case f == jsonscan.OK:
		p.mode = p.scan.wrap.mode()
		return i + n, true
	case p.incomplete(i, f):
		return i, false
	}
	p.mode = top
	return p.stretch(i, p.fault(i, n, f))
}

// mode is the parser's mode where the object holds such an array.
func (w wrap) mode() mode {
	switch w {
	case records:
		return inRecords
	case messages:
		return inMessages
	case lookups:
		return inLookups
	}
	return top
}

// element reads what begins at i, neither white space nor comma nor the end of
// an array. It returns where to go on; false asks for more of the origin.
func (p *parser) element(i int) (int, bool) {
	switch {
	case p.mode == inMessages || p.mode == inLookups:
		return p.letter(i)
	case p.window[i] == '{':
		return p.object(i)
	case p.window[i] == '[' && p.mode == top:
		p.mode = inArray
		return i + 1, true
	}
	n, f := jsonscan.Skip(p.limited(i), 0)
	switch {
	case p.incomplete(i, f) || f == jsonscan.OK && i+n == len(p.window) && !p.atEOF:
		return i, false
	case f != jsonscan.OK:
		return p.stretch(i, p.fault(i, n, f))
	}
	p.reject(i, i+n, "valid JSON but not a CloudTrail record: not an object")
	return i + n, true
}

// object reads the object at i: a record, or what holds an array of them.
func (p *parser) object(i int) (int, bool) {
	b := p.limited(i)
	e := p.batch.Add(slotCount)
	p.scan.begin(p.mode == top)
	n, f := p.scan.object(b, 0, recordNode, e.Slots)
	switch {
	case f != jsonscan.OK:
		p.batch.Drop()
		if p.incomplete(i, f) {
			return i, false
		}
		return p.stretch(i, p.fault(i, n, f))
	case p.scan.wrap != noWrap:
		p.batch.Drop()
		p.mode = p.scan.wrap.mode()
	default:
		p.scan.note(e)
		p.accept(e, b[:n:n], b[:n:n], i)
	}
	return i + n, true
}

// accept makes an event of a record that was scanned into e. raw is what
// stands in the window at i for it.
func (p *parser) accept(e *event.Event, record, raw []byte, i int) {
	if p.scan.wide && !utf8.Valid(record) {
		e.Damage = damaged(record)
		record = repaired(p.batch.Alloc(len(record)), record)
		clear(e.Slots)
		e.Record = record
		p.scan.fill(e, false)
	}
	e.Record = record
	switch p.classify(e) {
	case isRecord:
		e.Slots[sBody] = event.Span{End: uint32(len(record))}
		p.finish(e, p.events, i)
		e.Time = timeOf(e, sEventTime)
	case isWrapped:
		p.scan.unwrap(e)
		p.finish(e, p.events, i)
		if e.Time = timeOf(e, sEventTime); e.Time == 0 {
			e.Time, _ = event.ParseTime(text(field(record, "time")))
		}
	case isDigest:
		p.digest(e)
		p.finish(e, p.digests, i)
		e.Time = timeOf(e, dEndTime)
	case isBusEvent:
		damage := e.Damage
		p.batch.Drop()
		p.passOn(record, raw, i, damage)
	case isNotification:
		p.batch.Drop()
		p.reject(i, i+len(raw), "valid JSON but not a CloudTrail record: an event notification of a service (eventSource aws:…)")
	default:
		p.batch.Drop()
		p.reject(i, i+len(raw), "valid JSON but not a CloudTrail record: no eventVersion with an eventName, eventID or insightDetails")
	}
}

func (p *parser) finish(e *event.Event, s event.Schema, i int) {
	e.Schema, e.Offset, e.Number = s, p.base+int64(i), p.number
	p.number++
}

// passOn gives an EventBridge event that is not CloudTrail's to whoever reads
// those.
func (p *parser) passOn(record, raw []byte, i int, damage *event.Damage) {
	if p.other == nil {
		p.reject(i, i+len(raw), "an EventBridge event that is not CloudTrail's")
		return
	}
	first := len(p.batch.Events)
	p.other.Reset(p.origin, nil)
	if n, err := p.other.Parse(record, p.base+int64(i), true, p.batch); err != nil {
		p.reject(i+n, i+len(raw), err.Error())
	}
	for k := first; k < len(p.batch.Events); k++ {
		e := &p.batch.Events[k]
		e.Number, e.Damage = p.number, damage
		p.number++
	}
}

// limited is the window from i on as far as a record may reach.
func (p *parser) limited(i int) []byte {
	return p.window[i:min(len(p.window), i+p.maxRecord)]
}

// incomplete reports whether the value at i may be valid once more of the
// origin is shown.
func (p *parser) incomplete(i int, f jsonscan.Fault) bool {
	return f == jsonscan.More && !p.atEOF && len(p.window)-i < p.maxRecord
}

// fault puts in words why no record can be read at i; n is where the scan ended.
func (p *parser) fault(i, n int, f jsonscan.Fault) string {
	switch {
	case f != jsonscan.More:
		return fmt.Sprintf("broken JSON: %s at byte %d", f, p.base+int64(i+n))
	case len(p.window)-i < p.maxRecord:
		return "the record is cut off at the end of the content"
	}
	return fmt.Sprintf("the record is larger than %d bytes (max_record)", p.maxRecord)
}

// reject keeps a whole stretch of the window.
func (p *parser) reject(from, to int, reason string) {
	p.batch.Reject(event.Reject{Offset: p.base + int64(from), Raw: p.window[from:to], Reason: reason})
}
