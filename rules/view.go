package rules

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/internal/termtext"
)

// view reads an event's ECS fields, which are redacted. Nothing that stands in
// an alert is read in any other way.
type view struct {
	fields   []event.Field
	original []byte // event.original, unescaped, once it was needed
	looked   bool
	values   []event.Value
	buf      []byte
}

func (v *view) reset(fields []event.Field) {
	*v = view{fields: fields, original: v.original[:0], values: v.values[:0], buf: v.buf}
}

// key returns the value of an ECS field, Null if there is none.
func (v *view) key(k event.Key) event.Value {
	i, ok := slices.BinarySearchFunc(v.fields, k, func(f event.Field, k event.Key) int { return int(f.Key) - int(k) })
	if !ok {
		return event.Value{}
	}
	return v.fields[i].Value
}

// record is event.original as it reads, redacted, if it is JSON.
func (v *view) record() []byte {
	if !v.looked {
		v.looked = true
		o := v.key(event.KeyEventOriginal)
		if o.Kind == event.Escaped {
			v.original = event.AppendUnescaped(v.original[:0], o.Bytes)
		} else {
			v.original = append(v.original[:0], o.Bytes...)
		}
		if !bytes.HasPrefix(v.original, []byte("{")) || !jsonscan.Valid(v.original) {
			v.original = v.original[:0]
		}
	}
	return v.original
}

// name is a field's name in a template or a rule's list, ready to be read: the
// places to look at, in order.
type name []place

// place is an ECS field, what a path leads to inside one that holds an object,
// or what it leads to in the record.
type place struct {
	key    event.Key
	path   *jsonscan.Path
	record bool
}

// special are the names that templates know beyond fields.
var special = map[string][]string{
	"who":     personFields,
	"where":   sourceFields,
	"account": {"cloud.account.name", "cloud.account.id"},
	// What stands in (refused: …).
	"refused": {"error.code", "aws.cloudtrail.error_code", "aws.cloudtrail.error_message"},
}

// newName finds the places of a name.
func newName(text string) name {
	if names, ok := special[text]; ok {
		var out name
		for _, n := range names {
			out = append(out, newName(n)...)
		}
		return out
	}
	if k, ok := event.KeyOf(text); ok {
		return name{{key: k}}
	}
	for i := strings.LastIndexByte(text, '.'); i > 0; i = strings.LastIndexByte(text[:i], '.') {
		if k, ok := event.KeyOf(text[:i]); ok {
			return name{{key: k, path: jsonscan.CompilePath(text[i+1:])}}
		}
	}
	return name{{path: jsonscan.CompilePath(text), record: true}}
}

// get returns the values of the first place that has any. They are good until
// the next call.
func (v *view) get(n name) []event.Value {
	v.values = v.values[:0]
	for i := range n {
		p := &n[i]
		switch {
		case p.record:
			v.values = p.path.Append(v.values, v.record(), nil)
		case p.path != nil:
			if x := v.key(p.key); x.Kind == event.JSON {
				v.values = p.path.Append(v.values, x.Bytes, nil)
			}
		default:
			if x := v.key(p.key); x.Kind == event.JSON {
				v.values = jsonscan.AppendValues(v.values, x.Bytes)
			} else if !x.IsNull() {
				v.values = append(v.values, x)
			}
		}
		if len(v.values) > 0 {
			return v.values
		}
	}
	return nil
}

// maxShown bounds what one field adds to a message, in bytes.
const maxShown = 200

// appendShown appends a name's values as a person reads them, in one line and
// without control characters: who writes logs chooses what stands there.
// Nothing is appended if there are none.
func (v *view) appendShown(dst []byte, n name) []byte {
	v.buf = v.buf[:0]
	for i, x := range v.get(n) {
		if i > 0 {
			v.buf = append(v.buf, ", "...)
		}
		if v.buf = appendText(v.buf, x); len(v.buf) > maxShown {
			break
		}
	}
	text, cut := v.buf, ""
	if len(text) > maxShown {
		end := maxShown
		for end > 0 && !utf8.RuneStart(text[end]) {
			end--
		}
		text, cut = text[:end], "…"
	}
	if isPlain(text) {
		return append(append(dst, text...), cut...)
	}
	return append(termtext.Append(dst, text), cut...)
}

// isPlain reports whether text is printable ASCII, as most is.
func isPlain(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// appendText appends a value as a person reads it.
func appendText(dst []byte, v event.Value) []byte {
	switch v.Kind {
	case event.Null:
		return dst
	case event.String:
		return append(dst, v.Bytes...)
	case event.Escaped:
		return event.AppendUnescaped(dst, v.Bytes)
	case event.Time:
		return event.AppendTime(dst, v.Num)
	default:
		return event.AppendValue(dst, v)
	}
}
