package jsonscan

import "github.com/burstwatch/burstwatch/internal/event"

// Iter walks the members of an object or the elements of an array that [Skip]
// has passed. Over bytes that it has not passed it ends early, no more.
//
//	for it := jsonscan.Object(raw); it.Next(); {
//		use(it.Key, it.Value)
//	}
type Iter struct {
	// Key is the inside of the member's key, escapes and all; nil in arrays.
	Key []byte
	// Value is the member's value as it stands there, without white space around it.
	Value []byte
	// At is the offset of Value in the bytes given.
	At int

	b      []byte
	i      int
	object bool
}

// Object walks the members of the object that raw is; it has none if raw is
// something else.
func Object(raw []byte) Iter { return begin(raw, '{') }

// Array walks the elements of the array that raw is; it has none if raw is
// something else.
func Array(raw []byte) Iter { return begin(raw, '[') }

// From walks the rest of an array's elements: those from raw[i] on, where one
// begins.
func From(raw []byte, i int) Iter { return Iter{b: raw, i: i} }

func begin(raw []byte, open byte) Iter {
	i := Space(raw, 0)
	if i >= len(raw) || raw[i] != open {
		return Iter{}
	}
	return Iter{b: raw, i: i + 1, object: open == '{'}
}

// Next goes to the next member and reports whether there is one.
func (it *Iter) Next() bool {
	i := Space(it.b, it.i)
	if i < len(it.b) && it.b[i] == ',' {
		i = Space(it.b, i+1)
	}
	if i >= len(it.b) || it.b[i] == '}' || it.b[i] == ']' {
		return it.end()
	}
	if it.object {
		if it.b[i] != '"' {
			return it.end()
		}
		end, f := String(it.b, i)
		if f != OK {
			return it.end()
		}
		it.Key = it.b[i+1 : end-1]
		if i = Space(it.b, end); i >= len(it.b) || it.b[i] != ':' {
			return it.end()
		}
		i = Space(it.b, i+1)
	}
	end, f := Skip(it.b, i)
	if f != OK {
		return it.end()
	}
	it.Value, it.At, it.i = it.b[i:end], i, end
	return true
}

func (it *Iter) end() bool {
	it.i = len(it.b)
	return false
}

// Is reports whether the inside of a JSON string, such as [Iter].Key, stands
// for text.
func Is(inside []byte, text string) bool {
	if string(inside) == text {
		return true
	}
	// An escape is longer than what it stands for.
	if len(inside) <= len(text) || !escaped(inside) {
		return false
	}
	var buf [64]byte
	return string(event.AppendUnescaped(buf[:0], inside)) == text
}
