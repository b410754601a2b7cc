package redact

import (
	"bytes"
	"unicode/utf8"

	"github.com/burstwatch/burstwatch/internal/event"
)

// find appends the secrets in text, which is unescaped. Spans may overlap.
func (r *Redactor) find(dst []span, text []byte) []span {
	c := cursor{f: r.filter, b: text}
	for at, n := c.seek(); n != nil; at, n = c.seek() {
		before := len(dst)
		switch n.kind {
		case kindName:
			dst = r.named(dst, text, at)
		case kindForm:
			dst = n.find(dst, text, at)
		case kindCommand:
			// Other secrets may stand between a command and its own.
			dst = n.find(dst, text, at)
			continue
		}
		if len(dst) > before {
			c.from(dst[len(dst)-1].end)
		}
	}
	dst = userinfos(dst, text)
	return r.matched(dst, text)
}

// matched appends what the configured patterns match.
func (r *Redactor) matched(dst []span, text []byte) []span {
	for _, re := range r.patterns {
		for _, m := range re.FindAllSubmatchIndex(text, -1) {
			from, to := m[0], m[1]
			if len(m) > 2 && m[2] >= 0 {
				from, to = m[2], m[3]
			}
			dst = secret(dst, text, from, to)
		}
	}
	return dst
}

// secret appends text[from:to] unless there is nothing left to take out of it.
func secret(dst []span, text []byte, from, to int) []span {
	if from >= to || kept(text[from:to]) {
		return dst
	}
	return append(dst, span{start: from, end: to})
}

// loose appends the secrets in text of which nobody knows whether it is escaped:
// read as it stands, and once more with the escapes of JSON taken off where
// there are any.
func (r *Redactor) loose(dst []span, text []byte) []span {
	dst = r.find(dst, text)
	if bytes.IndexByte(text, '\\') < 0 {
		return dst
	}
	plain, at := soften(text)
	if at == nil {
		return dst
	}
	for _, s := range r.find(nil, plain) {
		dst = append(dst, span{start: at(s.start), end: at(s.end)})
	}
	return dst
}

// soften takes \/ and \uXXXX off a text, however often they were escaped
// themselves, and nothing else: quotes keep the backslashes that tell how deep
// they lie. at tells where a byte of the result came from; it is nil if there
// was nothing to do.
func soften(text []byte) (plain []byte, at func(int) int) {
	var cuts []cut
	last := 0
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		deep := backslashes(text, i) - 1
		if c, n := softEscape(text[i+deep:]); n > 0 {
			plain = append(plain, text[last:i]...)
			cuts = append(cuts, cut{len(plain), i})
			plain = utf8.AppendRune(plain, c)
			last = i + deep + n
			cuts = append(cuts, cut{len(plain), last})
		}
		i = max(last-1, i+deep)
	}
	if cuts == nil {
		return nil, nil
	}
	return append(plain, text[last:]...), func(i int) int { return origin(cuts, i) }
}

// cut says that what lies from plain on came from raw on.
type cut struct{ plain, raw int }

// origin is where the byte at i came from: for one that was escaped, the first
// of its escape.
func origin(cuts []cut, i int) int {
	lo, hi := 0, len(cuts)
	for lo < hi {
		if mid := (lo + hi) / 2; cuts[mid].plain <= i {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return i
	}
	return cuts[lo-1].raw + i - cuts[lo-1].plain
}

// unescape is what the inside of a JSON string stands for, and where each byte
// of it came from.
func unescape(inside []byte) (plain []byte, cuts []cut) {
	plain = make([]byte, 0, len(inside))
	for i := 0; i < len(inside); {
		n := bytes.IndexByte(inside[i:], '\\')
		if n < 0 {
			return append(plain, inside[i:]...), cuts
		}
		plain = append(plain, inside[i:i+n]...)
		i += n
		// What the escape stands for comes from the escape as a whole.
		cuts = append(cuts, cut{len(plain), i})
		size := escapeSize(inside[i:])
		plain = event.AppendUnescaped(plain, inside[i:i+size])
		i += size
		cuts = append(cuts, cut{len(plain), i})
	}
	return plain, cuts
}

// escapeSize is the length of the escape that b begins with; two \u that are one
// character together count as one.
func escapeSize(b []byte) int {
	if len(b) < 6 || b[1] != 'u' {
		return 2
	}
	if high := string(b[2:4]); len(b) >= 12 && b[6] == '\\' && b[7] == 'u' && has("dD", high[0]) && has("89abAB", high[1]) && has("dD", b[8]) && has("cdefCDEF", b[9]) {
		return 12
	}
	return 6
}

// softEscape reads \/ or the \uXXXX of a printable ASCII character, and how long it
// is: 0 if text begins with neither.
func softEscape(text []byte) (rune, int) {
	switch {
	case len(text) > 1 && text[1] == '/':
		return '/', 2
	case len(text) < 6 || text[1] != 'u':
		return 0, 0
	}
	var c rune
	for _, h := range text[2:6] {
		d := bytes.IndexByte([]byte(hexDigits), upper(h))
		if d < 0 {
			return 0, 0
		}
		c = c<<4 | rune(d)
	}
	if c >= utf8.RuneSelf || c < ' ' {
		return 0, 0
	}
	return c, 6
}
