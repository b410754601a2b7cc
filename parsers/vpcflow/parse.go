package vpcflow

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

// parser implements parsers.Parser.
type parser struct {
	max     int
	schema  schema
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

// Format is the layout.
func (p *parser) Format() string {
	if p.layout == nil {
		return ""
	}
	return p.layout.text
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
	ev.Schema, ev.Names, ev.Offset, ev.Number = p.schema, l.names, base+int64(i), p.number
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

var _ parsers.Parser = (*parser)(nil)
