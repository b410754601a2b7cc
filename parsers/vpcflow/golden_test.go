package vpcflow

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the goldens anew")

// TestGoldens reads testdata/*.txtar: input, and format where the source
// declares one, become documents, rejects and error. go test -update writes
// these.
func TestGoldens(t *testing.T) {
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
			o := testOrigin
			var input []byte
			kept := ar.Files[:0:0]
			for _, f := range ar.Files {
				switch f.Name {
				case "input":
					input = f.Data
				case "format":
					o.Format = strings.TrimSpace(string(f.Data))
				default:
					continue
				}
				kept = append(kept, f)
			}
			g := run(input, o, 0, nil, false)
			out := &txtar.Archive{Comment: ar.Comment, Files: append(kept, results(t, g)...)}
			if *update {
				if err := os.WriteFile(file, txtar.Format(out), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got, want := txtar.Format(out), txtar.Format(ar); !bytes.Equal(got, want) {
				t.Errorf("differs from %s; got\n%s", file, got)
			}
		})
	}
}

func results(t *testing.T, g got) (files []txtar.File) {
	var docs bytes.Buffer
	for _, e := range g.events {
		if err := json.Indent(&docs, []byte(e), "", " "); err != nil {
			t.Fatalf("%v in %s", err, e)
		}
		docs.WriteByte('\n')
	}
	add := func(name, data string) {
		if data != "" {
			files = append(files, txtar.File{Name: name, Data: []byte(data)})
		}
	}
	add("documents", docs.String())
	if len(g.rejects) > 0 {
		add("rejects", strings.Join(g.rejects, "\n")+"\n")
	}
	if g.err != "" {
		add("error", g.err+"\n")
	}
	return files
}
