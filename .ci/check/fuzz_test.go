package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestOnlyFuzzTargetsAreFound(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x_test.go")
	source := `package x
func FuzzParse(f *testing.F) {}
func FuzzyMatch() {}
func (s suite) FuzzMethod(f *testing.F) {}
func TestParse(t *testing.T) {}
`
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := fuzzFuncs(file)
	if err != nil || !slices.Equal(got, []string{"FuzzParse"}) {
		t.Errorf("got %q, %v; want FuzzParse alone", got, err)
	}
}

func TestOnlyTheDeadlineOfGoItselfIsForgiven(t *testing.T) {
	const bare = "fuzz: elapsed: 5s, execs: 9 (0/sec)\n--- FAIL: FuzzParse (5.01s)\n    context deadline exceeded\nFAIL\nexit status 1\n"
	for output, want := range map[string]bool{
		bare: true,
		"--- FAIL: FuzzParse (5.01s)\n    x_test.go:9: context deadline exceeded\nFAIL\n":                         false,
		bare + "Failing input written to testdata/fuzz/FuzzParse/1\n":                                             false,
		"--- FAIL: FuzzParse (5.01s)\n    fuzzing process hung or terminated unexpectedly: exit status 2\nFAIL\n": false,
	} {
		if got := endedAtDeadline(output); got != want {
			t.Errorf("%v, want %v, for:\n%s", got, want, output)
		}
	}
}
