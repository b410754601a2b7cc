package cloudtrail

import (
	"bytes"
	"unsafe"

	"net/netip"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// What AWS writes is nearly always of the type that its documentation gives.
// The functions here say what becomes of the rest in a document whose mapping
// is fixed: Elasticsearch refuses a whole document for one object in a keyword
// field, so that a record of an odd shape would be lost there.

// text is the inside of a JSON string, escapes and all; nil for another type.
func text(raw []byte) []byte {
	if len(raw) < 2 || raw[0] != '"' {
		return nil
	}
	return raw[1 : len(raw)-1]
}

// word is the inside of the string in a slot, for derivations: it is compared
// and cut, so it must not hold an escape where none is needed (\/, \u0041), or
// half of one would be left at a cut.
func word(ev *event.Event, slot int, s *event.Scratch) []byte {
	if ev.Flags&escapes == 0 {
		return text(ev.At(slot))
	}
	return wordOf(ev.At(slot), s)
}

// wordOf is word for a string that has no slot.
func wordOf(raw []byte, s *event.Scratch) []byte {
	inside := text(raw)
	if bytes.IndexByte(inside, '\\') < 0 {
		return inside
	}
	plain := event.AppendUnescaped(s.Alloc(len(inside)), inside)
	return event.AppendEscaped(s.Alloc(2*len(inside)), plain)
}

// escapes is the flag of events of which a string in a slot may hold a backslash.
const escapes = 1 << 0

// keyword is a value for a keyword field: strings as they are, anything else as
// the JSON text that it is. Empty strings are left out.
func keyword(raw []byte) event.Value {
	switch {
	case len(raw) == 0:
		return event.Value{}
	case raw[0] != '"':
		return event.Text(raw)
	case len(raw) == 2:
		return event.Value{}
	}
	return event.Value{Kind: event.Escaped, Bytes: raw[1 : len(raw)-1]}
}

// boolean is a value for a boolean field: true and false, or strings that say
// so; anything else is left out.
func boolean(raw []byte) event.Value {
	switch string(raw) {
	case "true", `"true"`, `"Yes"`:
		return event.Boolean(true)
	case "false", `"false"`, `"No"`:
		return event.Boolean(false)
	}
	return event.Value{}
}

// date is a value for a date field; what is no time is left out.
func date(raw []byte) event.Value {
	t, ok := event.ParseTime(text(raw))
	switch {
	case !ok:
		return event.Value{}
	case isCanonical(raw):
		return escaped(text(raw))
	}
	return event.At(t)
}

// flattened is a value for a flattened field, which takes objects and arrays
// of objects only: another type is put into an object. What is empty is left out.
func flattened(raw []byte, s *event.Scratch) event.Value {
	switch {
	case len(raw) == 0 || string(raw) == "{}" || string(raw) == "[]":
		return event.Value{}
	case raw[0] == '{' || raw[0] == '[' && allObjects(raw):
		return event.RawJSON(raw)
	}
	out := append(s.Alloc(len(raw)+len(`{"value":}`)), `{"value":`...)
	return event.RawJSON(append(append(out, raw...), '}'))
}

func allObjects(raw []byte) bool {
	for it := jsonscan.Array(raw); it.Next(); {
		if it.Value[0] != '{' {
			return false
		}
	}
	return true
}

// field finds the last member of that name of the object raw; nil if raw is no
// object, or the member is missing or null.
func field(raw []byte, name string) (found []byte) {
	for it := jsonscan.Object(raw); it.Next(); {
		if jsonscan.Is(it.Key, name) {
			found = it.Value
		}
	}
	if string(found) == "null" {
		return nil
	}
	return found
}

// isAddress reports whether a string's inside is an IP address that
// Elasticsearch takes for one.
func isAddress(b []byte) bool {
	if len(b) < 2 || len(b) > 45 || b[0] > 'f' {
		return false
	}
	if bytes.IndexByte(b, ':') < 0 {
		return isIPv4(b)
	}
	a, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(b), len(b)))
	return err == nil && a.Zone() == ""
}

func isIPv4(b []byte) bool {
	dots, n, digits := 0, 0, 0
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9' && digits < 3 && (digits == 0 || n > 0):
			n = n*10 + int(c-'0')
			digits++
		case c == '.' && digits > 0 && n < 256:
			dots, n, digits = dots+1, 0, 0
		default:
			return false
		}
	}
	return dots == 3 && digits > 0 && n < 256
}
