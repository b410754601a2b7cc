package parsertest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

// Origin is where test inputs are said to come from.
var Origin = event.Origin{Source: "test", Name: "logs/test.log", Identity: []byte("identity")}

// Splits holds a parser to its contract: any split of the input, with or
// without restarts between the windows, gives the same events, rejects and error.
func Splits(t *testing.T, spec parsers.Spec, maxRecord int, draw func(*rapid.T) []byte) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		input := draw(t)
		whole := Run(spec, input, Origin, Windows{MaxRecord: maxRecord})
		cuts := rapid.SliceOfN(rapid.IntRange(0, len(input)), 0, 40).Draw(t, "cuts")
		slices.Sort(cuts)
		w := Windows{Cuts: cuts, Restart: rapid.Bool().Draw(t, "restart"), MaxRecord: maxRecord}
		parts := Run(spec, input, Origin, w)
		if w.Restart {
			whole, parts = whole.WithoutNumbers(), parts.WithoutNumbers()
		}
		if d := difference(whole.lines(), parts.lines()); d != "" {
			t.Fatalf("%q split at %v, restarts %v: %s", input, cuts, w.Restart, d)
		}
	})
}

// lines is the result as a list.
func (r Result) lines() []string {
	out := slices.Concat(r.Events, r.Rejects)
	return append(out, r.Err)
}

// difference shows the first line in which two results differ.
func difference(whole, parts []string) string {
	for i := range max(len(whole), len(parts)) {
		a, b := "nothing", "nothing"
		if i < len(whole) {
			a = whole[i]
		}
		if i < len(parts) {
			b = parts[i]
		}
		if a != b {
			return "line " + strconv.Itoa(i) + "\nwhole: " + a + "\nparts: " + b
		}
	}
	return ""
}

// Goldens reads testdata/*.txtar of the test's package: the file input, and
// format, dataset and name of the origin where they matter, become documents,
// rejects and error. With update these are written anew.
func Goldens(t *testing.T, spec parsers.Spec, update bool) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no goldens", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			out := golden(t, spec, ar)
			if update {
				if err := os.WriteFile(file, out, 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !bytes.Equal(out, txtar.Format(ar)) {
				t.Errorf("differs from %s; got\n%s", file, out)
			}
		})
	}
}

// golden is the archive with its results made anew.
func golden(t *testing.T, spec parsers.Spec, ar *txtar.Archive) []byte {
	t.Helper()
	o := Origin
	var input []byte
	given := []txtar.File{}
	for _, f := range ar.Files {
		text := strings.TrimSpace(string(f.Data))
		switch f.Name {
		case "input":
			input = f.Data
		case "format":
			o.Format = text
		case "dataset":
			o.Dataset = text
		case "name":
			o.Name = text
		default:
			continue
		}
		given = append(given, f)
	}
	r := Run(spec, input, o, Windows{})
	return txtar.Format(&txtar.Archive{Comment: ar.Comment, Files: append(given, r.files(t)...)})
}

func (r Result) files(t *testing.T) (files []txtar.File) {
	t.Helper()
	var docs bytes.Buffer
	for _, e := range r.Events {
		if err := json.Indent(&docs, []byte(e), "", " "); err != nil {
			t.Fatalf("%v in %s", err, e)
		}
		docs.WriteByte('\n')
	}
	for _, f := range []txtar.File{
		{Name: "documents", Data: docs.Bytes()},
		{Name: "rejects", Data: []byte(strings.Join(r.Rejects, "\n"))},
		{Name: "error", Data: []byte(r.Err)},
	} {
		if len(f.Data) > 0 {
			files = append(files, f)
		}
	}
	return files
}

// Getters holds a schema to its own word: for every key of the table a getter
// gives what the document has, but for the types of numbers, and is nil only
// where no event has the field. Names that an event's raw record has too are
// left out by skip.
func Getters(t *testing.T, spec parsers.Spec, input []byte, skip func(ev *event.Event, name string) bool) {
	t.Helper()
	o := Origin
	b := event.NewBatch(0, nil)
	b.Origin, b.Created = &o, Created
	p := spec.New(parsers.Options{})
	p.Reset(&o, nil)
	if _, err := p.Parse(input, 0, true, b); err != nil {
		t.Log(err)
	}
	var s event.Scratch
	for i := range b.Events {
		ev := &b.Events[i]
		document := map[event.Key]string{}
		for _, f := range ev.Schema.Fields(nil, ev, &s) {
			document[f.Key] = flat(f.Value)
		}
		for k := range event.Key(event.Keys) {
			if skip != nil && skip(ev, k.String()) {
				continue
			}
			if got := asked(ev, k, &s); got != document[k] {
				t.Fatalf("%q: %s by its getter is %s, in the document %s", ev.Record, k, got, document[k])
			}
		}
	}
}

// asked is what a getter gives, its values joined.
func asked(ev *event.Event, k event.Key, s *event.Scratch) string {
	g := ev.Schema.Getter(k.String())
	if g == nil {
		return ""
	}
	var out []string
	for _, v := range g.Append(nil, ev, s) {
		out = append(out, flat(v))
	}
	return strings.Join(out, ",")
}

// flat is a value without quotes and brackets: a getter may give as a number
// what the document has as keyword, and gives an array by its members.
func flat(v event.Value) string {
	return string(bytes.Map(func(r rune) rune {
		if strings.ContainsRune(`"[]`, r) {
			return -1
		}
		return r
	}, event.AppendValue(nil, v)))
}
