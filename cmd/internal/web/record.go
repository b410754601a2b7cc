package web

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/internal/summary"
	"github.com/burstwatch/burstwatch/internal/termtext"
)

// Bounds of what of one document is shown; a record can be a megabyte.
const (
	mostFields   = 400
	mostValues   = 50
	mostOriginal = 64 << 10
)

// field is one ECS field, by its full name, with its values as a person reads them.
type field struct {
	Name   string
	Values []string
	More   int // values that are not shown
}

// record is a document, ready to be read: its fields, and the record as it came.
type record struct {
	Fields []field
	More   int // fields that are not shown
	// Original is event.original, indented if it is JSON; OriginalCut says how
	// many bytes of it are not shown.
	Original    string
	OriginalCut int
	// Document is the whole document, indented.
	Document    string
	DocumentCut int

	all []field
}

// hidden are fields that the record shows elsewhere or that say nothing here.
var hidden = map[string]bool{"event.original": true, "ecs.version": true}

func newRecord(doc []byte) *record {
	r := &record{}
	r.walk("", doc, 0)
	for _, f := range r.all {
		if f.Name == "event.original" && len(f.Values) == 1 {
			r.Original, r.OriginalCut = pretty([]byte(f.Values[0]))
		}
		if !hidden[f.Name] && !strings.HasPrefix(f.Name, "data_stream.") {
			r.Fields = append(r.Fields, f)
		}
	}
	r.Document, r.DocumentCut = pretty(doc)
	return r
}

// deepest is how far names are followed; what lies deeper is shown as JSON.
const deepest = 12

func (r *record) walk(name string, raw []byte, depth int) {
	if len(raw) == 0 {
		return
	}
	switch {
	case raw[0] == '{' && depth < deepest:
		for it := jsonscan.Object(raw); it.Next(); {
			key := summary.Text(append(append([]byte{'"'}, it.Key...), '"'))
			r.walk(strings.TrimPrefix(name+"."+key, "."), it.Value, depth+1)
		}
	case raw[0] == '[':
		r.list(name, raw)
	default:
		r.add(field{Name: name, Values: []string{summary.Text(raw)}})
	}
}

// list shows an array's members; those that are objects as JSON in one line.
func (r *record) list(name string, raw []byte) {
	f := field{Name: name}
	for it := jsonscan.Array(raw); it.Next(); {
		if len(f.Values) == mostValues {
			f.More++
			continue
		}
		f.Values = append(f.Values, summary.Text(it.Value))
	}
	if len(f.Values) > 0 {
		r.add(f)
	}
}

func (r *record) add(f field) {
	if len(r.all) >= mostFields && f.Name != "event.original" {
		r.More++
		return
	}
	r.all = append(r.all, f)
}

// pretty indents JSON; other text is shown as it is, line by line. cut is how
// many bytes are left out.
func pretty(text []byte) (out string, cut int) {
	var b bytes.Buffer
	if json.Indent(&b, termtext.AppendJSON(nil, text), "", "  ") == nil {
		text = b.Bytes()
	} else {
		var lines []byte
		for line := range bytes.Lines(text) {
			lines = append(termtext.Append(lines, bytes.TrimRight(line, "\r\n")), '\n')
		}
		text = lines
	}
	if len(text) > mostOriginal {
		cut = len(text) - mostOriginal
		text = text[:mostOriginal]
	}
	return strings.ToValidUTF8(string(text), ""), cut
}

// below is what of a field's name follows a prefix.
func below(name, prefix string) (string, bool) { return strings.CutPrefix(name, prefix) }
