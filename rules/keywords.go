package rules

import (
	"bytes"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// keywords reads every text of an event, for rules that look in all of it: a
// record that is text as it is, of a record in JSON each value that is no
// object or array, keys left out.
type keywords struct{}

// Append appends the texts.
func (keywords) Append(dst []event.Value, ev *event.Event, _ *event.Scratch) []event.Value {
	rec := bytes.TrimSpace(ev.Record)
	if len(rec) == 0 {
		return dst
	}
	if rec[0] != '{' && rec[0] != '[' || !jsonscan.Valid(rec) { // "[12.3] kernel: …" is a line
		return append(dst, event.Text(rec))
	}
	return appendScalars(dst, rec)
}

// appendScalars walks over valid JSON.
func appendScalars(dst []event.Value, b []byte) []event.Value {
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case c == '"':
			end := stringEnd(b, i)
			next := end
			for next < len(b) && (b[next] == ' ' || b[next] == '\n' || b[next] == '\t' || b[next] == '\r') {
				next++
			}
			if next >= len(b) || b[next] != ':' {
				dst = append(dst, event.Value{Kind: event.Escaped, Bytes: b[i+1 : max(i+1, end-1)]})
			}
			i = end
		case c == '-' || c >= '0' && c <= '9' || c == 't' || c == 'f':
			end := i + 1
			for end < len(b) && b[end] > ',' && b[end] != ']' && b[end] != '}' {
				end++
			}
			dst = append(dst, event.Text(b[i:end]))
			i = end
		case c == 'n':
			i += len("null")
		default:
			i++
		}
	}
	return dst
}

// stringEnd returns the place behind the string that begins at i.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}
