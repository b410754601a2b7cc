package event_test

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
)

// TestDocumentsNestAsTheirNamesSay compares with maps built name by name, for
// any choice of fields and values.
func TestDocumentsNestAsTheirNamesSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var fields []event.Field
		want := map[string]any{}
		for k := range event.Keys {
			if rapid.IntRange(0, 9).Draw(t, "in") > 2 {
				continue
			}
			v := anyValue(t)
			fields = append(fields, event.Field{Key: event.Key(k), Value: v})
			if !v.IsNull() {
				put(want, strings.Split(event.Key(k).String(), "."), plain(t, v))
			}
		}
		before := rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, "before")
		doc := event.AppendDocument(append(make([]byte, 0, rapid.IntRange(5, 3000).Draw(t, "room")), before...), fields)
		if !bytes.HasPrefix(doc, before) {
			t.Fatalf("what stood there before is gone: %q", doc)
		}
		var got map[string]any
		d := json.NewDecoder(bytes.NewReader(doc[len(before):]))
		d.UseNumber()
		if err := d.Decode(&got); err != nil || d.More() {
			t.Fatalf("%v: %q", err, doc)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
	})
}

func put(into map[string]any, path []string, v any) {
	for ; len(path) > 1; path = path[1:] {
		next, ok := into[path[0]].(map[string]any)
		if !ok {
			next = map[string]any{}
			into[path[0]] = next
		}
		into = next
	}
	into[path[0]] = v
}

func anyValue(t *rapid.T) event.Value {
	text := rapid.String().Draw(t, "text")
	switch event.Kind(rapid.IntRange(0, int(event.Time)).Draw(t, "kind")) {
	case event.String:
		return event.Text(spare(t, []byte(text)))
	case event.Escaped:
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		return event.Value{Kind: event.Escaped, Bytes: spare(t, quoted[1:len(quoted)-1])}
	case event.JSON:
		return event.RawJSON([]byte(`{"a":[1,"b"]}`))
	case event.Int:
		return event.Int64(rapid.Int64().Draw(t, "int"))
	case event.Float:
		return event.Float64(rapid.Float64().Draw(t, "float"))
	case event.Bool:
		return event.Boolean(rapid.Bool().Draw(t, "bool"))
	case event.Time:
		return event.At(rapid.Int64Range(0, 4e18).Draw(t, "time"))
	}
	return event.Value{}
}

// spare gives b some bytes behind it, as fields of a record have.
func spare(t *rapid.T, b []byte) []byte {
	return append(b, make([]byte, rapid.IntRange(0, 40).Draw(t, "spare"))...)[:len(b)]
}

// plain is the value as encoding/json reads it back.
func plain(t *rapid.T, v event.Value) any {
	if v.Kind == event.Float && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0)) {
		return nil
	}
	var out any
	d := json.NewDecoder(bytes.NewReader(event.AppendValue(nil, v)))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		t.Fatalf("a value of kind %d becomes %q: %v", v.Kind, event.AppendValue(nil, v), err)
	}
	return out
}

func TestADocumentWithoutFieldsIsEmpty(t *testing.T) {
	if got := event.AppendDocument([]byte("x"), []event.Field{{Key: event.KeyEventID}}); string(got) != "x{}" {
		t.Errorf("got %q", got)
	}
}
