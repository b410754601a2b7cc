package jsonscan

import "encoding/binary"

// Space returns the offset of the first byte from i on that is not JSON white
// space, len(b) if there is none.
func Space(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// Skip checks the one JSON value at b[i], white space before it allowed, and
// returns the offset behind it. With a fault, the offset is where that lies.
//
// A number that ends with b is taken as whole: only its caller knows whether
// more digits may come.
//
// One loop with a stack of bits instead of a call for each value: a record has
// some fifty, and most are strings of a few bytes.
func Skip(b []byte, i int) (int, Fault) { //nolint:funlen // one loop, the hottest there is: a call for each value costs more than the value
	var (
		outer  [MaxDepth/64 + 1]uint64 // which of the open values are objects, a bit each
		kinds  uint64                  // the innermost 64 of them, the last in bit 0
		depth  int
		object bool
		f      Fault
	)

value:
	if i >= len(b) {
		return i, More
	}
	switch c := b[i]; c {
	case '"':
		if i, f = String(b, i); f != OK {
			return i, f
		}
	case '{', '[':
		if depth == MaxDepth {
			return i, Deep
		}
		if depth&63 == 0 {
			outer[depth>>6] = kinds
		}
		depth++
		kinds <<= 1
		object = c == '{'
		i = Space(b, i+1)
		if i >= len(b) {
			return i, More
		}
		if object {
			kinds |= 1
			if b[i] != '}' {
				goto key
			}
		} else if b[i] != ']' {
			goto value
		}
		i++
		goto closed
	case ' ', '\n', '\r', '\t':
		i = Space(b, i)
		goto value
	default:
		if i, f = Scalar(b, i); f != OK {
			return i, f
		}
	}

next: // behind a value
	if depth == 0 {
		return i, OK
	}
	if i >= len(b) {
		return i, More
	}
	switch b[i] {
	case ',':
		i++
		if !object {
			goto value
		}
		if i < len(b) && b[i] == '"' {
			goto key
		}
		if i = Space(b, i); i >= len(b) {
			return i, More
		}
		goto key
	case '}':
		if !object {
			return i, BadComma
		}
		i++
		goto closed
	case ']':
		if object {
			return i, BadComma
		}
		i++
		goto closed
	case ' ', '\n', '\r', '\t':
		i = Space(b, i)
		goto next
	}
	return i, BadComma

closed: // behind a closing bracket
	depth--
	kinds >>= 1
	if depth&63 == 0 {
		kinds = outer[depth>>6]
	}
	object = kinds&1 != 0
	goto next

key:
	if b[i] != '"' {
		return i, BadKey
	}
	if i, f = String(b, i); f != OK {
		return i, f
	}
	if i < len(b) && b[i] != ':' {
		i = Space(b, i)
	}
	if i >= len(b) {
		return i, More
	}
	if b[i] != ':' {
		return i, BadColon
	}
	i++
	goto value
}

// Valid reports whether b is one JSON value with nothing but white space around it.
func Valid(b []byte) bool {
	end, f := Skip(b, 0)
	return f == OK && Space(b, end) == len(b)
}

// Scalar checks the literal or number at b[i] and returns the offset behind it.
func Scalar(b []byte, i int) (int, Fault) {
	if len(b)-i > 4 {
		switch binary.LittleEndian.Uint32(b[i:]) {
		case 'n' | 'u'<<8 | 'l'<<16 | 'l'<<24, 't' | 'r'<<8 | 'u'<<16 | 'e'<<24:
			return i + 4, OK
		}
	}
	switch b[i] {
	case 't', 'f', 'n':
		return literal(b, i)
	}
	return number(b, i)
}

// literal checks true, false or null at b[i].
func literal(b []byte, i int) (int, Fault) {
	word := "null"
	switch b[i] {
	case 't':
		word = "true"
	case 'f':
		word = "false"
	}
	rest := b[i:min(len(b), i+len(word))]
	switch {
	case string(rest) == word:
		return i + len(word), OK
	case string(rest) == word[:len(rest)]:
		return len(b), More
	}
	return i, BadLiteral
}

// number checks a number at b[i].
func number(b []byte, i int) (int, Fault) {
	begin := i
	if b[i] == '-' {
		i++
	}
	switch {
	case i == len(b):
		return i, More
	case b[i] == '0':
		i++
	case b[i] >= '1' && b[i] <= '9':
		i = digits(b, i)
	case i > begin:
		return i, BadNumber
	default:
		return i, BadValue
	}
	if i < len(b) && b[i] == '.' {
		if i++; i == len(b) {
			return i, More
		}
		fraction := i
		if i = digits(b, i); i == fraction {
			return i, BadNumber
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		return exponent(b, i+1)
	}
	return i, OK
}

func exponent(b []byte, i int) (int, Fault) {
	if i < len(b) && (b[i] == '+' || b[i] == '-') {
		i++
	}
	if i == len(b) {
		return i, More
	}
	begin := i
	if i = digits(b, i); i == begin {
		return i, BadNumber
	}
	return i, OK
}

func digits(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}
