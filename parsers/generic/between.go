package generic

import (
	"bytes"

	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// unindent goes back to the begin of the line, so that what is shown again is
// all of it: a line of text keeps its indentation.
func (p *parser) unindent(i int) int {
	if n := p.indent; n > 0 && n <= i && n < p.max {
		i, p.indent = i-n, 0
	}
	return i
}

// between passes over what stands between two records. False asks for more.
func (p *parser) between(i int) (int, bool) {
	for i < len(p.window) {
		c := p.window[i]
		switch {
		case p.place == inTail && c != ' ' && c != '\t' && c != '\n' && c != '\r':
			next, ok := p.tail(i)
			if !ok || next == i {
				return next, ok
			}
			i, p.indent = next, -1
		case c == '\n':
			i, p.indent = i+1, 0
		case c == ' ' || c == '\t' || c == '\r':
			if i++; p.indent >= 0 {
				p.indent++
			}
		case c == bom[0] && p.base+int64(i) == 0 && bytes.HasPrefix(p.window, []byte(bom)):
			i += len(bom)
		case c == ',' && (p.place != top || p.json && p.indent < 0):
			i++
		case c == ']' && p.place == inArray:
			i, p.place, p.indent = i+1, top, -1
		case c == ']' && p.place == inRecords:
			i, p.place, p.indent = i+1, inTail, -1
		default:
			return i, true
		}
	}
	if !p.atEOF {
		i = p.unindent(i)
	}
	return i, false
}

const bom = "\xef\xbb\xbf"

// tail passes over the members of an object behind its records.
func (p *parser) tail(i int) (int, bool) {
	switch p.window[i] {
	case '}':
		p.place = top
		return i + 1, true
	case ',':
	default:
		p.place = top
		return i, true
	}
	b := p.limited(i + 1)
	key := jsonscan.Space(b, 0)
	if key < len(b) && b[key] == '"' {
		end, f := jsonscan.String(b, key)
		colon := jsonscan.Space(b, end)
		if f == jsonscan.OK && colon < len(b) && b[colon] == ':' {
			if end, f = jsonscan.Skip(b, colon+1); f == jsonscan.OK && (end < len(b) || p.atEOF) {
				return i + 1 + end, true
			}
		}
	}
	if !p.atEOF && len(b) < p.max {
		return i, false
	}
	p.place = top
	return i + 1, true
}

// opensArray tells an array of records from text that begins with a bracket, as
// many lines of log do.
func opensArray(b []byte) bool {
	i := jsonscan.Space(b, 1)
	return i < len(b) && (b[i] == '{' || b[i] == '[' || b[i] == ']')
}

// opensObject tells an object from text that begins with a brace.
func opensObject(b []byte) bool {
	i := jsonscan.Space(b, 1)
	return i < len(b) && (b[i] == '"' || b[i] == '}')
}

// undecided reports whether what follows the bracket at i is yet to be shown.
func (p *parser) undecided(i int) bool {
	b := p.limited(i)
	return !p.atEOF && jsonscan.Space(b, 1) == len(b) && len(b) < p.max
}

// records looks for {"Records":[ at i and returns where the array's elements
// begin, 0 if it is something else.
func (p *parser) records(at int) (body int, wait bool) {
	b, i := p.limited(at), 0
	for _, token := range []string{"{", `"Records"`, ":", "["} {
		i = jsonscan.Space(b, i)
		rest := b[i:]
		if len(rest) < len(token) {
			return 0, string(rest) == token[:len(rest)] && !p.atEOF && len(b) < p.max
		}
		if string(rest[:len(token)]) != token {
			return 0, false
		}
		i += len(token)
	}
	return at + i, false
}
