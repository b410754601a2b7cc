package termtext

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestWhatATerminalWouldObeyIsShownInstead(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain text, C:\\new", "plain text, C:\\new"},
		{"\x1b[2J\x1b]0;owned\a", `\x1b[2J\x1b]0;owned\x07`},
		{"a\nb\r\tc\x7f", `a\nb\r\tc\x7f`},
		{"\u009b31m", `\u009b31m`}, // CSI in one character
		{"\x9b31m", `\x9b31m`},     // and in one byte
		{"txt.\u202egpj.exe", `txt.\u202egpj.exe`},
		{"a\u200bb\u2066c\ufeff", `a\u200bb\u2066c\ufeff`},
		{"\U000e0041", `\U000e0041`}, // a tag: text nobody sees
		{"\u3164\u2800\u115f", `\u3164\u2800\u115f`},
		{"\u2028\u2029", `\u2028\u2029`},
		{"Zoë, Łukasz, 山田, Ж, é", "Zoë, Łukasz, 山田, Ж, é"},
		{"e\u0301", "e\u0301"},
		{"\u0301e", `\u0301e`},
		{"e" + strings.Repeat("\u0301", 5), "e" + strings.Repeat("\u0301", 3) + `\u0301\u0301`},
		{"\ufffd", "\ufffd"},
		{"\xff", `\xff`},
		{"", ""},
	} {
		if got := Escape(c.in); got != c.want {
			t.Errorf("Escape(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestTextIsCutByWhatItTakesOnTheScreen(t *testing.T) {
	for _, c := range []struct {
		in    string
		cells int
		want  string
	}{
		{"short", 10, "short"},
		{"exact", 5, "exact"},
		{"longer", 5, "long…"},
		{"山田太郎", 8, "山田太郎"},
		{"山田太郎", 7, "山田太…"},
		{"山田太郎", 6, "山田…"},
		{"ab\x1bcd", 8, `ab\x1bcd`},
		{"ab\x1bcd", 7, `ab\x1b…`},
		{"ab\x1bcd", 5, `ab…`}, // no half escape
		{"e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
		{"x", 0, ""},
		{"xy", 1, "…"},
	} {
		got := Fit(c.in, c.cells)
		if got != c.want || Width(got) > c.cells {
			t.Errorf("Fit(%q, %d) = %q of %d cells, want %q", c.in, c.cells, got, Width(got), c.want)
		}
	}
	if got := Pad("山", 4) + "|"; got != "山  |" {
		t.Errorf("Pad: %q", got)
	}
}

func safe(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Fatalf("%q is not UTF-8", s)
	}
	for _, r := range s {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Co) {
			t.Fatalf("%q holds %U", s, r)
		}
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("a\x1b[0m", 4)
	f.Add("\u202e山e\u0301", 3)
	f.Fuzz(func(t *testing.T, s string, cells int) {
		once := Escape(s)
		safe(t, once)
		if twice := Escape(once); twice != once {
			t.Fatalf("escaped twice: %q, then %q", once, twice)
		}
		if got := string(Append(nil, []byte(s))); got != once {
			t.Fatalf("Append %q, Escape %q", got, once)
		}
		cells %= 100
		cut := Fit(s, cells)
		safe(t, cut)
		if w := Width(cut); w > max(cells, 0) {
			t.Fatalf("Fit(%q, %d) = %q takes %d", s, cells, cut, w)
		}
		if Width(s) <= cells && cut != once {
			t.Fatalf("Fit(%q, %d) = %q although all of it fits", s, cells, cut)
		}
	})
}

func FuzzAppendJSON(f *testing.F) {
	f.Add([]byte("{\"a\":\"\u202e\U000e0041\x7f\",\n\"b\":[1,\t2]}"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		out := AppendJSON(nil, doc)
		safe(t, string(out))
		var before, after any
		if json.Unmarshal(doc, &before) != nil {
			return
		}
		if err := json.Unmarshal(out, &after); err != nil {
			t.Fatalf("%q became %q: %v", doc, out, err)
		}
		if !reflect.DeepEqual(before, after) {
			t.Fatalf("%q became %q", doc, out)
		}
		if bytes.ContainsRune(out, '\n') {
			t.Fatalf("%q is several lines", out)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	s := []byte(strings.Repeat("arn:aws:iam::111111111111:role/render ", 8))
	var out []byte
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		out = Append(out[:0], s)
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	s := []byte(`{"user":{"name":"` + strings.Repeat("Zoë works here ", 100) + `"}}`)
	var out []byte
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		out = AppendJSON(out[:0], s)
	}
}
