package sigma

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the expected answers anew")

const why = ": why"

// TestRefusedDocumentsSayWhyAndWhere runs every document of refused.txtar.
func TestRefusedDocumentsSayWhyAndWhere(t *testing.T) {
	const file = "testdata/refused.txtar"
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, f := range a.Files {
		want[f.Name] = string(f.Data)
	}
	out := &txtar.Archive{Comment: a.Comment}
	for _, f := range a.Files {
		if strings.HasSuffix(f.Name, why) {
			continue
		}
		docs := Parse("rule.yml", f.Data)
		Link(&docs, nil)
		var got strings.Builder
		for _, r := range docs.Refused {
			for _, x := range r.Faults {
				fmt.Fprintf(&got, "%d:%d %s\n", x.Line, x.Column, x.Reason)
			}
		}
		if got.Len() == 0 {
			t.Errorf("%s: not refused", f.Name)
		} else if want[f.Name+why] != got.String() && !*update {
			t.Errorf("%s: got\n%swant\n%s", f.Name, &got, want[f.Name+why])
		}
		out.Files = append(out.Files, f, txtar.File{Name: f.Name + why, Data: []byte(got.String())})
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(out), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
