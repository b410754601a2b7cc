package redact

import "bytes"

// quoted reads a value that begins with a quote at b[i], which may be escaped any
// number of times: \" inside JSON, \\\" inside JSON inside JSON. It returns the
// value without its quotes and where reading goes on.
func quoted(b []byte, i int) (from, to, next int, ok bool) {
	n := backslashes(b, i)
	if i += n; i >= len(b) || b[i] != '"' && b[i] != '\'' && b[i] != '`' {
		return 0, 0, 0, false
	}
	quote := b[i]
	from = i + 1
	for j := from; j < len(b); {
		k := bytes.IndexByte(b[j:], quote)
		if k < 0 {
			break
		}
		j += k
		if closes(b[from:j], n, quote) {
			return from, j - min(n, backslashesBefore(b[from:j])), j + 1, true
		}
		j++
	}
	// Not closed: a cut line. What is left of it belongs to the value.
	to = lineEnd(b, from)
	return from, to, to, true
}

// closes reports whether a quote behind inside ends a string whose opening quote
// had n backslashes. In a string that is escaped d times, n is 2^d-1, and a
// quote that belongs to the content has a multiple of 2^d more.
func closes(inside []byte, n int, quote byte) bool {
	m := backslashesBefore(inside)
	if quote != '"' {
		return m <= n
	}
	if n&(n+1) != 0 {
		return m == n
	}
	return m%(2*(n+1)) == n
}

func backslashes(b []byte, i int) int {
	n := 0
	for i+n < len(b) && b[i+n] == '\\' {
		n++
	}
	return n
}

func backslashesBefore(b []byte) int {
	n := 0
	for n < len(b) && b[len(b)-1-n] == '\\' {
		n++
	}
	return n
}

// lineEnd is the offset of the next line end from i on.
func lineEnd(b []byte, i int) int {
	if n := bytes.IndexAny(b[i:], "\r\n"); n >= 0 {
		return i + n
	}
	return len(b)
}

// bare reads a value without quotes, from b[i] to where a shell, a URL, a
// connection string or a list of pairs would end it.
func bare(b []byte, i int, inURL bool) int {
	begin := i
	for ; i < len(b); i++ {
		switch c := b[i]; c {
		case ' ', '\t', '\n', '\r', ';', '|', '<', '>', ')', 0:
			return i
		case '"', '\'', '`':
			if i == begin || !continues(b, i+1) {
				return i - backslashesBefore(b[begin:i])
			}
			if _, _, next, ok := quoted(b, i); ok {
				i = next - 1 // a'b c'd, one word of a shell
			}
		case '&':
			return i
		case '#':
			if inURL {
				return i
			}
		case '%':
			if inURL && i+2 < len(b) && b[i+1] == '2' && b[i+2] == '6' {
				return i
			}
		case ',', '}', ']':
			if endsPair(b, i+1) {
				return i
			}
		}
	}
	return i
}

// endsPair reports whether what follows a comma or bracket shows that the value
// before it had ended there: the end, a blank, a bracket, or the next name.
func endsPair(b []byte, i int) bool {
	if i == len(b) {
		return true
	}
	switch b[i] {
	case ' ', '\t', '\n', '\r', ',', '}', ']', ')', '"', '\'', '\\', '{', '[', ';':
		return true
	}
	j := i
	for j < len(b) && j-i < nameSize && (nameByte(b[j]) || b[j] == '.') {
		j++
	}
	return j > i && j < len(b) && (b[j] == '=' || b[j] == ':')
}

// shellWord reads one word of a command line from b[i] on: quoted pieces and
// bare ones that stand together.
func shellWord(b []byte, i int) (end int) {
	begin := i
	for i < len(b) {
		if _, _, next, ok := quoted(b, i); ok {
			i = next
			continue
		}
		switch b[i] {
		case ' ', '\t', '\n', '\r', ';', '|', '<', '>', ')', 0:
			return i
		case '&':
			if i > begin && (i+1 == len(b) || b[i+1] == '&' || b[i+1] == ' ') {
				return i
			}
		case '\\':
			if i+1 < len(b) {
				i++ // the shell's own escape of what follows
			}
		}
		i++
	}
	return i
}
