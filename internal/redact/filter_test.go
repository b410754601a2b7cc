package redact

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// FuzzTheFilterHidesNothing compares the redaction with one that reads every
// record exactly, and looks at what has to hold for any input.
func FuzzTheFilterHidesNothing(f *testing.F) {
	seed(f)
	r := New(Options{})
	exact := New(Options{})
	exact.every = true
	f.Fuzz(func(t *testing.T, b []byte) {
		if r.sieve != nil && len(b) < 1<<12 {
			agree(t, []*Redactor{r}, b, ' ')
		}
		in := bytes.Clone(b)
		text, changed := r.Text(nil, b)
		if want, _ := exact.Text(nil, b); !bytes.Equal(text, want) {
			t.Fatalf("text %q\nfast  %q\nexact %q", b, text, want)
		}
		if again, more := r.Text(nil, text); changed && more && !adrift(text) {
			t.Fatalf("text %q\nonce  %q\ntwice %q", b, text, again)
		}
		if !jsonscan.Valid(b) {
			return
		}
		out, _, _ := r.JSON(nil, b)
		if want, _, _ := exact.JSON(nil, b); !bytes.Equal(out, want) {
			t.Fatalf("json %q\nfast  %q\nexact %q", b, out, want)
		}
		if !json.Valid(out) {
			t.Fatalf("json %q\nbecame %q", b, out)
		}
		if again, _, more := r.JSON(nil, out); more && !adrift(out) {
			t.Fatalf("json %q\nonce  %q\ntwice %q", b, out, again)
		}
		if !bytes.Equal(in, b) {
			t.Fatalf("the input changed: %q to %q", in, b)
		}
	})
}

// adrift reports whether a text has so many markers that it ran out of passes.
func adrift(text []byte) bool { return bytes.Count(text, []byte(Marker)) >= passes }

func seed(f *testing.F) {
	for _, name := range []string{"testdata/text.txtar", "testdata/json.txtar"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range txtar.Parse(text).Files {
			for line := range bytes.Lines(file.Data) {
				line = bytes.TrimSuffix(line, []byte("\n"))
				f.Add(line)
				if quoted, err := json.Marshal(map[string]string{"k": string(line)}); err == nil {
					f.Add(quoted)
					again, _ := json.Marshal([]string{string(quoted)})
					f.Add(again)
				}
			}
		}
	}
}
