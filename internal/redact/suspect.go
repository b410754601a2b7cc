package redact

import "bytes"

// suspicious glances at a record or text as it lies there, escapes and all, and
// reports whether it is worth an exact reading. It may say yes too often, never
// no too often.
func (r *Redactor) suspicious(b []byte) bool {
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
	switch n.kind {
	case kindName:
		from, to := nameAround(b, at)
		// Behind a backslash the first letter may be that of an escape.
		return from > 0 && b[from-1] == '\\' || r.strength(b[from:to]) != harmless || isUserData(b[from:to])
	case kindEscape:
		return hidesWord(b[at+4], b, at+5)
	}
	return true
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
	for at = to; to < len(b) && to-at < nameSize && nameByte(b[to]); {
		to++
	}
	return from, to
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// hidesWord reports whether \u00XX stands for a character of a word or of its
// surroundings. Encoders write <, > and & that way all the time, and control
// characters, which are in no word.
func hidesWord(high byte, b []byte, i int) bool {
	if i >= len(b) {
		return false
	}
	switch string([]byte{high, upper(b[i])}) {
	case "3C", "3E", "26":
		return false
	}
	return high != '7' || upper(b[i]) != 'F'
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
		case c == '/' && i > 0 && (b[i-1] == '/' || b[i-1] == '\\'):
			return colon
		case c <= ' ', c == '"', c == '<', c == '>':
			return false
		}
	}
	return false
}
