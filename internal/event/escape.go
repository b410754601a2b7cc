package event

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special marks, by the high bit of each byte, the bytes of w that a JSON
// string cannot hold as they are (quote, backslash, control) or that are not
// ASCII. It may also mark bytes after a marked one, never miss one; the first
// mark is exact.
func special(w uint64) uint64 {
	quote := w ^ (ones * '"')
	slash := w ^ (ones * '\\')
	return (w | (w - ones*0x20) | (quote - ones) | (slash - ones)) & highs
}

// AppendEscaped appends text as the inside of a JSON string. What is not UTF-8
// becomes U+FFFD.
func AppendEscaped(dst, text []byte) []byte {
	if len(text) >= blockSize+blockSlack {
		var done int
		if dst, done = escapeFast(dst, text); done > 0 {
			text = text[done:]
		}
	}
	return appendEscapedSlow(dst, text)
}

// appendEscapedSlow looks at eight bytes in one step: most short text has
// nothing to escape in them.
func appendEscapedSlow(dst, text []byte) []byte {
	start, i := 0, 0
	for i < len(text) {
		if i+8 <= len(text) {
			m := special(binary.LittleEndian.Uint64(text[i:]))
			if m == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(m) >> 3
		}
		c := text[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(text[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, text[start:i]...), "\uFFFD"...)
				start = i + 1
			}
			i += n
			continue
		}
		if c >= 0x20 && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, text[start:i]...)
		dst = appendEscape(dst, c)
		i++
		start = i
	}
	return append(dst, text[start:]...)
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// AppendUnescaped appends what the inside of a valid JSON string stands for.
// Lone surrogates become U+FFFD, as encoding/json has it.
func AppendUnescaped(dst, inside []byte) []byte {
	for i := 0; i < len(inside); {
		c := inside[i]
		if c != '\\' || i+1 >= len(inside) {
			dst = append(dst, c)
			i++
			continue
		}
		if inside[i+1] != 'u' {
			dst = append(dst, unescapeByte(inside[i+1]))
			i += 2
			continue
		}
		r, n := unescapeRune(inside[i:])
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst
}

func unescapeByte(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// unescapeRune reads \uXXXX, or a pair of them that is one surrogate pair.
func unescapeRune(s []byte) (rune, int) {
	r, ok := hexRune(s)
	if !ok {
		return utf8.RuneError, min(6, len(s))
	}
	if r < 0xD800 || r > 0xDFFF {
		return r, 6
	}
	if low, ok := hexRune(s[6:]); ok && r < 0xDC00 && low >= 0xDC00 && low <= 0xDFFF {
		return (r-0xD800)<<10 | (low - 0xDC00) + 0x10000, 12
	}
	return utf8.RuneError, 6
}

func hexRune(s []byte) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
