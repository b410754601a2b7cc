package jsonscan

import "fmt"

// Fault says why bytes are not one JSON value. The functions that return one
// also return the offset where it was found. It is no error value, so that it
// costs nothing on the hot path and no nil can hide in an interface; At makes
// an error of it.
type Fault uint8

// The faults.
const (
	// OK: there is none.
	OK Fault = iota
	// More: the bytes end before the value does. With more bytes it may be valid.
	More
	// Deep: nested deeper than MaxDepth.
	Deep
	// BadValue: no value begins here.
	BadValue
	// BadControl: a control character (a NUL byte, a raw line end) inside a string.
	BadControl
	// BadEscape: a backslash followed by what JSON gives no meaning.
	BadEscape
	// BadLiteral: neither true nor false nor null.
	BadLiteral
	// BadNumber: not a number as JSON writes it.
	BadNumber
	// BadKey: an object's key is not a string, or is missing.
	BadKey
	// BadColon: no colon behind a key.
	BadColon
	// BadComma: neither a comma nor the closing bracket behind a value.
	BadComma
)

// MaxDepth is how deep objects and arrays may be nested. encoding/json allows
// 10,000; no AWS record has ten.
const MaxDepth = 1000

var reasons = [...]string{
	OK:         "valid",
	More:       "the JSON value is cut off",
	Deep:       "nested deeper than 1000 objects and arrays",
	BadValue:   "no JSON value begins here",
	BadControl: "a raw control character inside a string",
	BadEscape:  "an invalid escape inside a string",
	BadLiteral: "neither true, false nor null",
	BadNumber:  "an invalid number",
	BadKey:     "an object's key is missing or not a string",
	BadColon:   "no colon behind an object's key",
	BadComma:   "neither a comma nor the end of the object or array behind a value",
}

// String says what is wrong, in words for a person.
func (f Fault) String() string { return reasons[f] }

// At is the fault as an error, with its offset.
func (f Fault) At(offset int64) error {
	if f == OK {
		return nil
	}
	return fmt.Errorf("%s at byte %d", f, offset)
}
