package event

import (
	"math"
	"time"
)

// Kind says how a [Value] holds what it holds.
type Kind uint8

// The kinds of value.
const (
	// Null is an absent value or a JSON null: rules treat the two alike.
	Null Kind = iota
	// String is text as a person would read it, in Bytes. It may hold any
	// bytes; writers escape it.
	String
	// Escaped is text as it stood between the quotes of a valid JSON string,
	// escapes and all, in Bytes. It is copied to documents untouched, which
	// saves unescaping and escaping every string of every record.
	Escaped
	// JSON is one whole valid JSON value, usually an object or an array, in Bytes.
	JSON
	// Int is a whole number in Num.
	Int
	// Float is a number whose IEEE 754 bits are in Num.
	Float
	// Bool is true where Num is not 0.
	Bool
	// Time is a moment in Num: nanoseconds since 1970-01-01 UTC.
	Time
)

// Value is one field's content. The zero Value is Null.
//
// Bytes point into the batch or the [Scratch] that they were read with: they
// are good as long as the event is held, or until the scratch is reset,
// whichever is sooner. Who keeps a value longer copies it.
type Value struct {
	Bytes []byte
	Num   int64
	Kind  Kind
}

// Text is a [String] value. The bytes are not copied.
func Text(b []byte) Value { return Value{Kind: String, Bytes: b} }

// Str is a [String] value of a Go string.
func Str(s string) Value { return Value{Kind: String, Bytes: []byte(s)} }

// RawJSON is a [JSON] value; b must be one valid JSON value. It is not copied.
func RawJSON(b []byte) Value { return Value{Kind: JSON, Bytes: b} }

// Int64 is an [Int] value.
func Int64(n int64) Value { return Value{Kind: Int, Num: n} }

// Float64 is a [Float] value.
func Float64(f float64) Value { return Value{Kind: Float, Num: int64(math.Float64bits(f))} }

// Boolean is a [Bool] value.
func Boolean(b bool) Value {
	if b {
		return Value{Kind: Bool, Num: 1}
	}
	return Value{Kind: Bool}
}

// At is a [Time] value; ns counts nanoseconds since 1970-01-01 UTC.
func At(ns int64) Value { return Value{Kind: Time, Num: ns} }

// AtTime is a [Time] value of a time.Time.
func AtTime(t time.Time) Value { return At(t.UnixNano()) }

// IsNull reports whether v is absent or null.
func (v Value) IsNull() bool { return v.Kind == Null }

// Float returns the number of an [Int] or [Float] value.
func (v Value) Float() float64 {
	if v.Kind == Int {
		return float64(v.Num)
	}
	return math.Float64frombits(uint64(v.Num))
}

// Field is one ECS field of a document: a key of the schema table and its value.
type Field struct {
	Value Value
	Key   Key
}
