package cloudtrail_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
	"github.com/burstwatch/burstwatch/parsers/cloudtrail"
)

var update = flag.Bool("update", false, "write what comes out into the goldens")

// created is when the tests read their records.
const created = 1_700_000_000_000_000_000

// TestGoldens reads each archive under testdata. Its "input" is what is parsed,
// or "input.quoted", lines of Go strings, where it holds bytes that a text file
// cannot. "events" are the ECS documents wanted, "rejects" what went to
// quarantine; "show" names the fields that the case is about, where it is not
// about all. A new case is a new archive; go test -update writes what comes out.
func TestGoldens(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no goldens", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) { tryGolden(t, name) })
	}
}

func tryGolden(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range archive.Files {
		files[f.Name] = f.Data
	}
	input, ok := files["input"]
	if !ok {
		input = unquote(t, files["input.quoted"])
	}
	got := map[string]string{}
	got["events"], got["rejects"] = outcome(t, input, strings.Fields(string(files["show"])))
	if *update {
		archive.Files = keep(archive.Files)
		for _, part := range []string{"events", "rejects"} {
			if got[part] != "" {
				archive.Files = append(archive.Files, txtar.File{Name: part, Data: []byte(got[part])})
			}
		}
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for part, text := range got {
		got, want := strings.Split(text, "\n"), strings.Split(string(files[part]), "\n")
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Fatalf("%s differ in line %d:\ngot  %.1000s\nwant %.1000s", part, i+1, strings.Join(got[min(i, len(got)):min(i+3, len(got))], "\n"), strings.Join(want[min(i, len(want)):min(i+3, len(want))], "\n"))
			}
		}
	}
}

func keep(files []txtar.File) (out []txtar.File) {
	for _, f := range files {
		if f.Name != "events" && f.Name != "rejects" {
			out = append(out, f)
		}
	}
	return out
}

func unquote(t *testing.T, lines []byte) (out []byte) {
	for line := range strings.Lines(string(lines)) {
		text, err := strconv.Unquote(strings.TrimSpace(line))
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		out = append(out, text...)
	}
	return out
}

// outcome parses the input as one window and writes down what came of it.
func outcome(t *testing.T, input []byte, show []string) (events, rejects string) {
	t.Helper()
	b := parse(t, input, &event.Origin{Source: "trail", Name: "s3://org-trail/a.json.gz", Identity: []byte("golden")}, parsers.Options{}, len(input))
	var s event.Scratch
	var out bytes.Buffer
	for i := range b.Events {
		fields := chosen(b.Events[i].Schema.Fields(nil, &b.Events[i], &s), show)
		doc := event.AppendDocument(nil, fields)
		if len(show) > 0 {
			out.Write(doc) // short enough for one line
		} else if err := json.Indent(&out, doc, "", "  "); err != nil {
			t.Fatalf("document %d is no JSON: %v\n%s", i, err, doc)
		}
		out.WriteByte('\n')
		s.Reset()
	}
	var why strings.Builder
	for _, r := range b.Rejects {
		fmt.Fprintf(&why, "%d: %s: %.300q\n", r.Offset, r.Reason, r.Raw)
	}
	return out.String(), why.String()
}

// chosen are the fields whose names begin with one of those shown.
func chosen(fields []event.Field, show []string) (out []event.Field) {
	for _, f := range fields {
		if len(show) == 0 || slices.ContainsFunc(show, func(name string) bool { return strings.HasPrefix(f.Key.String(), name) }) {
			out = append(out, f)
		}
	}
	return out
}

// parse runs a new parser over content that comes in windows of the given size.
// All of it lands in one batch.
func parse(t fatal, content []byte, o *event.Origin, options parsers.Options, window int) *event.Batch {
	b := event.NewBatch(0, nil)
	b.Origin, b.Created = o, created
	p := cloudtrail.Spec().New(options)
	p.Reset(o, nil)
	for at, size := 0, max(window, 1); at < len(content); {
		end := min(len(content), at+size)
		n, err := p.Parse(content[at:end:end], int64(at), end == len(content), b)
		if err != nil {
			t.Fatalf("%v", err)
		}
		at += n
		if size = max(window, 1); n == 0 {
			size = end - at + max(window, 1)
		}
	}
	return b
}
