package redact_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/redact"
	"github.com/burstwatch/burstwatch/internal/redact/redacttest"
)

var plants, secretKeys = redacttest.Plants(), redacttest.Keys()

var harmlessKeys = []string{"a", "name", "value", "nextToken", "secretId", "eventName", "accessKeyId", "userName", "commands", "key", "Ünicode"}

func drawSecret(t *rapid.T, p redacttest.Plant) string {
	least, most := p.Length()
	s := rapid.StringOfN(rapid.SampledFrom([]rune(p.Alphabet)), least, most, -1).Draw(t, "secret")
	// The last is no punctuation, which would be the sentence's.
	return p.Prefix + s + "Z7"
}

func quoted(s string) []byte {
	b, _ := json.Marshal(s)
	return b
}

// document draws JSON in which needle stands once, as the value of a harmless
// or a secret key, however deep and however escaped.
func document(t *rapid.T) (doc []byte, secret string) {
	var key, text string
	if rapid.Bool().Draw(t, "keyed") {
		key = rapid.SampledFrom(secretKeys).Draw(t, "key")
		secret = drawSecret(t, redacttest.Plant{Alphabet: redacttest.Typed + "\"\\\n\t é&<", Prefix: "s"})
		text = secret
	} else {
		p := rapid.SampledFrom(plants).Draw(t, "plant")
		secret = drawSecret(t, p)
		key = rapid.SampledFrom(harmlessKeys).Draw(t, "key")
		text = fmt.Sprintf(p.Text, secret)
	}
	doc = member(t, key, text)
	for range rapid.IntRange(0, 3).Draw(t, "depth") {
		key := rapid.SampledFrom(harmlessKeys).Draw(t, "outer")
		switch rapid.IntRange(0, 2).Draw(t, "as") {
		case 0: // JSON inside of a string
			doc = member(t, key, string(doc))
		case 1:
			doc = []byte(`{"x":null,` + quote(t, key) + ` : ` + string(doc) + `,"continuationToken":"AAAA"}`)
		case 2:
			doc = []byte(`{` + quote(t, key) + `:[1,` + string(doc) + `, "b"]}`)
		}
	}
	return doc, secret
}

func member(t *rapid.T, key, text string) []byte {
	return []byte(`{"before":"x y",` + quote(t, key) + `:` + quote(t, text) + `,"after":-1.5e3}`)
}

// quote encodes a string as JSON, as any encoder might.
func quote(t *rapid.T, s string) string {
	odd := rapid.IntRange(0, 3).Draw(t, "escapes")
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c < 0x80 && odd > 0 && rapid.IntRange(0, 6/odd).Draw(t, "escape") == 0 && (odd > 1 || c == '=' || c == '/' || c == '&' || c == '<'):
			fmt.Fprintf(&b, "\\u%04x", c)
		case c == '/' && odd == 2:
			b.WriteString(`\/`)
		case c == '"' || c == '\\':
			b.WriteRune('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c < ' ':
			fmt.Fprintf(&b, "\\u%04X", c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String() + `"`
}

// holds reports whether a secret can be read anywhere in a JSON document, strings
// in which JSON lies included.
func holds(doc []byte, secret string) bool {
	if bytes.Contains(doc, []byte(secret)) {
		return true
	}
	var v any
	return json.Unmarshal(doc, &v) == nil && holdsValue(v, secret)
}

func holdsValue(v any, secret string) bool {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if strings.Contains(k, secret) || holdsValue(e, secret) {
				return true
			}
		}
	case []any:
		for _, e := range v {
			if holdsValue(e, secret) {
				return true
			}
		}
	case string:
		return strings.Contains(v, secret) || len(v) > 1 && holds([]byte(v), secret)
	}
	return false
}

func TestNoPlantedSecretSurvivesInJSON(t *testing.T) {
	r := redact.Default()
	rapid.Check(t, func(t *rapid.T) {
		doc, secret := document(t)
		if !holds(doc, secret) {
			t.Fatalf("not planted: %q in %s", secret, doc)
		}
		out, paths, changed := r.JSON(nil, doc)
		switch {
		case !changed || holds(out, secret):
			t.Fatalf("survives: %q\nin  %s\nout %s", secret, doc, out)
		case !json.Valid(out):
			t.Fatalf("no JSON any more:\nin  %s\nout %s", doc, out)
		case len(paths) == 0 || strings.Contains(strings.Join(paths, " "), secret):
			t.Fatalf("paths %q", paths)
		case !untouched(doc, out):
			t.Fatalf("something else changed:\nin  %s\nout %s", doc, out)
		}
		if again, _, changed := r.JSON(nil, out); changed {
			t.Fatalf("a second time changes\n%s to\n%s", out, again)
		}
	})
}

// TestNoPlantedSecretSurvivesInBrokenJSON cuts a record behind its secret.
func TestNoPlantedSecretSurvivesInBrokenJSON(t *testing.T) {
	r := redact.Default()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(plants).Draw(t, "plant")
		secret := drawSecret(t, p)
		text := fmt.Sprintf(p.Text, secret)
		line := text
		for range rapid.IntRange(0, 2).Draw(t, "depth") {
			quoted, _ := json.Marshal(line)
			line = `{"a":` + string(quoted) + `,"b":[`
		}
		out, _ := r.Text(nil, []byte(line))
		if plain, _ := json.Marshal(secret); strings.Contains(string(out), secret) || bytes.Contains(out, plain[1:len(plain)-1]) {
			t.Fatalf("survives: %q\nin  %s\nout %s", secret, line, out)
		}
		if !untouched([]byte(line), out) {
			t.Fatalf("something else changed:\nin  %s\nout %s", line, out)
		}
		if again, changed := r.Text(nil, out); changed {
			t.Fatalf("a second time changes\n%s to\n%s", out, again)
		}
	})
}

// untouched reports whether out is in with stretches replaced by the marker.
func untouched(in, out []byte) bool {
	pieces := bytes.Split(out, []byte(redact.Marker))
	if !bytes.HasPrefix(in, pieces[0]) || !bytes.HasSuffix(in, pieces[len(pieces)-1]) {
		return false
	}
	for _, p := range pieces {
		i := bytes.Index(in, p)
		if i < 0 {
			return false
		}
		in = in[i+len(p):]
	}
	return true
}
