package jsonscan

import (
	"bytes"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Path is a compiled field name, such as ipPermissions.items.cidrIp. It is not
// changed once compiled and serves all workers.
type Path struct {
	keys []string
	// rare is the place in the last key of the byte that JSON text holds least
	// often: no such byte, no such key.
	rare int
}

// CompilePath compiles a name: keys joined by dots. A dot that belongs to a key
// is written \. and a backslash \\ as well.
func CompilePath(name string) *Path {
	p := &Path{}
	var key strings.Builder
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '\\' && i+1 < len(name):
			i++
			key.WriteByte(name[i])
		case c == '.':
			p.keys = append(p.keys, key.String())
			key.Reset()
		default:
			key.WriteByte(c)
		}
	}
	p.keys = append(p.keys, key.String())
	p.rare = rarest(p.keys[len(p.keys)-1])
	return p
}

// Keys are the names along the path. The caller must not change them.
func (p *Path) Keys() []string { return p.keys }

// Append appends the values that the path leads to in raw, one value that
// [Skip] has passed. An array anywhere on the path stands for its members, in
// order; null and what is not there for nothing. Of repeated keys the last one
// counts, and keys are compared unescaped. The values' bytes are raw's.
func (p *Path) Append(dst []event.Value, raw []byte, _ *event.Scratch) []event.Value {
	dst, done := p.AppendQuick(dst, raw)
	if done {
		return dst
	}
	if i := Space(raw, 0); i < len(raw) {
		dst, _ = descend(dst, raw, i, p.keys)
	}
	return dst
}

// AppendQuick does what Append does where no walk is needed, which costs some ten
// times as much; done is false where one is. Most requests do not have the field,
// or are flat.
func (p *Path) AppendQuick(dst []event.Value, raw []byte) (out []event.Value, done bool) {
	if p.rare < 0 || len(raw) == 0 {
		return dst, len(raw) == 0
	}
	key := p.keys[len(p.keys)-1]
	at := find(raw, key, p.rare)
	if at < 0 {
		return dst, !escaped(raw) // a backslash may hide the key
	}
	if len(p.keys) > 1 || strings.ContainsAny(key, ",:") || !isFlat(raw) {
		return dst, false
	}
	value, ok := p.flat(raw, at)
	if !ok {
		return dst, false
	}
	return AppendValues(dst, value), true
}

// isFlat reports whether raw is an object that holds neither objects nor arrays
// nor a backslash, as requestParameters mostly are.
func isFlat(raw []byte) bool {
	return raw[0] == '{' && !escaped(raw) && bytes.IndexByte(raw[1:], '{') < 0 && bytes.IndexByte(raw, '[') < 0
}

// flat finds the member of a flat object without a walk: in such text every quote
// begins or ends a string, and between two strings there is a comma or a colon,
// so that a key without these is where it stands between two quotes with a colon
// behind. at is where it first stands between quotes. nil is no value.
func (p *Path) flat(raw []byte, at int) (value []byte, ok bool) {
	for key := p.keys[0]; ; {
		i := Space(raw, at+len(key)+1)
		if i < len(raw) && raw[i] == ':' {
			begin := Space(raw, i+1)
			end, f := Skip(raw, begin)
			if f != OK {
				return nil, false
			}
			value, i = raw[begin:end], end
		}
		n := find(raw[i:], key, p.rare)
		if n < 0 {
			return value, true
		}
		at = i + n
	}
}

// find is where raw has key between quotes, -1 if nowhere.
func find(raw []byte, key string, rare int) int {
	for i := rare + 1; i < len(raw); {
		n := bytes.IndexByte(raw[i:], key[rare])
		if n < 0 {
			return -1
		}
		i += n
		from, to := i-rare, i-rare+len(key)
		if to < len(raw) && raw[to] == '"' && raw[from-1] == '"' && string(raw[from:to]) == key {
			return from
		}
		i++
	}
	return -1
}

// descend appends what keys lead to in the value at raw[i], and returns where the
// value ends. It reads each byte once: to skip a value first and then look into
// it would read what lies deepest once for each level.
func descend(dst []event.Value, raw []byte, i int, keys []string) ([]event.Value, int) {
	switch {
	case len(keys) == 0, raw[i] != '[' && raw[i] != '{':
		end, f := Skip(raw, i)
		if f != OK {
			return dst, len(raw)
		}
		if len(keys) == 0 {
			dst = AppendValues(dst, raw[i:end])
		}
		return dst, end
	case raw[i] == '[':
		for i = next(raw, i+1); i < len(raw) && raw[i] != ']'; i = next(raw, i) {
			dst, i = descend(dst, raw, i, keys)
		}
		return dst, min(i+1, len(raw))
	}
	before := len(dst)
	for i = next(raw, i+1); i < len(raw) && raw[i] == '"'; i = next(raw, i) {
		end, f := String(raw, i)
		key := raw[i+1 : max(i+1, end-1)]
		if i = Space(raw, end); f != OK || i >= len(raw) || raw[i] != ':' {
			return dst, len(raw)
		}
		if i = Space(raw, i+1); i >= len(raw) {
			return dst, i
		}
		if Is(key, keys[0]) {
			dst, i = descend(dst[:before], raw, i, keys[1:]) // the last one counts
		} else if i, f = Skip(raw, i); f != OK {
			return dst, len(raw)
		}
	}
	return dst, min(i+1, len(raw))
}

// next is where the next member or element begins, or the bracket that ends them.
func next(raw []byte, i int) int {
	if i = Space(raw, i); i < len(raw) && raw[i] == ',' {
		i = Space(raw, i+1)
	}
	return i
}

// Frequent are the bytes of JSON logs, most frequent first, as counted in
// CloudTrail records. Bytes that are not listed are rarer than all of these.
const Frequent = `"eatrs:n-o2c,1id3um07A.l8Ip94v5wfb6/SEgyTC D{}hPMRNHLVZUkzKFqxB_jOGQXW`

func rarest(key string) int {
	at, rank := -1, -1
	for i := range len(key) {
		r := strings.IndexByte(Frequent, key[i])
		if r < 0 {
			return i
		}
		if r > rank {
			at, rank = i, r
		}
	}
	return at
}
