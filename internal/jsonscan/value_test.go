package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// plain reads what encoding/json reads, with numbers as they stand.
func plain(t *testing.T, raw []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("encoding/json refuses %q: %v", raw, err)
	}
	return v
}

// asPlain says in encoding/json's types what an event value holds.
func asPlain(t *testing.T, v event.Value) any {
	t.Helper()
	switch v.Kind {
	case event.String:
		return string(v.Bytes)
	case event.Escaped:
		return string(event.AppendUnescaped(nil, v.Bytes))
	case event.Bool:
		return v.Num != 0
	case event.Int:
		return json.Number(fmt.Sprint(v.Num))
	case event.JSON:
		return plain(t, v.Bytes)
	case event.Float:
		return v.Float()
	}
	t.Fatalf("kind %d", v.Kind)
	return nil
}

// same compares with some grace for the many ways of writing one number.
func same(got, want any) bool {
	n, ok := want.(json.Number)
	if !ok {
		return reflect.DeepEqual(got, want)
	}
	f, err := n.Float64()
	if g, ok := got.(float64); ok {
		return err == nil && f == g
	}
	if g, ok := got.(json.Number); ok {
		h, _ := g.Float64()
		return g == n || err == nil && h == f
	}
	return false
}

// FuzzValues: a path leads to what a walk over encoding/json's maps finds.
func FuzzValues(f *testing.F) {
	for _, s := range shapes {
		f.Add([]byte(s), "a")
	}
	for _, c := range []string{
		`{"a":{"b":1,"b":2}}|a.b`, `{"a":[{"b":1},{"b":[2,[3,null]]},{"c":4},7]}|a.b`, `{"\u0061":{"b":"x\ty"}}|a.b`,
		`{"a":[1,2.5,1e400,-0,9223372036854775807,9223372036854775808,-9223372036854775808,true,null,"s",{"x":[]},[[["z"]]]]}|a`,
		`{"a":1,"\u0061":2}|a`, `{"a":{"b":1},"a":null}|a.b`, `{"a.b":1}|a\.b`, `{"":1}|`, `[{"a":1},[{"a":2}]]|a`, `{"a\"":1}|a"`,
		`{"a":"b","b":"a","a" : 3, "c":"a:"}|a`, `{"b":"a"}|a`, `{"b":"{","a":1}|a`, `{"b":":","a":null,"a":2}|a`,
	} {
		text, path, _ := strings.Cut(c, "|")
		f.Add([]byte(text), path)
	}
	f.Fuzz(func(t *testing.T, raw []byte, name string) {
		if !json.Valid(raw) || !utf8.Valid(raw) || !utf8.ValidString(name) || tooDeep(raw) {
			return
		}
		raw = bytes.TrimSpace(raw)
		path := jsonscan.CompilePath(name)
		var want []any
		walk(plain(t, raw), path.Keys(), &want)
		var s event.Scratch
		got := path.Append(nil, raw, &s)
		again := path
		if keys := path.Keys(); len(keys) > 1 {
			again = jsonscan.CompilePath(strings.NewReplacer(`\`, `\\`, `.`, `\.`).Replace(keys[0]))
		}
		joined := make([][]event.Value, 3)
		if jsonscan.JoinPaths([]*jsonscan.Path{again, path, jsonscan.CompilePath("a.b")}).Walk(joined, raw) {
			for i, p := range []*jsonscan.Path{again, path, jsonscan.CompilePath("a.b")} {
				if alone := p.Append(nil, raw, &s); !reflect.DeepEqual(joined[i], alone) {
					t.Fatalf("%q at %q: %v, and %v in a walk with others", p.Keys(), raw, alone, joined[i])
				}
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%q at %q: %d values, encoding/json finds %v", name, raw, len(got), want)
		}
		for i := range got {
			if g := asPlain(t, got[i]); !same(g, want[i]) {
				t.Fatalf("%q at %q: %#v, want %#v", name, raw, g, want[i])
			}
		}
	})
}

func walk(v any, keys []string, out *[]any) {
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			walk(e, keys, out)
		}
		return
	case map[string]any:
		if len(keys) > 0 {
			if m, ok := x[keys[0]]; ok {
				walk(m, keys[1:], out)
			}
			return
		}
	}
	if len(keys) == 0 && v != nil {
		*out = append(*out, v)
	}
}

func TestIteratorsGiveRawSpans(t *testing.T) {
	raw := []byte(" { \"a\" : [1, {\"b\":\"]\"}] ,\"\\u0062\":null }")
	var got []string
	for it := jsonscan.Object(raw); it.Next(); {
		got = append(got, fmt.Sprintf("%s=%s@%d", it.Key, it.Value, it.At))
		for in := jsonscan.Array(it.Value); in.Next(); {
			got = append(got, fmt.Sprintf("%s@%d", in.Value, in.At))
		}
	}
	want := "a=[1, {\"b\":\"]\"}]@9 1@1 {\"b\":\"]\"}@4 \\u0062=null@34"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	for _, it := range []jsonscan.Iter{jsonscan.Object([]byte(`[1]`)), jsonscan.Array([]byte(`{"a":1}`)), jsonscan.Array(nil), jsonscan.Object([]byte(`"x"`))} {
		if it.Next() {
			t.Errorf("another type has a member: %q", it.Value)
		}
	}
	if !jsonscan.Is([]byte(`\u0062`), "b") || jsonscan.Is([]byte(`\u0063`), "b") || jsonscan.Is([]byte(`bb`), "b") {
		t.Error("keys are not compared unescaped")
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	raw := []byte(`{"ipPermissions":{"items":[{"ipRanges":{"items":[{"cidrIp":"0.0.0.0/0"},{"cidrIp":"10.0.0.0/8"}]}}]},"n":12345.5}`)
	path, n := jsonscan.CompilePath("ipPermissions.items.ipRanges.items.cidrIp"), jsonscan.CompilePath("n")
	var s event.Scratch
	values := make([]event.Value, 0, 8)
	if allocs := testing.AllocsPerRun(100, func() {
		jsonscan.Skip(raw, 0)
		values = n.Append(path.Append(values[:0], raw, &s), raw, &s)
	}); allocs != 0 || len(values) != 3 {
		t.Errorf("%v allocations, %d values", allocs, len(values))
	}
}
