package redact

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strconv"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// walker reads one valid JSON value, once, from begin to end. It looks into
// strings only where the filter found something.
type walker struct {
	r     *Redactor
	b     []byte
	depth int // how many strings of JSON this one lies in
	spans []span
	paths []string
	at    []step

	hits cursor
	hit  int // where the next needle begins, len(b) if there is none
	user int // where the next @ of a URL is, len(b) if there is none

	plain []byte // the string being looked at, unescaped
}

// step is one step of the path to a value: a key, escaped, or an index.
type step struct {
	key   []byte
	index int
}

// pathMax is how many paths are named.
const pathMax = 100

func (w *walker) begin(r *Redactor, b []byte, depth int) {
	*w = walker{r: r, b: b, depth: depth, spans: w.spans[:0], paths: w.paths[:0], at: w.at[:0], plain: w.plain[:0]}
	w.hits = cursor{f: r.filter, b: b}
	w.seek()
	w.seekUser(0)
}

// seek finds the next needle that is suspect.
func (w *walker) seek() {
	for at, n := w.hits.seek(); n != nil; at, n = w.hits.seek() {
		if w.r.suspect(w.b, at, n) {
			w.hit = at
			return
		}
	}
	w.hit = len(w.b)
}

func (w *walker) seekUser(from int) {
	if w.user = userinfoNear(w.b, from); w.user < 0 {
		w.user = len(w.b)
	}
}

// looks reports whether something was found in b[from:to].
func (w *walker) looks(from, to int) bool {
	for w.hit+window <= from && w.hit < len(w.b) {
		w.seek()
	}
	if w.user < from {
		w.seekUser(from)
	}
	return w.hit < to || w.user < to || w.r.every
}

// value reads the value at b[i] and returns the offset behind it. All of a
// value that is secret is redacted.
func (w *walker) value(i int, secret bool) int {
	if end, ok := w.harmless(i, secret); ok {
		return end
	}
	switch w.b[i] {
	case '{':
		return w.object(i, secret)
	case '[':
		return w.array(i, secret)
	case '"':
		end, _ := jsonscan.String(w.b, i)
		w.text(i, end, secret)
		return end
	}
	end := i + 1
	for end < len(w.b) && !has(",]} \t\r\n", w.b[end]) {
		end++
	}
	if number := w.b[i] == '-' || w.b[i] <= '9'; secret && number {
		w.take(span{start: i, end: end, quotes: w.depth + 1})
	}
	return end
}

// harmless steps over the object or array at b[i] if nothing was found in it:
// then no key in it is the name of a secret, and no string is looked into. Only
// the outer ones are tried, or what lies deepest would be read once for each
// that it lies in; in the outermost something was found.
func (w *walker) harmless(i int, secret bool) (end int, ok bool) {
	if secret || len(w.at) == 0 || len(w.at) > skipDepth || w.b[i] != '{' && w.b[i] != '[' || w.looks(i, i+1) {
		return 0, false
	}
	end, _ = jsonscan.Skip(w.b, i)
	// Needles are found in their order but for a few bytes.
	return end, !w.looks(i, min(end+window, len(w.b)))
}

// skipDepth is how deep objects and arrays are stepped over.
const skipDepth = 2

// pair is a name and a value that are members of one object.
type pair struct {
	secret     bool // the name is one of a secret
	start, end int  // the value
	at         step
}

func (w *walker) object(i int, secret bool) int {
	b := w.b
	var p pair
	w.at = append(w.at, step{})
	for i = jsonscan.Space(b, i+1); b[i] != '}'; {
		if b[i] == ',' {
			i = jsonscan.Space(b, i+1)
		}
		end, _ := jsonscan.String(b, i)
		key := b[i+1 : end-1]
		w.at[len(w.at)-1] = step{key: key}
		hide := secret
		if w.looks(i, end) {
			hide = w.key(i+1, key) || secret
		}
		i = jsonscan.Space(b, jsonscan.Space(b, end)+1)
		end = w.value(i, hide)
		if !hide {
			w.pair(&p, key, i, end)
		}
		i = jsonscan.Space(b, end)
	}
	if p.secret && p.end > 0 {
		w.at[len(w.at)-1] = p.at
		w.value(p.start, true)
	}
	w.at = w.at[:len(w.at)-1]
	return i + 1
}

// key reports whether a key is the name of a secret. A secret in the key itself
// is redacted.
func (w *walker) key(i int, key []byte) bool {
	w.inside(i, key)
	name := w.unescape(key)
	return w.r.strength(name) != harmless && !(bytes.EqualFold(name, []byte("pwd")) && w.folder(i+len(key)))
}

// folder reports whether the value behind the key that ends at i is the path of
// a folder, which some call pwd.
func (w *walker) folder(i int) bool {
	i = jsonscan.Space(w.b, jsonscan.Space(w.b, i+1)+1)
	return w.b[i] == '"' && isFolder(w.b[i+1:])
}

