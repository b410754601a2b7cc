package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// shapes are values and near misses of every kind; fuzzing starts from them.
var shapes = []string{
	``, ` `, `{}`, `[]`, `{`, `[`, `"`, `"a`, `"a"`, `nul`, `null`, `nulL`, `true`, `tru`, `false`, `f`,
	`0`, `-0`, `-`, `01`, `1.`, `1.5`, `1e`, `1e+`, `1e+5`, `1E-05`, `.5`, `+1`, `1 2`, `--1`, `1.e1`,
	`"\u00e9"`, `"\u00E9"`, `"\u00"`, `"\u00g0"`, `"\x"`, `"\`, `"\""`, "\"\x00\"", "\"\n\"", "\"\x7f\"", "\"\x10\x11\"",
	`"\ud83d\ude00"`, `"\ud83d"`, `"é"`, "\"\xff\"", "\"\xff\xff\xff\xff\xff\xff\xff\xff\"", `"日本語 text that is longer than eight"`,
	`{"a":1}`, `{"a":1,}`, `{"a" : 1 , "b":[1,2,{"c":null}]}`, `{a:1}`, `{"a"}`, `{"a":}`, `{"a":1 "b":2}`, `{"a":1]`, `[1}`, `[1,]`, `[,1]`, `[1 2]`,
	" \r\n\t{ \"a\" :\n[ ] , \"b\" : { } }\n", `{"a":1}x`, `{"a":{"b":{"c":["d",{"e":"f"}]}}}`,
	`{"userAgent":"aws-cli/2.4.1 \"quoted\"","x":"\\"}`, `{"":""}`, `{1:2}`, `[[[[[[[[[[]]]]]]]]]]`, `{"a":"` + "12345678" + `"}`,
	"\ufeff{}", "{\"a\":\"\t\"}", "[1,\x0b2]", "\u00a0{}",
}

func addShapes(f *testing.F) {
	for _, s := range shapes {
		f.Add([]byte(s))
	}
	for _, n := range []int{63, 64, 65, 127, 128, 129} {
		f.Add([]byte(strings.Repeat(`{"a":[`, n) + `1` + strings.Repeat(`]}`, n)))
		f.Add([]byte(strings.Repeat(`[{"a":`, n) + `1` + strings.Repeat(`}]`, n-1)))
	}
}

// FuzzValidity: what encoding/json calls valid is valid, and nothing else, but
// for the depth.
func FuzzValidity(f *testing.F) {
	addShapes(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := jsonscan.Valid(b), json.Valid(b); got != want && !tooDeep(b) {
			t.Fatalf("Valid(%q) = %v, encoding/json says %v", b, got, want)
		}
		end, fault := jsonscan.Skip(b, 0)
		if end < 0 || end > len(b) {
			t.Fatalf("Skip(%q) leaves the bytes: %d of %d", b, end, len(b))
		}
		if fault == jsonscan.OK && !json.Valid(b[:end]) {
			t.Fatalf("Skip(%q) takes %q for a value", b, b[:end])
		}
		if cut := b[:len(b)/2]; jsonscan.Valid(b) && len(b) > 0 && b[0] > ' ' && (b[0] < '-' || b[0] > '9') && len(cut) < end {
			if at, fault := jsonscan.Skip(cut, 0); fault != jsonscan.More {
				t.Fatalf("the first half of %q is %v at %d, not cut off", b, fault, at)
			}
		}
	})
}

func tooDeep(b []byte) bool {
	_, fault := jsonscan.Skip(b, 0)
	return fault == jsonscan.Deep
}

// TestEveryPrefixOfAValueAsksForMore is what lets a window end anywhere.
func TestEveryPrefixOfAValueAsksForMore(t *testing.T) {
	whole := []byte(` {"a" : "x\u00e9y\"\\z 12345678", "b":[1.5e+10 , -0.25,true ,false,null,{}] , "c" :{"d":[[]]} }`)
	for n := range whole {
		if at, fault := jsonscan.Skip(whole[:n], 0); fault != jsonscan.More {
			t.Errorf("%q: %v at %d, want More", whole[:n], fault, at)
		}
	}
	if end, fault := jsonscan.Skip(whole, 0); fault != jsonscan.OK || end != len(whole) {
		t.Errorf("the whole: %v at %d", fault, end)
	}
}

func TestFaultsAreFoundWhereTheyLie(t *testing.T) {
	for _, c := range []struct {
		text  string
		at    int
		fault jsonscan.Fault
	}{
		{`{"a":"b` + "\x00" + `c"}`, 7, jsonscan.BadControl},
		{`{"a":"12345678\q"}`, 14, jsonscan.BadEscape},
		{`{"a":"\u12x4"}`, 6, jsonscan.BadEscape},
		{`{"a":truth}`, 5, jsonscan.BadLiteral},
		{`{"a":-x}`, 6, jsonscan.BadNumber},
		{`{"a":?}`, 5, jsonscan.BadValue},
		{`{"a":1,b:2}`, 7, jsonscan.BadKey},
		{`{"a" 1}`, 5, jsonscan.BadColon},
		{`{"a":1 "b":2}`, 7, jsonscan.BadComma},
		{`{"a":[1}`, 7, jsonscan.BadComma},
		{strings.Repeat("[", jsonscan.MaxDepth+1), jsonscan.MaxDepth, jsonscan.Deep},
	} {
		if at, fault := jsonscan.Skip([]byte(c.text), 0); at != c.at || fault != c.fault {
			t.Errorf("%.40q: %v at %d, want %v at %d", c.text, fault, at, c.fault, c.at)
		}
	}
	if err := jsonscan.BadComma.At(7); err == nil || !strings.Contains(err.Error(), "byte 7") {
		t.Errorf("error %v", err)
	}
	if err := jsonscan.OK.At(7); err != nil {
		t.Errorf("OK as an error: %v", err)
	}
}

func TestDepthUpToTheLimitIsRead(t *testing.T) {
	for _, n := range []int{1, 63, 64, 65, 500, jsonscan.MaxDepth} {
		deep := strings.Repeat("[", n) + strings.Repeat("]", n)
		if !jsonscan.Valid([]byte(deep)) {
			t.Errorf("%d deep is refused", n)
		}
	}
}

func FuzzASCII(f *testing.F) {
	addShapes(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		want := bytes.IndexFunc(b, func(r rune) bool { return r >= 0x80 }) < 0
		if got := jsonscan.ASCII(b); got != want {
			t.Fatalf("ASCII(%q) = %v", b, got)
		}
	})
}
