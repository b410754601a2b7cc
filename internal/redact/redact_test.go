package redact_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/burstwatch/burstwatch/internal/redact"
)

// TestSecretsInText reads testdata/text.txtar: each file holds pairs of lines,
// a text and what is left of it; a line "=" alone says that nothing changes.
func TestSecretsInText(t *testing.T) {
	r := redact.Default()
	for name, c := range pairs(t, "testdata/text.txtar") {
		for _, p := range c {
			got, changed := r.Text(nil, []byte(p[0]))
			if string(got) != p[1] || changed != (p[0] != p[1]) {
				t.Errorf("%s:\n text %s\n got  %s\n want %s", name, p[0], got, p[1])
			}
			if again, changed := r.Text(nil, got); changed {
				t.Errorf("%s: redacting twice changes\n %s\nto\n %s", name, got, again)
			}
		}
	}
}

// TestSecretsInJSON reads testdata/json.txtar: pairs of lines, the second
// beginning with the paths.
func TestSecretsInJSON(t *testing.T) {
	r := redact.Default()
	for name, c := range pairs(t, "testdata/json.txtar") {
		for _, p := range c {
			got, paths, changed := r.JSON(nil, []byte(p[0]))
			want := p[1]
			line := strings.Join(paths, " ") + " " + string(got)
			if !changed {
				line = string(got)
			}
			if line != want {
				t.Errorf("%s:\n json %s\n got  %s\n want %s", name, p[0], line, want)
			}
			if !json.Valid(got) {
				t.Errorf("%s: no JSON: %s", name, got)
			}
			if again, _, changed := r.JSON(nil, got); changed {
				t.Errorf("%s: redacting twice changes\n %s\nto\n %s", name, got, again)
			}
		}
	}
}

func pairs(t *testing.T, file string) map[string][][2]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][][2]string{}
	for _, f := range txtar.Parse(text).Files {
		lines := strings.Split(strings.TrimSpace(string(f.Data)), "\n")
		if len(lines)%2 != 0 {
			t.Fatalf("%s: %s has an odd number of lines", file, f.Name)
		}
		for i := 0; i < len(lines); i += 2 {
			p := [2]string{lines[i], lines[i+1]}
			if p[1] == "=" {
				p[1] = p[0]
			}
			out[f.Name] = append(out[f.Name], p)
		}
	}
	return out
}
