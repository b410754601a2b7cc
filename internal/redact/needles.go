package redact

import (
	"regexp/syntax"
	"strings"
)

// Classes for the places of a needle, upper case.
const (
	separators = "\" '=:\\>%"
	blanks     = " \\\t"
	hexDigits  = "0123456789ABCDEF"
	base64Next = "ABCDEMNOQRSTUVWXYZ"
)

// boundary is what may stand before a word: anything but a letter, and what
// else may end an escape: \n, or ESC[32m, which colours a terminal. Backspace
// and form feed, which escape as \b and \f, are left out: half of English begins
// with those letters.
func boundary() string {
	var s strings.Builder
	for c := range 0x100 {
		letter := c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		if !letter && c != '\b' && c != '\f' || strings.ContainsRune("MNRT", rune(c)) {
			s.WriteByte(byte(c))
		}
	}
	return s.String()
}

// anything is every byte that may stand before a word.
func anything() string {
	var s strings.Builder
	for c := range 0x100 {
		if c < 'a' || c > 'z' {
			s.WriteByte(byte(c))
		}
	}
	return s.String()
}

// word makes a needle of five letters.
func word(k kind, s string) needle {
	n := needle{kind: k}
	for i := range n.want {
		n.want[i] = strings.ToUpper(s[i : i+1])
	}
	return n
}

// nameWords are five bytes out of each name in names.go: the most seldom ones,
// because each of their trigrams that occurs in a harmless record costs a glance.
var nameWords = []string{
	"sswor", "asswd", "sphra", "sscod", "ss_co", "ss-co", "secre", "token",
	"tekey", "te_ke", "te-ke", "eymat", "ey_ma", "pikey", "pi_ke", "pi-ke",
	"eshar", "pre_s", "pre-s", "laint", "samla", "saml_", "saml-", "samlr",
	"ase32", "rizat", "ookie", "erdat", "r_dat", "r-dat",
}

// needles are all that the standard Redactor looks for.
func needles() []needle {
	var all []needle
	for _, w := range nameWords {
		all = append(all, word(kindName, w))
	}
	all = append(all,
		needle{kind: kindName, want: [window]string{anything(), "P", "W", "D", separators}, lead: true},
		needle{kind: kindName, want: [window]string{"P", "A", "S", "S", separators}},
		needle{kind: kindEscape, want: [window]string{anything(), "\\", "U", "0", "0"}, lead: true},
	)
	all = append(all, formNeedles()...)
	return append(all, commandNeedles()...)
}

// keyNeedles are needles for a configured name: its first five letters, together
// or with one separator among them.
func keyNeedles(key string) []needle {
	name := strings.ToUpper(string(normal(nil, []byte(key))))
	all := []needle{keyNeedle(name)}
	for i := 1; i < min(len(name), window); i++ {
		for _, separator := range []string{"_", "-", ".", " "} {
			all = append(all, keyNeedle(name[:i]+separator+name[i:]))
		}
	}
	return all
}

// keyNeedle fills a name of less than five letters up with what stands around it.
func keyNeedle(name string) needle {
	if len(name) >= window {
		return word(kindName, name)
	}
	n := needle{kind: kindName, lead: true, want: [window]string{anything(), "", "", "", separators}}
	for i := range len(name) {
		n.want[i+1] = name[i : i+1]
	}
	return n
}

// patternNeedles are needles of which one lies in every match of a regular
// expression; none if that cannot be told.
func patternNeedles(pattern string) []needle {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	return required(parsed.Simplify())
}

func required(re *syntax.Regexp) []needle {
	switch re.Op {
	case syntax.OpLiteral:
		return literal(re.Rune)
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if found := required(sub); found != nil {
				return found
			}
		}
	case syntax.OpAlternate:
		var all []needle
		for _, sub := range re.Sub {
			found := required(sub)
			if found == nil {
				return nil
			}
			all = append(all, found...)
		}
		return all
	}
	return nil
}

// literal makes a needle of five letters or digits in a row: what JSON could
// escape is left out.
func literal(text []rune) []needle {
	run := 0
	for i, c := range text {
		plain := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '-'
		if run++; !plain {
			run = 0
		}
		if run == window {
			return []needle{word(kindPattern, string(text[i-window+1:i+1]))}
		}
	}
	return nil
}
