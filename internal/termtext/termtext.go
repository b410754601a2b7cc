// Package termtext makes text from logs safe to print on a terminal. Logs are
// written by attackers: an escape sequence can repaint the screen or answer for
// the user, a direction mark can turn file names around, and what has no width
// hides. All of that is shown as \x1b, \u202e and the like instead.
//
// It imports nothing of ours. Everything that prints what came from a log calls
// it: the commands' tables, the console sink, error messages about records.
package termtext

import (
	"unicode"
	"unicode/utf8"
)

// marksInRow is how many combining marks may stand on one letter. Living
// scripts use up to three; a hundred paint over the lines above.
const marksInRow = 3

// Escape returns s as it may be printed within one line. Backslashes are left
// alone, so that paths stay readable and escaped text may be escaped again
// without change; what it costs is that a log may hold the four characters
// \x1b, which look the same and do no harm.
func Escape(s string) string {
	if n := plain(s); n == len(s) {
		return s
	}
	return string(Append(nil, s))
}

// Append appends s to dst as [Escape] has it. What is not UTF-8 becomes \xff
// byte by byte. A line end becomes \n, so the result is always one line.
func Append[T ~string | ~[]byte](dst []byte, s T) []byte {
	var w writer
	for rest := string(s); len(rest) > 0; {
		if n := plain(rest); n > 0 {
			dst, rest = append(dst, rest[:n]...), rest[n:]
			w.marks = 0
			w.begun = true
			continue
		}
		r, n := utf8.DecodeRuneInString(rest)
		dst = w.append(dst, r, rest[:n])
		rest = rest[n:]
	}
	return dst
}

// plain counts the leading bytes that are printable ASCII.
func plain[T ~string | ~[]byte](s T) int {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return i
		}
	}
	return len(s)
}

// writer remembers what stands before the next rune.
type writer struct {
	begun bool
	marks int
}

// append appends one rune, escaped if need be; raw are its bytes.
func (w *writer) append(dst []byte, r rune, raw string) []byte {
	if unicode.Is(unicode.M, r) && w.begun {
		w.marks++
	} else {
		w.marks = 0
	}
	lonely := !w.begun && unicode.Is(unicode.M, r) // it would sit on our own text
	w.begun = true
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return appendHex(append(dst, `\x`...), uint32(raw[0]), 2)
	case visible(r) && !lonely && w.marks <= marksInRow:
		return append(dst, raw...)
	}
	return appendEscape(dst, r)
}

// visible tells runes that show themselves, where they stand: no control or
// format character (direction marks, joiners, tags), nothing private or
// unassigned, nothing that has no shape.
func visible(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r >= 0x20 && r < 0x7f
	case r == '\u2800' || r == '\u3164' || r == '\uffa0': // blank letters
		return false
	case unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
		return false
	}
	return unicode.IsGraphic(r)
}

func appendEscape(dst []byte, r rune) []byte {
	switch {
	case r == '\n':
		return append(dst, `\n`...)
	case r == '\r':
		return append(dst, `\r`...)
	case r == '\t':
		return append(dst, `\t`...)
	case r < utf8.RuneSelf:
		return appendHex(append(dst, `\x`...), uint32(r), 2)
	case r <= 0xffff:
		return appendHex(append(dst, `\u`...), uint32(r), 4)
	}
	return appendHex(append(dst, `\U`...), uint32(r), 8)
}

func appendHex(dst []byte, n uint32, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789abcdef"[n>>shift&15])
	}
	return dst
}
