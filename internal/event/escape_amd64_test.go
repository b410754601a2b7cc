package event

import (
	"bytes"
	"testing"
)

// FuzzEscapeSixteen holds the way in blocks of sixteen bytes alone, which
// processors with a wider one leave to the ends of texts, to the slow one.
func FuzzEscapeSixteen(f *testing.F) {
	for _, s := range []string{`{"a":"b\\"}`, "é日本\n\"", "\xff\"", "\x00"} {
		f.Add(bytes.Repeat([]byte(s), 20), 3)
		f.Add(append(bytes.Repeat([]byte("x"), 100), s...), 100)
	}
	f.Fuzz(func(t *testing.T, text []byte, room int) {
		before := append(make([]byte, 0, 8+room&1023), "before: "...)
		got, done := escapeShuffled(before, text, false)
		if got = appendEscapedSlow(got, text[done:]); !bytes.Equal(got, appendEscapedSlow(bytes.Clone(before[:8]), text)) {
			t.Fatalf("%q becomes\n%q", text, got)
		}
	})
}
