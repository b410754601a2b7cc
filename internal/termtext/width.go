package termtext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Width is the number of terminal cells that s takes once escaped: two for
// wide East Asian characters and emoji, none for combining marks.
func Width(s string) int {
	if plain(s) == len(s) {
		return len(s)
	}
	cells := 0
	for _, r := range Escape(s) {
		cells += cellsOf(r)
	}
	return cells
}

func cellsOf(r rune) int {
	if r < utf8.RuneSelf {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Fit escapes s and cuts it to at most the given number of cells; what was cut
// ends with an ellipsis. No escape is cut in two.
func Fit(s string, cells int) string {
	if cells <= 0 {
		return ""
	}
	if len(s) <= cells && plain(s) == len(s) {
		return s
	}
	var w writer
	var out []byte
	used, fits := 0, 0 // fits: bytes of out that leave a cell for the ellipsis
	for rest := s; len(rest) > 0; {
		r, n := utf8.DecodeRuneInString(rest)
		before := len(out)
		out = w.append(out, r, rest[:n])
		for _, shown := range string(out[before:]) {
			used += cellsOf(shown)
		}
		if used > cells {
			return string(out[:fits]) + "…"
		}
		if used < cells {
			fits = len(out)
		}
		rest = rest[n:]
	}
	return string(out)
}

// Pad is [Fit], filled with spaces to exactly the given number of cells.
func Pad(s string, cells int) string {
	s = Fit(s, cells)
	return s + strings.Repeat(" ", max(0, cells-Width(s)))
}
