package redact

import "bytes"

// named appends the value of the name that lies at text[at], if it is one of a
// secret and something like a value follows.
func (r *Redactor) named(dst []span, text []byte, at int) []span {
	from, to := nameAround(text, at)
	name := bytes.TrimLeft(text[from:to], "-")
	s := r.strength(name)
	if s == harmless {
		return dst
	}
	flag := len(name) < to-from || from > 0 && text[from-1] == '/' && !inURLPath(text, from)
	v := valueBehind(text, from, to, flag)
	switch {
	case !v.ok:
		return dst
	case s == line:
		return secret(dst, text, v.at, lineEnd(text, v.at))
	case s == scheme:
		return authorization(dst, text, v.at)
	}
	if from > 1 && text[from-1] == '/' && text[from-2] == '/' {
		return dst // https://x-access-token:…@host is the finder's of userinfo
	}
	start, end := v.bounds(text, from)
	if s == weak && bytes.EqualFold(name, []byte("pwd")) && isFolder(text[start:end]) {
		return dst
	}
	if s == weak && !flag && v.colon && !v.quotedName && !secretish(text[start:end]) && !(v.at == to+1 && bytes.EqualFold(name, []byte("pass"))) {
		return dst // but pass:…, as openssl takes it
	}
	if number := len(bytes.Trim(text[start:end], hexDigits[:10])) == 0; s == weak && !flag && number && end-start < 6 {
		return dst // pass=3, a count
	}
	return secret(dst, text, start, end)
}

// behind is what stands behind a name.
type behind struct {
	ok         bool
	at         int  // where the value begins, with its quote
	colon      bool // a colon stands between
	word       bool // only blanks do: the value is a shell word
	quotedName bool // the name was in quotes
	element    bool // the value is an XML element's
}

// valueBehind looks for a value behind the name text[from:to].
func valueBehind(text []byte, from, to int, flag bool) behind {
	v := behind{at: to}
	if from > 0 && text[from-1] == '<' && to < len(text) && text[to] == '>' {
		return behind{ok: true, at: to + 1, element: true}
	}
	if n := backslashes(text, to); to+n < len(text) && (text[to+n] == '"' || text[to+n] == '\'') {
		v.quotedName = from > 0 && text[from-1] == text[to+n]
		v.at += n + 1
	}
	if v.quotedName && v.at < len(text) && text[v.at] == ']' {
		v.at++ // os.environ["PASSWORD"] = "…"
	}
	blank := spaces(text, v.at, v.quotedName)
	i := separator(text, blank)
	switch {
	case i > blank:
		v.colon = text[blank] == ':'
		if v.colon && i < len(text) && from > 0 && text[from-1] == ':' && text[i] != ' ' {
			return behind{} // a part of an ARN
		}
		v.at = spaces(text, i, v.quotedName)
		if v.at > i && blank == to && !v.colon && startsPair(text, v.at) {
			return behind{} // token= secret=…, no value
		}
	case flag && v.quotedName && blank < len(text) && text[blank] == ',':
		v.at = spaces(text, blank+1, true) // ["--password", "…"]
		if !opensQuote(text, v.at) {
			return behind{}
		}
	case blank > v.at && (flag || opensQuote(text, blank)):
		v.at, v.word = blank, flag
		if flag && isFlag(text, v.at) {
			return behind{}
		}
	case blank > v.at && exported(text[from:to]):
		v.at, v.word = blank, true // aws configure set aws_secret_access_key …
		if e := shellWord(text, v.at); e-v.at < 16 {
			return behind{}
		}
	default:
		return behind{}
	}
	v.ok = v.at < len(text)
	return v
}

func exported(name []byte) bool {
	var buf [nameSize]byte
	n := normal(buf[:0], name)
	return ends(n, "awssecretaccesskey") || ends(n, "awssessiontoken")
}

// bounds are those of the value.
func (v behind) bounds(text []byte, name int) (from, to int) {
	if v.element {
		if n := bytes.IndexByte(text[v.at:], '<'); n >= 0 {
			return v.at, v.at + n
		}
		return v.at, lineEnd(text, v.at)
	}
	if v.at < len(text) && text[v.at] == '(' {
		return v.at, lineEnd(text, v.at) // -Password (ConvertTo-SecureString …)
	}
	from, to, next, ok := quoted(text, v.at)
	if ok && !v.quotedName && continues(text, next) {
		ok = false // 'abc'def, one word of a shell
	}
	if ok {
		return from, to
	}
	if v.word || opensQuote(text, v.at) {
		return v.at, shellWord(text, v.at)
	}
	inURL := name > 0 && (text[name-1] == '?' || text[name-1] == '&')
	if v.at < len(text) && (text[v.at] == '{' || text[v.at] == '[') && v.quotedName {
		return v.at, v.at // a container: its own names tell
	}
	return v.at, bare(text, v.at, inURL)
}

// continues reports whether a shell word goes on behind a closing quote.
func continues(text []byte, i int) bool {
	return i < len(text) && (nameByte(text[i]) || text[i] == '\'' || text[i] == '"' || text[i] == '$' || text[i] == '.')
}

func opensQuote(text []byte, i int) bool {
	i += backslashes(text, i)
	return i < len(text) && (text[i] == '"' || text[i] == '\'')
}

// spaces skips blanks; line ends too where they may stand between the parts of
// a JSON object.
func spaces(text []byte, i int, lines bool) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || lines && (text[i] == '\n' || text[i] == '\r')) {
		i++
	}
	return i
}

// separator skips what stands between a name and its value: = == := => : and =
// or : as a URL escapes them.
func separator(text []byte, i int) int {
	rest := text[i:]
	for _, s := range []string{":=", "=>", "==", "=", ":"} {
		if bytes.HasPrefix(rest, []byte(s)) {
			return i + len(s)
		}
	}
	if len(rest) > 3 && rest[0] == '%' && rest[1] == '3' && (upper(rest[2]) == 'D' || upper(rest[2]) == 'A') {
		return i + 3
	}
	return i
}

// isFolder reports whether a value is the path of a folder: PWD=/home/render.
func isFolder(value []byte) bool {
	return len(value) > 0 && (value[0] == '/' || value[0] == '~') || len(value) > 2 && value[1] == ':' && value[2] == '\\'
}

// startsPair reports whether a name and a = stand at text[i].
func startsPair(text []byte, i int) bool {
	j := run(text, i, "_-.")
	return j > i && j < len(text) && text[j] == '='
}

// isFlag reports whether a word is a flag, so that the one before it had no
// value: --verbose, -v, -Force.
func isFlag(text []byte, i int) bool {
	w, ok := bytes.CutPrefix(text[i:shellWord(text, i)], []byte("-"))
	for _, c := range w {
		ok = ok && (c == '-' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z')
	}
	return ok && len(w) > 0
}

// inURLPath reports whether the slash before a name is one of a path, not that
// of a flag as Windows writes them.
func inURLPath(text []byte, from int) bool {
	return from >= 2 && text[from-2] != ' ' && text[from-2] != '"' && text[from-2] != '\''
}

// secretish reports whether a value looks like a secret rather than a word.
func secretish(value []byte) bool {
	var digit, low, high bool
	for _, c := range value {
		digit = digit || c >= '0' && c <= '9'
		low = low || c >= 'a' && c <= 'z'
		high = high || c >= 'A' && c <= 'Z'
	}
	return len(value) >= 8 && (digit || low && high)
}
