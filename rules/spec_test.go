package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/burstwatch/burstwatch/internal/event"
)

// TestTheSpecificationsExamplesPassCases runs cases for all ten examples of
// correlations and filters. They are for logs that we do not read; here those of
// CloudTrail stand for them.
func TestTheSpecificationsExamplesPassCases(t *testing.T) {
	root := filepath.Join(corpus(t), "sigma-rules/spec-examples")
	a, err := txtar.ParseFile("testdata/spec.txtar")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{}
	examples := 0
	for _, f := range a.Files {
		name, part, _ := strings.Cut(f.Name, ": ")
		if part == "cases" {
			cases[name] = string(f.Data)
			continue
		}
		examples++
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(root, name))
			if err != nil {
				t.Fatal(err)
			}
			example := string(text) + cases[name]
			for _, logs := range []string{"category: process_creation\n    product: windows", "category: network\n    service: dns"} {
				example = strings.ReplaceAll(example, logs, "product: aws\n    service: cloudtrail")
			}
			passCases(t, example+"\n---\n"+string(f.Data))
		})
	}
	if examples != 10 {
		t.Errorf("%d examples, not 10", examples)
	}
}

// passCases loads a file and runs its cases.
func passCases(t *testing.T, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x.yml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	parse := func(native []byte, _ string) ([]*event.Event, error) {
		return []*event.Event{{Schema: cloudtrail, Record: native}}, nil
	}
	results := Test(load(t, file), []event.Schema{cloudtrail}, parse, Options{})
	if len(results) < 2 {
		t.Errorf("%d cases", len(results))
	}
	for _, r := range results {
		if !r.Passed {
			t.Errorf("%s: %s: %s", r.Rule.Title, r.Case.Name, r.Reason)
		}
	}
}
