package rules

import (
	"bytes"
	"unicode/utf8"

	"github.com/burstwatch/burstwatch/rules/sigma"
)

// glob is a pattern ready to be matched against text, both folded or neither.
// It is the pieces between the stars; a piece may hold question marks.
type glob struct {
	pieces []piece
	// begin and end say that the first and last piece are held fast to the
	// text's beginning and end.
	begin, end bool
}

// piece is a stretch without stars.
type piece struct {
	text []byte // where ones is nil
	// ones is the piece in parts where it holds question marks: a nil part is
	// one.
	ones [][]byte
}

// newGlob compiles a pattern. toText folds literals, or not.
func newGlob(p sigma.Pattern, toText func(string) string) glob {
	g := glob{begin: true, end: true}
	var cur piece
	started := false
	for i, x := range p {
		switch x.Kind {
		case sigma.Any:
			if started {
				g.pieces = append(g.pieces, cur)
			} else if i == 0 {
				g.begin = false
			}
			cur, started = piece{}, false
			if i == len(p)-1 {
				g.end = false
			}
		case sigma.One:
			cur.add(nil)
			started = true
		default:
			cur.add([]byte(toText(x.Text)))
			started = true
		}
	}
	if started {
		g.pieces = append(g.pieces, cur)
	}
	return g
}

// add appends a literal, or a question mark (nil).
func (p *piece) add(text []byte) {
	switch {
	case text != nil && p.ones == nil:
		p.text = append(p.text, text...)
	case p.ones == nil:
		if len(p.text) > 0 {
			p.ones = append(p.ones, p.text)
		}
		p.ones, p.text = append(p.ones, nil), nil
	default:
		p.ones = append(p.ones, text)
	}
}

// match reports whether the whole text fits.
func (g *glob) match(text []byte) bool {
	pieces := g.pieces
	if len(pieces) == 0 {
		return !g.begin || !g.end || len(text) == 0
	}
	if g.begin {
		n := pieces[0].prefix(text)
		if n < 0 {
			return false
		}
		text = text[n:]
		if pieces = pieces[1:]; len(pieces) == 0 {
			return !g.end || len(text) == 0
		}
	}
	last := len(pieces)
	if g.end {
		last--
	}
	for i := range pieces[:last] {
		_, end := pieces[i].find(text)
		if end < 0 {
			return false
		}
		text = text[end:]
	}
	return !g.end || pieces[last].suffix(text)
}

// prefix returns how long the beginning of text is that the piece fits, -1 if
// it does not.
func (p *piece) prefix(text []byte) int {
	if p.ones == nil {
		if bytes.HasPrefix(text, p.text) {
			return len(p.text)
		}
		return -1
	}
	at := 0
	for _, part := range p.ones {
		if part == nil {
			if at >= len(text) {
				return -1
			}
			_, n := utf8.DecodeRune(text[at:])
			at += n
			continue
		}
		if !bytes.HasPrefix(text[at:], part) {
			return -1
		}
		at += len(part)
	}
	return at
}

// find returns the first place where the piece fits, -1 if there is none.
func (p *piece) find(text []byte) (begin, end int) {
	if p.ones == nil {
		i := bytes.Index(text, p.text)
		if i < 0 {
			return -1, -1
		}
		return i, i + len(p.text)
	}
	for i := 0; i <= len(text); {
		if n := p.prefix(text[i:]); n >= 0 {
			return i, i + n
		}
		if i == len(text) {
			break
		}
		_, n := utf8.DecodeRune(text[i:])
		i += n
	}
	return -1, -1
}

// suffix reports whether the end of text fits the piece.
func (p *piece) suffix(text []byte) bool {
	if p.ones == nil {
		return bytes.HasSuffix(text, p.text)
	}
	// Characters differ in length, so the place is found by going back.
	at := len(text)
	for i := len(p.ones) - 1; i >= 0; i-- {
		part := p.ones[i]
		if part == nil {
			if at == 0 {
				return false
			}
			_, n := utf8.DecodeLastRune(text[:at])
			at -= n
			continue
		}
		if !bytes.HasSuffix(text[:at], part) {
			return false
		}
		at -= len(part)
	}
	return true
}
