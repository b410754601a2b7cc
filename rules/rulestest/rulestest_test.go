package rulestest

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMultiplyMakesTheSameRulesAgain(t *testing.T) {
	from := t.TempDir()
	rule := "title: a\nid: x\ndetection:\n  s:\n    eventName: [A, B]\n    other: C\n  condition: s\n"
	if err := os.WriteFile(filepath.Join(from, "a.yml"), []byte(rule), 0o600); err != nil {
		t.Fatal(err)
	}
	var texts [2]string
	for i := range texts {
		to := t.TempDir()
		if err := Multiply(from, to, 3); err != nil {
			t.Fatal(err)
		}
		for _, n := range []string{"rule00000.yml", "rule00001.yml", "rule00002.yml"} {
			b, err := os.ReadFile(filepath.Join(to, n))
			if err != nil {
				t.Fatal(err)
			}
			texts[i] += string(b)
		}
	}
	if texts[0] != texts[1] {
		t.Errorf("two runs differ:\n%s\n%s", texts[0], texts[1])
	}
}
