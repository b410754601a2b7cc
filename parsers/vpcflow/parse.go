package vpcflow

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

// parser implements parsers.Parser.
type parser struct {
	max     int
	layouts layouts

	// layout is that of the lines which follow, nil before it is known.
	layout *layout
	// broken says why the origin cannot be read at all.
	broken error
	// number counts lines that are records, good or not.
	number int64
	// unfit counts the lines that were rejected for want of a layout.
	unfit int
	// part counts the pieces of an over-long line that were rejected so far; 0
	// outside of one.
	part  int
	mark  []byte
	words []event.Span
}

// maxUnfit is how many lines are rejected one by one, for want of a layout,
// before the rest of the origin is rejected as one.
const maxUnfit = 100

// Reset begins a new origin.
func (p *parser) Reset(o *event.Origin, mark []byte) {
	p.layout, p.broken, p.mark = nil, nil, nil
	p.number, p.unfit, p.part = 0, 0, 0
	text := o.Format
	if n, size := binary.Uvarint(mark); size > 0 {
		p.part = int(n)
		if size < len(mark) {
			text = string(mark[size:])
		}
	}
	if text == "" {
		return
	}
	if p.layout, p.broken = p.layouts.of(text); p.broken != nil {
		p.broken = fmt.Errorf("the configured format does not fit a flow log: %w", p.broken)
	}
}

// Mark is the piece of the over-long line, if any, and the layout.
func (p *parser) Mark() []byte {
	if p.layout == nil && p.part == 0 {
		return nil
	}
	if p.mark == nil {
		p.mark = binary.AppendUvarint(nil, uint64(p.part))
		if p.layout != nil {
			p.mark = append(p.mark, p.layout.text...)
		}
	}
	return p.mark
}

// Parse reads the lines of window; see parsers.Parser.
func (p *parser) Parse(window []byte, base int64, atEOF bool, b *event.Batch) (int, error) {
	if p.broken != nil {
		return 0, p.broken
	}
	i := 0
	if p.part > 0 {
		i = p.rejectLong(window, base, atEOF, b)
	}
	for i < len(window) {
		if next, ok := p.fast(window, i, base, b); ok {
			i = next
			continue
		}
		size := bytes.IndexByte(window[i:], '\n')
		next := i + size + 1
		if size < 0 {
			size, next = len(window)-i, len(window)
			if !atEOF && size < p.max {
				return i, nil
			}
		}
		if size >= p.max {
			i += p.rejectLong(window[i:], base+int64(i), atEOF, b)
			continue
		}
		if err := p.line(window[i:i+size], base+int64(i), b); err != nil {
			p.broken = err
			return i, err
		}
		i = next
	}
	return i, nil
}

// fast reads the line at window[i] if it is plain (see split) and surely no
// header: those begin with a letter, and have a name where the time is.
func (p *parser) fast(window []byte, i int, base int64, b *event.Batch) (next int, ok bool) {
	l := p.layout
	if l == nil || l.time < 0 && window[i] > '9' {
		return 0, false
	}
	ev := b.Add(l.size)
	end, next, notes, ok := split(window, i, ev.Slots, l.slots)
	if !ok || end-i >= p.max {
		b.Drop()
		return 0, false
	}
	// A step behind the record may be read, by those who copy columns in steps.
	ev.Record, ev.Flags = window[i:end:min(end+step, len(window))], notes
	if !l.stamp(ev) {
		b.Drop()
		return 0, false
	}
	ev.Schema, ev.Names, ev.Offset, ev.Number = schema{}, l.names, base+int64(i), p.number
	p.number++
	return next, true
}

// stamp sets the event's time. It fails where the column of the time holds none.
func (l *layout) stamp(ev *event.Event) bool {
	if l.time < 0 {
		return true
	}
	t := ev.At(l.time)
	if t == nil {
		return true
	}
	n, ok := whole(t)
	ev.Time = n * 1e9
	return ok && n <= maxSeconds
}

// rejectLong rejects a line that is longer than a record may be, piece by piece
// as the windows come, and returns how much of window belongs to it.
func (p *parser) rejectLong(window []byte, base int64, atEOF bool, b *event.Batch) int {
	size := bytes.IndexByte(window, '\n') + 1
	more := size == 0 && !atEOF
	if size == 0 {
		size = len(window)
	}
	r := event.Reject{Offset: base, Raw: window[:size:size], Reason: fmt.Sprintf("the line is longer than a record may be (%d bytes)", p.max)}
	if p.part > 0 || more {
		p.part++
		r.Part, r.More = p.part, more
	}
	b.Reject(r)
	if !more {
		p.part = 0
		p.number++
	}
	p.mark = nil
	return size
}

