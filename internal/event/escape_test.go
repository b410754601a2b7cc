package event_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/burstwatch/burstwatch/internal/event"
)

// FuzzEscape: what is escaped reads back, with encoding/json and with our own
// unescaping, as the text with invalid UTF-8 replaced.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{
		"", `"`, `\`, "plain", "\x00\x1f\x7f", "tab\tline\r\n", "é日本", "\xff\xfe", "a\xe6\x97", strings.Repeat(`{"k":"v"},`, 40),
		strings.Repeat("x", 79) + "\"", strings.Repeat("x", 80) + "\"", strings.Repeat(`"`, 300), strings.Repeat("日", 60), strings.Repeat("x", 100) + "\xff",
		strings.Repeat(`{"k":"é"},`, 40), strings.Repeat("a\nb\"", 60), strings.Repeat("x", 130) + "\xe6\x97\xa5" + strings.Repeat("y", 100),
	} {
		f.Add([]byte(s), 0)
		f.Add([]byte(s), 7)
	}
	f.Fuzz(func(t *testing.T, text []byte, before int) {
		prefix := strings.Repeat("p", before&255)
		got := event.AppendEscaped([]byte(prefix), text)
		if !strings.HasPrefix(string(got), prefix) {
			t.Fatalf("what stood there before is gone: %q", got)
		}
		inside := got[len(prefix):]
		var back string
		if err := json.Unmarshal([]byte(`"`+string(inside)+`"`), &back); err != nil {
			t.Fatalf("%q becomes %q: %v", text, inside, err)
		}
		want := string(bytes.ToValidUTF8(text, nil))
		if utf8.Valid(text) && back != want {
			t.Fatalf("%q becomes %q, which reads %q", text, inside, back)
		}
		if !utf8.Valid(text) && back != string([]rune(string(text))) {
			t.Fatalf("%q becomes %q, which reads %q", text, inside, back)
		}
		if u := event.AppendUnescaped(nil, inside); string(u) != back {
			t.Fatalf("%q unescapes to %q, encoding/json says %q", inside, u, back)
		}
	})
}

// FuzzUnescape: the inside of any valid JSON string reads as encoding/json has it.
func FuzzUnescape(f *testing.F) {
	for _, s := range []string{`a`, `\n\r\t\b\f\/\"\\`, `\u00e9\u65E5`, `\ud83d\ude00`, `\ud83d`, `\ud83dx`, `\ude00\ud83d`, `\ud83d\u0041`, `\ud83d\ud83d\ude00`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, inside string) {
		var want string
		if !utf8.ValidString(inside) || json.Unmarshal([]byte(`"`+inside+`"`), &want) != nil {
			return
		}
		if got := event.AppendUnescaped(nil, []byte(inside)); string(got) != want {
			t.Fatalf("%q is %q, want %q", inside, got, want)
		}
	})
}

// BenchmarkEscape escapes a JSON record, as event.original has it.
func BenchmarkEscape(b *testing.B) {
	record := []byte(strings.Repeat(`"requestID":"0d8f1c2e-5a8e-4c8b-9a43-1c5d7c1f0001","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111111111111:user/ada"},"readOnly":true,`, 10))
	dst := make([]byte, 0, 4*len(record))
	b.SetBytes(int64(len(record)))
	b.ReportAllocs()
	for b.Loop() {
		dst = event.AppendEscaped(dst[:0], record)
	}
}
