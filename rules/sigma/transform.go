package sigma

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
)

// transform applies one value modifier to one pattern, which may become
// several. reason is set where it cannot.
func transform(name string, p Pattern) (out []Pattern, reason string) {
	switch name {
	case "wide", "utf16le":
		return []Pattern{recode(p, littleEndian)}, ""
	case "utf16be":
		return []Pattern{recode(p, bigEndian)}, ""
	case "utf16":
		return []Pattern{PlainPattern("\xFF\xFE").concat(recode(p, littleEndian))}, ""
	case "windash":
		return windash(p)
	}
	text, plain := p.Plain()
	if !plain {
		return nil, "modifier |" + name + " needs text without wildcards; write \\* or \\? for the character itself"
	}
	if name == "base64" {
		return []Pattern{PlainPattern(base64.StdEncoding.EncodeToString([]byte(text)))}, ""
	}
	return base64offset(text)
}

// concat appends q's parts.
func (p Pattern) concat(q Pattern) Pattern {
	for _, x := range q {
		p = p.add(x)
	}
	return p
}

func recode(p Pattern, code func(*strings.Builder, uint16)) Pattern {
	var out Pattern
	for _, x := range p {
		if x.Kind == Literal {
			var b strings.Builder
			for _, u := range utf16.Encode([]rune(x.Text)) {
				code(&b, u)
			}
			x.Text = b.String()
		}
		out = out.add(x)
	}
	return out
}

func littleEndian(b *strings.Builder, u uint16) {
	b.WriteByte(byte(u))
	b.WriteByte(byte(u >> 8))
}

func bigEndian(b *strings.Builder, u uint16) {
	b.WriteByte(byte(u >> 8))
	b.WriteByte(byte(u))
}

// base64offset is the part of the encoded text that stays the same whatever
// stands before and after it: for each of the three ways in which groups of
// three bytes may fall, without the characters that neighbours share.
func base64offset(text string) ([]Pattern, string) {
	begin := [3]int{0, 2, 3}
	end := [3]int{0, 3, 2}
	var out []Pattern
	for shift := range 3 {
		code := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", shift) + text))
		code = code[:len(code)-end[(len(text)+shift)%3]]
		if len(code) <= begin[shift] {
			return nil, "modifier |base64offset needs at least two characters: of " + quote(text) + " nothing is left that does not depend on its neighbours"
		}
		out = append(out, PlainPattern(code[begin[shift]:]))
	}
	return out, ""
}

// dashes are the characters that the modifier windash takes for one another.
var dashes = []string{"-", "/", "\u2013", "\u2014", "\u2015"}

// maxDashes bounds the permutations: 5^5 is 3,125.
const maxDashes = 5

// windash is every permutation of the dashes in the text: "Creates all
// possible permutations of the -, /, – (en dash), — (em dash), and ―
// (horizontal bar) characters" (appendix of modifiers). pySigma leaves those
// inside words alone; the specification does not.
func windash(p Pattern) ([]Pattern, string) {
	out, count := []Pattern{nil}, 0
	for _, x := range p {
		if x.Kind != Literal {
			out = each(out, x)
			continue
		}
		for rest := x.Text; rest != ""; {
			text, dash := cutDash(rest)
			out = each(out, Part{Text: text})
			rest = rest[len(text)+len(dash):]
			if dash == "" {
				break
			}
			if count++; count > maxDashes {
				return nil, "modifier |windash: more than 5 dashes have too many permutations; split the value"
			}
			choice := make([]Part, len(dashes))
			for i, d := range dashes {
				choice[i].Text = d
			}
			out = each(out, choice...)
		}
	}
	return out, ""
}

// cutDash returns the text before the first dash, and the dash.
func cutDash(s string) (text, dash string) {
	for i := range s {
		for _, d := range dashes {
			if strings.HasPrefix(s[i:], d) {
				return s[:i], d
			}
		}
	}
	return s, ""
}

// each appends each of the parts to each of the patterns.
func each(ps []Pattern, choice ...Part) []Pattern {
	out := make([]Pattern, 0, len(ps)*len(choice))
	for _, p := range ps {
		for _, x := range choice {
			out = append(out, append(Pattern(nil), p...).add(x))
		}
	}
	return out
}