// pair notes a member that is the name or the value of a pair.
func (w *walker) pair(p *pair, key []byte, i, end int) {
	if len(key) > nameSize || w.b[i] == '{' || w.b[i] == '[' {
		return
	}
	switch {
	case w.b[i] == '"' && w.looks(i, end) && oneOf(key, pairNames):
		p.secret = p.secret || w.r.strength(w.unescape(w.b[i+1:end-1])) != harmless
	case oneOf(key, pairValues):
		p.start, p.end, p.at = i, end, step{key: key}
	}
}

func (w *walker) array(i int, secret bool) int {
	w.at = append(w.at, step{index: -1})
	next := false // the element before was the flag of a secret
	for i = jsonscan.Space(w.b, i+1); w.b[i] != ']'; {
		if w.b[i] == ',' {
			i = jsonscan.Space(w.b, i+1)
		}
		w.at[len(w.at)-1].index++
		end := w.value(i, secret || next && w.argument(i))
		next = w.b[i] == '"' && w.looks(i, end) && w.flag(w.b[i+1:end-1])
		i = jsonscan.Space(w.b, end)
	}
	w.at = w.at[:len(w.at)-1]
	return i + 1
}

// flag reports whether an element of a list of arguments is a flag whose value
// is the next element.
func (w *walker) flag(element []byte) bool {
	name := w.unescape(element)
	if len(name) < 2 || name[0] != '-' && name[0] != '/' {
		return false
	}
	for _, c := range name[1:] {
		if !nameByte(c) {
			return false
		}
	}
	return string(name) == "-pw" || w.r.strength(bytes.TrimLeft(name, "-/")) != harmless
}

// argument reports whether the element at b[i] is a string and no flag.
func (w *walker) argument(i int) bool {
	if w.b[i] != '"' {
		return false
	}
	end, _ := jsonscan.String(w.b, i)
	return !isFlag(w.unescape(w.b[i+1:end-1]), 0)
}

// text reads the string at b[i:end], quotes included.
func (w *walker) text(i, end int, secret bool) {
	inside := w.b[i+1 : end-1]
	if secret {
		if !kept(w.unescape(inside)) {
			w.take(span{start: i + 1, end: end - 1})
		}
		return
	}
	if w.looks(i, end) {
		w.inside(i+1, inside)
	}
	if k := w.at; len(k) > 0 && isUserData(k[len(k)-1].key) && w.r.encoded(w.unescape(inside)) {
		w.take(span{start: i + 1, end: end - 1})
	}
}

// isUserData reports whether a key is that of the script an instance is started
// with, which is base64.
func isUserData(key []byte) bool { return oneOf(key, userData) }

// encoded reports whether text is base64 of a text that holds a secret.
func (r *Redactor) encoded(text []byte) bool {
	plain := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(plain, text)
	if err != nil || n == 0 {
		return false
	}
	_, changed := r.Text(nil, plain[:n])
	return changed
}

// nestMax is how deep JSON inside of strings inside of JSON is walked. Deeper
// ones are read as text.
const nestMax = 8

// inside looks for secrets in the inside of a string, which begins at b[i].
func (w *walker) inside(i int, inside []byte) {
	if bytes.IndexByte(inside, '\\') < 0 {
		w.found(w.r.find(nil, inside), func(at int) int { return i + at })
		return
	}
	plain, cuts := unescape(inside)
	at := func(k int) int { return i + origin(cuts, k) }
	if s := jsonscan.Space(plain, 0); s < len(plain) && (plain[s] == '{' || plain[s] == '[') && w.depth < nestMax && jsonscan.Valid(plain) {
		n := &walker{}
		n.begin(w.r, plain, w.depth+1)
		n.value(s, false)
		w.found(merge(n.spans), at)
		return
	}
	w.found(w.r.loose(nil, plain), at)
}

func (w *walker) found(spans []span, at func(int) int) {
	for _, s := range spans {
		w.take(span{start: at(s.start), end: at(s.end), quotes: s.quotes})
	}
}

// unescape is what the inside of a string stands for, good until the next call.
func (w *walker) unescape(inside []byte) []byte {
	if bytes.IndexByte(inside, '\\') < 0 {
		return inside
	}
	w.plain = event.AppendUnescaped(w.plain[:0], inside)
	return w.plain
}

// take redacts a span and names its path.
func (w *walker) take(s span) {
	if s.start >= s.end {
		return
	}
	w.spans = append(w.spans, s)
	if w.depth > 0 || len(w.paths) == pathMax {
		return
	}
	if p := w.path(); !slices.Contains(w.paths, p) {
		w.paths = append(w.paths, p)
	}
}

func (w *walker) path() string {
	var p []byte
	for _, s := range w.at {
		switch {
		case s.key == nil:
			p = append(strconv.AppendInt(append(p, '['), int64(s.index), 10), ']')
		case len(p) > 0:
			p = append(p, '.')
			fallthrough
		default:
			key, _ := w.r.Text(nil, event.AppendUnescaped(nil, s.key))
			p = append(p, key...)
		}
	}
	return string(p)
}
