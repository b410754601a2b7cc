package event

import (
	"bytes"
	"testing"
)

// FuzzEscapeWays: all ways of escaping give the same bytes.
func FuzzEscapeWays(f *testing.F) {
	for _, s := range []string{`{"a":"b\\"}`, "plain text that needs nothing at all", "é日本\n\"", "\xff\"", "\x00"} {
		f.Add(bytes.Repeat([]byte(s), 20), 3)
		f.Add(append(bytes.Repeat([]byte("x"), 100), s...), 100)
	}
	f.Fuzz(func(t *testing.T, text []byte, room int) {
		before := append(make([]byte, 0, 8+room&1023), "before: "...)
		want := appendEscapedSlow(bytes.Clone(before), text)
		for name, way := range map[string]func(dst, text []byte) ([]byte, int){"blocks": escapeBlocks, "fast": escapeFast} {
			got, done := way(before, text)
			got = appendEscapedSlow(got, text[done:])
			if !bytes.Equal(got, want) {
				t.Fatalf("%s: %q becomes\n%q, want\n%q", name, text, got, want)
			}
		}
	})
}
