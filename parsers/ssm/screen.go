package ssm

import (
	"bytes"
	"unicode/utf8"
)

// screen is a terminal without height: lines that are written to, and a cursor
// in the last of them. Only what moves within a line is understood; every
// other code is left out, whole.
type screen struct {
	out  []byte
	line []rune
	at   int
}

// widest bounds how far codes may move the cursor.
const widest = 4096

// show is what a terminal shows of what it is sent: lines without codes, without
// what was deleted or written over. It holds no control characters but tabs and
// line ends.
func show(sent []byte) []byte {
	if !bytes.ContainsFunc(sent, isControl) {
		return sent
	}
	s := &screen{out: make([]byte, 0, len(sent))}
	for i := 0; i < len(sent); {
		i += s.take(sent[i:])
	}
	s.flush()
	return s.out
}

func isControl(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0
}

// take takes one character or code in, and returns its length.
func (s *screen) take(b []byte) int {
	r, n := utf8.DecodeRune(b)
	switch {
	case r == 0x1b:
		return s.escape(b)
	case r == 0x9b:
		return s.control(b, n)
	case r == '\n':
		s.flush()
		s.out = append(s.out, '\n')
	case r == '\r':
		s.home(b[n:])
	case r == '\b':
		s.at = max(0, s.at-1)
	case isControl(r):
	default:
		s.put(r)
	}
	return n
}

// home takes a carriage return. Behind a blank it is how shells wrap long lines:
// what follows belongs to the same one.
func (s *screen) home(rest []byte) {
	ends := len(rest) == 0 || rest[0] == '\n' || rest[0] == '\r'
	if !ends && s.at > 1 && s.at == len(s.line) && s.line[s.at-1] == ' ' {
		s.at--
		s.line = s.line[:s.at]
		return
	}
	s.at = 0
}

func (s *screen) put(r rune) {
	for len(s.line) < s.at {
		s.line = append(s.line, ' ')
	}
	if s.at == len(s.line) {
		s.line = append(s.line, r)
	} else {
		s.line[s.at] = r
	}
	s.at++
}

func (s *screen) flush() {
	for _, r := range s.line {
		s.out = utf8.AppendRune(s.out, r)
	}
	s.line, s.at = s.line[:0], 0
}

// escape takes what begins with ESC: a control sequence, a string up to its end,
// or a character or two.
func (s *screen) escape(b []byte) int {
	if len(b) < 2 {
		return len(b)
	}
	switch b[1] {
	case '[':
		return s.control(b, 2)
	case ']', 'P', 'X', '^', '_':
		return stringEnd(b)
	}
	n := 1
	for n < len(b) && b[n] >= ' ' && b[n] <= '/' {
		n++
	}
	if n < len(b) && b[n] >= '0' && b[n] <= '~' {
		n++
	}
	return n
}

// stringEnd is the length of a string that a terminal is sent, such as a window's
// title. One that does not end is no more than its line.
func stringEnd(b []byte) int {
	for i := 2; i < len(b); i++ {
		switch {
		case b[i] == 7:
			return i + 1
		case b[i] == 0x1b && i+1 < len(b) && b[i+1] == '\\':
			return i + 2
		case b[i] == '\n':
			return i
		}
	}
	return len(b)
}

// control takes a control sequence whose parameters begin at b[i].
func (s *screen) control(b []byte, i int) int {
	from := i
	for i < len(b) && b[i] >= ' ' && b[i] <= '?' {
		i++
	}
	if i == len(b) || b[i] < '@' || b[i] > '~' {
		return i
	}
	s.apply(b[i], number(b[from:i]))
	return i + 1
}

func number(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return min(n, widest)
		}
		n = min(10*n+int(c-'0'), widest)
	}
	return n
}

// apply does what a control sequence says, where it is about the line.
func (s *screen) apply(final byte, n int) {
	count := max(n, 1)
	switch final {
	case 'C':
		s.at = min(s.at+count, max(widest, len(s.line)))
	case 'D':
		s.at = max(0, s.at-count)
	case 'G':
		s.at = count - 1
	case 'K':
		if n == 0 && s.at < len(s.line) {
			s.line = s.line[:s.at]
		}
	case 'P':
		if s.at < len(s.line) {
			s.line = append(s.line[:s.at], s.line[min(len(s.line), s.at+count):]...)
		}
	case '@':
		if s.at < len(s.line) {
			tail := append([]rune(nil), s.line[s.at:]...)
			for k := range count {
				s.line = append(s.line[:s.at+k], ' ')
			}
			s.line = append(s.line, tail...)
		}
	}
}
