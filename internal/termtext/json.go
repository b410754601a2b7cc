package termtext

import (
	"unicode"
	"unicode/utf8"
)

// AppendJSON appends a JSON document so that it may be printed on a terminal
// and still means the same: what [Escape] would escape becomes a \u escape of
// JSON. Line ends between its tokens become spaces, so it is one line. doc must
// be valid JSON; if it is not, the result is not either, but as safe to print.
func AppendJSON(dst, doc []byte) []byte {
	marks := 0
	for len(doc) > 0 {
		if n := plain(doc); n > 0 {
			dst, doc = append(dst, doc[:n]...), doc[n:]
			marks = 0
			continue
		}
		r, n := utf8.DecodeRune(doc)
		if unicode.Is(unicode.M, r) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			dst = append(dst, ' ')
		case visible(r) && marks <= marksInRow && (r != utf8.RuneError || n > 1):
			dst = append(dst, doc[:n]...)
		default:
			dst = appendUnits(dst, r)
		}
		doc = doc[n:]
	}
	return dst
}

// appendUnits appends r as JSON escapes it: beyond the basic plane as two halves.
func appendUnits(dst []byte, r rune) []byte {
	if r > 0xffff {
		r -= 0x10000
		dst = appendHex(append(dst, `\u`...), uint32(0xd800+r>>10), 4)
		r = 0xdc00 + r&0x3ff
	}
	return appendHex(append(dst, `\u`...), uint32(r), 4)
}
