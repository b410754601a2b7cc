package file

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// pathTemplate is a path with places for the dataset and the time of writing.
//
// The time is that of writing, not the event's: an event's time comes from the
// log, and whoever writes the log could make us open a file for every minute
// since 1970.
type pathTemplate struct {
	text    string
	parts   []part
	dataset bool
	timed   bool
}

// part is a stretch of the path: literal text, a layout of package time, or
// the dataset.
type part struct {
	literal, layout string
}

var layouts = map[byte]string{'Y': "2006", 'm': "01", 'd': "02", 'H': "15"}

func parsePath(text string) (pathTemplate, error) {
	t := pathTemplate{text: text}
	if text == "" {
		return t, errors.New("is missing: where shall the events be written?")
	}
	if strings.HasSuffix(text, "/") {
		return t, fmt.Errorf("%q is a folder; add the file's name, such as events.ndjson", text)
	}
	for rest := text; rest != ""; {
		i := strings.IndexAny(rest, "%{")
		if i < 0 {
			i = len(rest)
		}
		if i > 0 {
			t.parts = append(t.parts, part{literal: rest[:i]})
			rest = rest[i:]
			continue
		}
		p, n, err := placeholder(rest)
		if err != nil {
			return t, err
		}
		t.dataset = t.dataset || p == part{}
		t.timed = t.timed || p.layout != ""
		t.parts, rest = append(t.parts, p), rest[n:]
	}
	return t, nil
}

// placeholder reads the one that rest begins with; the empty part is the dataset.
func placeholder(rest string) (part, int, error) {
	const dataset = "{dataset}"
	switch {
	case strings.HasPrefix(rest, dataset):
		return part{}, len(dataset), nil
	case strings.HasPrefix(rest, "%%"):
		return part{literal: "%"}, 2, nil
	case rest[0] == '%' && len(rest) > 1 && layouts[rest[1]] != "":
		return part{layout: layouts[rest[1]]}, 2, nil
	}
	return part{}, 0, fmt.Errorf("unknown placeholder %q: want {dataset}, %%Y, %%m, %%d or %%H (%%%% is a percent sign)", rest[:min(len(rest), 12)])
}

// of is the path for a document written now.
func (t *pathTemplate) of(doc []byte, now time.Time) string {
	dataset := ""
	if t.dataset {
		for _, v := range datasetPath.Append(nil, doc, nil) {
			dataset = string(v.Bytes)
		}
	}
	return t.fill(folderName(dataset), now)
}

// fill puts a dataset and a time in their places.
func (t *pathTemplate) fill(dataset string, now time.Time) string {
	if len(t.parts) == 1 {
		return t.parts[0].literal
	}
	var b strings.Builder
	for _, p := range t.parts {
		switch {
		case p.literal != "":
			b.WriteString(p.literal)
		case p.layout != "":
			b.WriteString(now.Format(p.layout))
		default:
			b.WriteString(dataset)
		}
	}
	return b.String()
}

var datasetPath = jsonscan.CompilePath("event.dataset")

// folderName makes of a dataset what can stand in a path and leaves nothing
// that could climb out of it.
func folderName(dataset string) string {
	if dataset == "" {
		return "unknown"
	}
	b := []byte(dataset[:min(len(dataset), 100)])
	for i, c := range b {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '_' && c != '-' && (c != '.' || i == 0) {
			b[i] = '_'
		}
	}
	return string(b)
}

// folder is the folder of every path that the template makes.
func (t *pathTemplate) folder() string {
	if t.parts[0].literal == "" {
		return "."
	}
	if len(t.parts) == 1 {
		return filepath.Dir(t.parts[0].literal)
	}
	return filepath.Dir(t.parts[0].literal + "x")
}

// lockName is the file that says that somebody writes to this template.
func (t *pathTemplate) lockName() string {
	below := strings.TrimLeft(strings.TrimPrefix(filepath.Clean(t.text), t.folder()), "/")
	return filepath.Join(t.folder(), "."+strings.ReplaceAll(below, "/", "_")+".lock")
}