const bom = "\xef\xbb\xbf"

// line reads a line with care. An error is one of the whole origin.
func (p *parser) line(line []byte, offset int64, b *event.Batch) error {
	if offset == 0 && bytes.HasPrefix(line, []byte(bom)) {
		line, offset = line[len(bom):], int64(len(bom))
	}
	line = bytes.TrimSuffix(line, []byte("\r"))
	if p.words = words(line, p.words, 1); len(p.words) == 0 {
		return nil
	}
	if isHeader(line) {
		return p.header(line)
	}
	comment := line[p.words[0].Start] == '#'
	if p.layout == nil && !comment {
		p.guess(line)
	}
	reason := p.record(line, offset, b)
	if reason == "" {
		p.number++
		return nil
	}
	if comment {
		return nil
	}
	b.Reject(event.Reject{Offset: offset, Raw: line, Reason: reason})
	p.number++
	if p.layout == nil {
		if p.unfit++; p.unfit >= maxUnfit {
			return fmt.Errorf("none of the first %d lines of the flow log could be read: %s", p.unfit, reason)
		}
	}
	return nil
}

func (p *parser) header(line []byte) (err error) {
	p.mark = nil
	p.layout, err = p.layouts.of(string(line))
	return err
}

// guess takes a line without a header for one of the default formats, if it fits.
func (p *parser) guess(line []byte) {
	for _, format := range []string{formatV2, formatTGW} {
		l, err := p.layouts.of(format)
		if err == nil && l.fits(line) {
			p.layout, p.mark = l, nil
			return
		}
	}
}

// fits reports whether a line can be one of a default format: whether the
// columns that can hold only few values hold these.
func (l *layout) fits(line []byte) bool {
	w := words(line, nil, len(l.slots))
	if len(w) != len(l.slots) {
		return false
	}
	for i, s := range l.slots {
		v := string(line[w[i].Start:w[i].End])
		switch columns[s].name {
		case "action":
			if v != "ACCEPT" && v != "REJECT" && v != "-" {
				return false
			}
		case "log-status":
			if v != "OK" && v != "NODATA" && v != "SKIPDATA" {
				return false
			}
		case "end":
			if _, ok := whole([]byte(v)); !ok {
				return false
			}
		}
	}
	return true
}

// errNoLayout is what a user can do about lines whose columns nobody knows.
var errNoLayout = errors.New("a flow log line without a header, and not of the default format: set the source's format to the columns of the flow log, such as \"${version} ${srcaddr} ${dstaddr} …\"")

// record adds the event of a line, or says why it has none.
func (p *parser) record(line []byte, offset int64, b *event.Batch) (reason string) {
	if i := control(line); i >= 0 {
		return fmt.Sprintf("byte %d of the flow log line is the control character 0x%02x", i+1, line[i])
	}
	l := p.layout
	if l == nil {
		return errNoLayout.Error()
	}
	line, damage := parsers.Repair(line, b)
	p.words = words(line, p.words, len(l.slots))
	if n := len(p.words); n < len(l.slots) {
		return fmt.Sprintf("the flow log line has %d columns, its header %d", n, len(l.slots))
	}
	if n := len(p.words); n > len(l.slots) && line[p.words[len(l.slots)].Start] != '#' {
		return fmt.Sprintf("the flow log line has more columns than the %d of its header", len(l.slots))
	}
	ev := b.Add(l.size)
	for i, s := range l.slots {
		if w := p.words[i]; w.Len() > 1 || line[w.Start] != '-' {
			ev.Slots[s] = w
		}
	}
	ev.Record = line
	if !l.stamp(ev) {
		b.Drop()
		return fmt.Sprintf("the column %s of the flow log line is no time in seconds since 1970", columns[l.time].name)
	}
	ev.Schema, ev.Names, ev.Offset, ev.Number, ev.Damage = schema{}, l.names, offset, p.number, damage
	return ""
}

func control(line []byte) int {
	return bytes.IndexFunc(line, func(r rune) bool { return r < ' ' && r != '\t' })
}

var _ parsers.Parser = (*parser)(nil)
