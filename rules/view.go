package rules

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/internal/termtext"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// view reads an event's ECS fields, which are redacted, by name. Nothing that
// stands in an alert is read in any other way.
type view struct {
	fields   []event.Field
	original []byte // event.original, unescaped, once it was needed
	looked   bool
	values   []event.Value
}

func (v *view) reset(fields []event.Field) {
	*v = view{fields: fields, original: v.original[:0], values: v.values[:0]}
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

// special are the names that templates know beyond fields, in the order in
// which they are tried.
var special = map[string][]string{
	"who":     personFields,
	"where":   sourceFields,
	"account": {"cloud.account.name", "cloud.account.id"},
}

// get returns the values of a name: a special one, an ECS field, a path into
// one that holds an object, or a field of the record. They are good until the
// next call.
func (v *view) get(name string) []event.Value {
	v.values = v.values[:0]
	if names, ok := special[name]; ok {
		for _, n := range names {
			if found := v.get(n); len(found) > 0 {
				return found
			}
		}
		return nil
	}
	if k, ok := event.KeyOf(name); ok {
		if x := v.key(k); x.Kind == event.JSON {
			v.values = jsonscan.AppendValues(v.values, x.Bytes)
		} else if !x.IsNull() {
			v.values = append(v.values, x)
		}
		return v.values
	}
	for i := strings.LastIndexByte(name, '.'); i > 0; i = strings.LastIndexByte(name[:i], '.') {
		if k, ok := event.KeyOf(name[:i]); ok {
			if x := v.key(k); x.Kind == event.JSON {
				v.values = jsonscan.CompilePath(name[i+1:]).Append(v.values, x.Bytes, nil)
			}
			return v.values
		}
	}
	v.values = jsonscan.CompilePath(name).Append(v.values, v.record(), nil)
	return v.values
}

// maxShown bounds what one field adds to a message, in bytes.
const maxShown = 200

// text is a name's values as a person reads them; "" if there is none.
func (v *view) text(name string) string {
	var out []byte
	for i, x := range v.get(name) {
		if i > 0 {
			out = append(out, ", "...)
		}
		if out = appendText(out, x); len(out) > maxShown {
			break
		}
	}
	return shorten(out)
}

// shorten cuts a text to what a message takes, and makes it one line without
// control characters: who writes logs chooses what stands there.
func shorten(text []byte) string {
	if len(text) > maxShown {
		n := maxShown
		for n > 0 && !utf8.RuneStart(text[n]) {
			n--
		}
		text = append(text[:n:n], "…"...)
	}
	return termtext.Escape(string(text))
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

// message fills in a rule's template, or says what any rule can say.
func (v *view) message(r *sigma.Rule) string {
	if len(r.Header.Message) == 0 {
		return r.Title + v.summary()
	}
	var b strings.Builder
	for _, p := range r.Header.Message {
		text := p.Text
		for _, n := range p.Names {
			if t := v.shown(n); t != "" {
				text = t
				break
			}
		}
		b.WriteString(text)
	}
	// A place that stays empty leaves its two spaces.
	return strings.ReplaceAll(b.String(), "  ", " ")
}

// shown is what a template shows for a name.
func (v *view) shown(name string) string {
	if name != sigma.Refused {
		return v.text(name)
	}
	for _, code := range []string{"error.code", "aws.cloudtrail.error_code", "aws.cloudtrail.error_message"} {
		if t := v.text(code); t != "" {
			return " (refused: " + t + ")"
		}
	}
	return ""
}

// summary says who did what, from where and where, as far as the event knows.
func (v *view) summary() string {
	var b strings.Builder
	add := func(before, text string) {
		if text != "" {
			b.WriteString(before + text)
		}
	}
	if dst := v.text("destination.address"); dst != "" {
		add(": ", v.text("source.address"))
		add(" to ", dst)
		add(" port ", v.text("destination.port"))
		return b.String()
	}
	if who := v.text("who"); who != "" {
		add(": ", who)
		add(", ", v.text("event.action"))
	} else {
		add(": ", v.text("event.action"))
	}
	add(" from ", v.text("where"))
	add(" in account ", v.text("account"))
	add("", v.shown(sigma.Refused))
	if b.Len() == 0 {
		add(": ", v.text("message"))
	}
	return b.String()
}
