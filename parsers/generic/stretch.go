package generic

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/burstwatch/burstwatch/internal/event"
)

// errBinary ends an origin that is no log.
var errBinary = errors.New("not a log: binary content")

// isBinary reports whether bytes are no text: a NUL, or more than a fifth of
// them control characters or not UTF-8.
func isBinary(b []byte) bool {
	if bytes.IndexByte(b, 0) >= 0 {
		return true
	}
	odd := 0
	for _, r := range string(b) { // no copy: the compiler sees that it is only walked
		if r < ' ' && r != '\t' && r != '\r' && r != '\n' && r != '\f' && r != '\b' && r != 0x1b || r == '\uFFFD' {
			odd++
		}
	}
	return 5*odd > len(b)
}

// stretch rejects what cannot be read from i on: a line, or with p.lines all up
// to the next line that begins with a bracket, no further indented than the
// record that is broken. It goes piece by piece as the windows come, so that no
// more of it is held in memory. False asks for more of the origin.
func (p *parser) stretch(i int) (int, bool) {
	end, found := p.stretchEnd(i)
	if !found && !p.atEOF {
		if end == i || p.part == 0 && len(p.window)-i < p.max {
			return i, false
		}
		p.piece(i, end, true)
		return end, false
	}
	p.piece(i, end, false)
	p.part, p.reason, p.indent = 0, "", 0
	return end, found
}

// stretchEnd returns where the stretch ends; false where that is not in the
// window: then all before the returned place belongs to it.
func (p *parser) stretchEnd(from int) (int, bool) {
	for i := from; ; {
		n := bytes.IndexByte(p.window[i:], '\n')
		if n < 0 {
			return len(p.window), false
		}
		i += n + 1
		if !p.lines {
			return i, true
		}
		switch at := indented(p.window, i); {
		case at-i+1 >= p.max: // nobody indents like that: the line is passed over
			if at == len(p.window) {
				return at, false
			}
		case at == len(p.window) && !p.atEOF:
			return i - 1, false // the line end is shown again
		case at < len(p.window) && p.opens(at) && (p.indent < 0 || at-i <= p.indent):
			return i, true
		}
	}
}

// opens reports whether a record can begin at a place where one was broken.
func (p *parser) opens(at int) bool {
	return p.window[at] == '{' || p.place == top && p.window[at] == '[' && opensArray(p.limited(at))
}

func indented(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	return i
}

func (p *parser) piece(from, to int, more bool) {
	raw := p.window[from:to]
	if len(raw) == 0 && p.part == 0 {
		return
	}
	r := event.Reject{Offset: p.base + int64(from), Raw: raw, Reason: p.reason, More: more}
	if more || p.part > 0 {
		p.part++
		r.Part = p.part
	} else {
		r.Raw = bytes.TrimRight(raw, "\r\n")
	}
	if !more {
		p.number++
	}
	p.batch.Reject(r)
}

// Mark is the state in a few bytes.
func (p *parser) Mark() []byte {
	if p.state == (state{}) {
		return nil
	}
	s := &p.state
	m := []byte{byte(s.place), bit(s.json) | bit(s.begun)<<1 | bit(s.lines)<<2}
	m = binary.AppendVarint(m, int64(s.indent))
	m = binary.AppendVarint(m, int64(s.part))
	m = binary.AppendVarint(m, int64(s.binary))
	return append(m, s.reason...)
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// unmark is the inverse of Mark. What is no mark is none.
func unmark(m []byte) (s state) {
	if len(m) < 5 {
		return s
	}
	s.place = place(m[0] & 3)
	s.json, s.begun, s.lines = m[1]&1 != 0, m[1]&2 != 0, m[1]&4 != 0
	m = m[2:]
	for _, to := range []*int{&s.indent, &s.part, &s.binary} {
		n, size := binary.Varint(m)
		if size <= 0 {
			return state{}
		}
		*to, m = int(n), m[size:]
	}
	s.reason = string(m)
	return s
}
