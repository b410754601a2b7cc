package jsonscan

import (
	"bytes"
	"math"
	"strconv"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Value is the event value of raw, one value that [Skip] has passed, without
// white space around it. Strings without an escape are String, others Escaped;
// whole numbers that fit are Int, others Float, or JSON where float64 cannot
// hold them; objects and arrays are JSON. The bytes are raw's.
func Value(raw []byte) event.Value {
	if len(raw) == 0 {
		return event.Value{}
	}
	switch raw[0] {
	case '"':
		inside := raw[1 : len(raw)-1]
		if escaped(inside) {
			return event.Value{Kind: event.Escaped, Bytes: inside}
		}
		return event.Text(inside)
	case '{', '[':
		return event.RawJSON(raw)
	case 't', 'f':
		return event.Boolean(raw[0] == 't')
	case 'n':
		return event.Value{}
	}
	return numeric(raw)
}

func escaped(inside []byte) bool { return bytes.IndexByte(inside, '\\') >= 0 }

func numeric(raw []byte) event.Value {
	if n, ok := integer(raw); ok {
		return event.Int64(n)
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsInf(f, 0) {
		return event.RawJSON(raw)
	}
	return event.Float64(f)
}

func integer(raw []byte) (int64, bool) {
	text, negative := raw, raw[0] == '-'
	if negative {
		text = raw[1:]
	}
	var n uint64
	for _, c := range text {
		if c < '0' || c > '9' || n > math.MaxInt64/10 {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	if negative {
		return -int64(n), n <= math.MaxInt64
	}
	return int64(n), n <= math.MaxInt64
}

// AppendValues appends the values of raw as a rule sees them: nothing for null,
// the members of an array one after another, whatever the nesting, and one
// [Value] for anything else.
func AppendValues(dst []event.Value, raw []byte) []event.Value {
	for i := 0; ; {
		var value []byte
		if value, i = leaf(raw, i); value == nil {
			return dst
		}
		if v := Value(value); !v.IsNull() {
			dst = append(dst, v)
		}
	}
}

// leaf is the next value from raw[i] on that is no array, and where to go on:
// raw itself, or what its arrays hold, however nested. A call for each level
// instead would read what lies deepest once for each level.
func leaf(raw []byte, i int) ([]byte, int) {
	for i < len(raw) {
		switch raw[i] {
		case '[', ']', ',', ' ', '\n', '\r', '\t':
			i++
			continue
		}
		end, f := Skip(raw, i)
		if f != OK {
			break
		}
		return raw[i:end], end
	}
	return nil, len(raw)
}
