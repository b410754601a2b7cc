package rules

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// appendFold appends text with the letters that differ in case alone made one
// (Unicode simple folding): for ASCII, in lower case. Two texts are equal but
// for case exactly when their folds are equal. Bytes that are no UTF-8 stay.
//
// Eight bytes of ASCII are folded in one step.
func appendFold(dst, text []byte) []byte {
	i := 0
	for ; i+8 <= len(text); i += 8 {
		w := binary.LittleEndian.Uint64(text[i:])
		if w&highs != 0 {
			break
		}
		fromA := w + (0x80-'A')*ones
		pastZ := w + (0x80-'Z'-1)*ones
		dst = binary.LittleEndian.AppendUint64(dst, w|(fromA&^pastZ&highs)>>2)
	}
	for i < len(text) {
		c := text[i]
		if c < utf8.RuneSelf {
			if c-'A' < 26 {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, c)
		} else {
			dst = utf8.AppendRune(dst, foldRune(r))
		}
		i += n
	}
	return dst
}

// foldRune returns one member of r's case orbit, the same for all members: the
// least, or its small letter where that is of ASCII.
func foldRune(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	if least >= 'A' && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}

// fold is appendFold for strings, at compile time.
func fold(s string) string { return string(appendFold(nil, []byte(s))) }
