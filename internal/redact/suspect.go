package redact

import (
	"bytes"

	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// suspicious glances at a record or text as it lies there, escapes and all, and
// reports whether it is worth an exact reading. It may say yes too often, never
// no too often.
func (r *Redactor) suspicious(b []byte) bool {
	if r.sieve != nil && len(b) >= sieveLeast {
		return r.sieve.suspicious(r, b)
	}
	c := cursor{f: r.filter, b: b}
	for at, n := c.seek(); n != nil; at, n = c.seek() {
		if r.suspect(b, at, n) {
			return true
		}
	}
	return userinfoNear(b, 0) >= 0
}

// suspect glances at what stands around a needle.
func (r *Redactor) suspect(b []byte, at int, n *needle) bool {
	switch {
	case n.kind == kindName:
		return r.suspectName(b, at)
	case n.kind == kindEscape:
		return hidesWord(b, at+window)
	case n.glance != nil:
		return n.glance(b, at)
	}
	return true
}

// suspectName glances at the name that lies at b[at] and at what follows it.
func (r *Redactor) suspectName(b []byte, at int) bool {
	from, to := nameAround(b, at)
	if from > 0 && b[from-1] == '\\' {
		return true // its first letter may be that of an escape
	}
	name := b[from:to]
	if r.strength(name) == harmless {
		return isUserData(name)
	}
	return mayHaveValue(b, from, to)
}

// mayHaveValue reports whether what follows the name b[from:to] lets it be one of
// a value: a separator, the end of a key, the next argument.
func mayHaveValue(b []byte, from, to int) bool {
	flag := b[from] == '-' || from > 0 && b[from-1] == '/'
	i := spaces(b, to, false)
	switch {
	case i == len(b):
		return false
	case i > to:
		return flag || has("=:\"'\\%,", b[i]) || exported(b[from:to])
	case b[i] == ':':
		return from == 0 || b[from-1] != ':' || i+1 < len(b) && b[i+1] == ' ' // no part of an ARN
	case b[i] == '"':
		return flag || quotedMayHaveValue(b, from, i+1)
	}
	return has("=:'\\%>,]", b[i])
}

// quotedMayHaveValue reports whether the string that ends before b[i] may be a
// key with a value that can be a secret, or the name in a pair of name and value.
func quotedMayHaveValue(b []byte, from, i int) bool {
	i = jsonscan.Space(b, i)
	if i < len(b) && b[i] == ':' {
		i = jsonscan.Space(b, i+1)
		return !harmlessValue(b[i:])
	}
	if i < len(b) && b[i] != ',' && b[i] != '}' {
		return true
	}
	begin := bytes.LastIndexByte(b[max(0, from-userinfoSize):from], '"')
	if begin < 0 {
		return true
	}
	key := bytes.TrimRight(b[:max(0, from-userinfoSize)+begin], " \t\r\n")
	if !bytes.HasSuffix(key, []byte(":")) {
		return !bytes.HasSuffix(key, []byte(",")) && !bytes.HasSuffix(key, []byte("["))
	}
	key = bytes.TrimRight(key[:len(key)-1], " \t\r\n")
	if len(key) == 0 || key[len(key)-1] != '"' {
		return true
	}
	key = key[:len(key)-1]
	if begin = bytes.LastIndexByte(key[max(0, len(key)-nameSize):], '"'); begin < 0 {
		return false // too long for a key that is looked at
	}
	key = key[max(0, len(key)-nameSize)+begin+1:]
	return bytes.IndexByte(key, '\\') >= 0 || oneOf(key, pairNames)
}

// harmlessValue reports whether what follows a key is no secret at a glance.
func harmlessValue(b []byte) bool {
	for _, s := range []string{"true,", "true}", "false,", "false}", "null,", "null}", `"` + Marker + `",`, `"` + Marker + `"}`} {
		if bytes.HasPrefix(b, []byte(s)) {
			return true
		}
	}
	return false
}

// nameAround is the name that a needle lies in, at most 64 bytes to either side.
func nameAround(b []byte, at int) (from, to int) {
	from, to = at, at
	// A needle may begin with the byte before the name.
	if from < 0 || !nameByte(b[from]) {
		from++
		to++
	}
	for from > 0 && to-from < nameSize && nameByte(b[from-1]) {
		from--
	}
	if from > 0 && b[from-1] == '%' && to-from > 2 {
		from += 2 // %3Fname in a URL inside of a URL
	}
	for at = to; to < len(b) && to-at < nameSize && nameByte(b[to]); {
		to++
	}
	return from, to
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// hidesWord reports whether the \u00XX whose last two bytes stand at b[i] hides a
// character of a word or of its surroundings. Encoders write <, > and & that way
// all the time, and control characters, which are in no word.
func hidesWord(b []byte, i int) bool {
	if i+2 > len(b) {
		return false
	}
	c, ok := softEscape([]byte{'\\', 'u', '0', '0', b[i], b[i+1]})
	if ok == 6 && c != '<' && c != '>' && c != '&' && c != 0x7F {
		return true
	}
	next := b[i+2:]
	return bytes.HasPrefix(next, []byte("AKIA")) || bytes.HasPrefix(next, []byte("ASIA"))
}

// userinfoNear is the offset from i on of an @ that may end the userinfo of a
// URL (scheme://user:password@host), -1 if there is none.
func userinfoNear(b []byte, i int) int {
	for i < len(b) {
		n := bytes.IndexByte(b[i:], '@')
		if n < 0 {
			return -1
		}
		i += n
		if slashesBefore(b, i) {
			return i
		}
		i++
	}
	return -1
}

// userinfoSize is the longest userinfo that is looked for.
const userinfoSize = 1024

// slashesBefore reports whether two slashes, however escaped, stand before
// b[at] with a colon behind them and nothing between that ends a URL.
func slashesBefore(b []byte, at int) bool {
	colon := false
	for i := at - 1; i >= 0 && at-i < userinfoSize; i-- {
		switch c := b[i]; {
		case c == ':':
			colon = true
		case colon && c == '/' && i > 0 && (b[i-1] == '/' || b[i-1] == '\\'):
			return true
		case c <= ' ', c == '"', c == '<', c == '>':
			return false
		}
	}
	return false
}
