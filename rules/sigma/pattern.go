package sigma

import "strings"

// PartKind says what a [Part] of a pattern stands for.
type PartKind uint8

// The kinds of part.
const (
	// Literal is plain text.
	Literal PartKind = iota
	// Any is the wildcard *: any text, none included, line ends too.
	Any
	// One is the wildcard ?: exactly one character.
	One
)

// Part is a piece of a [Pattern].
type Part struct {
	Text string // of a Literal
	Kind PartKind
}

// Pattern is text with wildcards. Neighbouring literals and neighbouring Anys
// are joined, so that equal patterns have equal parts. The empty pattern is
// the empty text.
type Pattern []Part

// ParsePattern reads a value as the specification's section "Escaping" has it:
// \* and \? are plain characters, \\ is one backslash, and a backslash before
// anything else is itself.
func ParsePattern(s string) Pattern {
	var p Pattern
	var text strings.Builder
	flush := func() {
		p = p.add(Part{Kind: Literal, Text: text.String()})
		text.Reset()
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && strings.IndexByte(`\*?`, s[i+1]) >= 0:
			i++
			text.WriteByte(s[i])
		case c == '*':
			flush()
			p = p.add(Part{Kind: Any})
		case c == '?':
			flush()
			p = p.add(Part{Kind: One})
		default:
			text.WriteByte(c)
		}
	}
	flush()
	return p
}

// PlainPattern is a pattern without wildcards.
func PlainPattern(s string) Pattern { return Pattern(nil).add(Part{Kind: Literal, Text: s}) }

// add appends a part and joins it to the last where they are alike.
func (p Pattern) add(x Part) Pattern {
	if x.Kind == Literal && x.Text == "" {
		return p
	}
	if n := len(p); n > 0 && p[n-1].Kind == x.Kind && x.Kind != One {
		if x.Kind == Literal {
			p[n-1].Text += x.Text
		}
		return p
	}
	return append(p, x)
}

// around puts wildcards before and behind.
func (p Pattern) around(before, behind bool) Pattern {
	var out Pattern
	if before {
		out = out.add(Part{Kind: Any})
	}
	for _, x := range p {
		out = out.add(x)
	}
	if behind {
		out = out.add(Part{Kind: Any})
	}
	return out
}

// Plain returns the text of a pattern without wildcards.
func (p Pattern) Plain() (string, bool) {
	switch {
	case len(p) == 0:
		return "", true
	case len(p) == 1 && p[0].Kind == Literal:
		return p[0].Text, true
	}
	return "", false
}

// String is the pattern as a rule would write it.
func (p Pattern) String() string {
	var b strings.Builder
	for _, x := range p {
		switch x.Kind {
		case Any:
			b.WriteByte('*')
		case One:
			b.WriteByte('?')
		default:
			b.WriteString(escaper.Replace(x.Text))
		}
	}
	return b.String()
}

var escaper = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`)
