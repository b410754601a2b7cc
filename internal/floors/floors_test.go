package floors

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
)

// laws maps each law's name to what finds its breaches in a tree, one a line.
var laws = map[string]func(*tree) []string{
	"imports go down only":                      importsUpward,
	"nothing happens by being imported":         importEffects,
	"a package is named for what it is for":     emptyNames,
	"a room is known by its door":               closedDoors,
	"no file tells of the machine it came from": machineTraces,
}

func TestTheHouseKeepsItsLaws(t *testing.T) {
	real := readTree(t, os.DirFS("../.."))
	if len(real.packages) < 5 {
		t.Fatalf("found %d packages: this is not the whole tree", len(real.packages))
	}
	for name, law := range laws {
		for _, breach := range law(real) {
			t.Errorf("%s: %s", name, breach)
		}
	}
}

// TestEachLawCanBeBroken proves that the laws see what they forbid, and nothing
// else: each archive under testdata is a tree, and its file "want" lists the breaches.
func TestEachLawCanBeBroken(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) < len(laws) {
		t.Fatalf("%d archives for %d laws, %v", len(archives), len(laws), err)
	}
	for _, name := range archives {
		t.Run(filepath.Base(name), func(t *testing.T) { tryArchive(t, name) })
	}
}

func tryArchive(t *testing.T, name string) {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	// A planted trace is written with an @ inside, see traces.txtar.
	archive := txtar.Parse(bytes.ReplaceAll(text, []byte("@"), nil))
	files, want := fstest.MapFS{}, map[string]bool{}
	for _, f := range archive.Files {
		if f.Name != "want" {
			files[f.Name] = &fstest.MapFile{Data: f.Data}
			continue
		}
		for line := range strings.Lines(string(f.Data)) {
			want[strings.TrimSpace(line)] = true
		}
	}
	broken := readTree(t, files)
	for name, law := range laws {
		for _, breach := range law(broken) {
			if !want[breach] {
				t.Errorf("%s: unexpected: %s", name, breach)
			}
			delete(want, breach)
		}
	}
	for breach := range want {
		t.Errorf("not seen: %s", breach)
	}
}
