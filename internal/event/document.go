package event

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// AppendDocument appends the fields as one nested ECS JSON document, without a
// line end. Fields must be in ascending key order, each key at most once; Null
// values are left out.
//
// The nesting costs no look-ups: for each key the text that opens its objects
// was made beforehand, and a table tells how many objects two keys share. Keys
// and short values are copied in steps of 32 bytes whatever their length: a
// call to copy twenty bytes costs more than the copy.
func AppendDocument(dst []byte, fields []Field) []byte {
	const closers = "}}}}}}}}"
	last, depth, separator := 0, 0, byte('{')
	for i := range fields {
		f := &fields[i]
		if f.Value.Kind == Null {
			continue
		}
		o := len(dst)
		if cap(dst)-o < fieldRoom {
			dst = slices.Grow(dst, fieldRoom)
		}
		b := dst[:o+fieldRoom]
		t, shared := &texts[f.Key], 0
		if separator == ',' {
			shared = int(common[last][f.Key])
			copy(b[o:o+len(closers)], closers)
			o += depth - shared
		}
		b[o] = separator
		o = t.write(b, o+1, shared)
		if v := &f.Value; v.Kind == Escaped && len(v.Bytes) <= chunk && cap(v.Bytes) >= chunk {
			b[o] = '"'
			*(*[chunk]byte)(b[o+1:]) = *(*[chunk]byte)(v.Bytes[:chunk])
			o += 1 + len(v.Bytes)
			b[o] = '"'
			dst = b[:o+1]
		} else {
			dst = AppendValue(b[:o], f.Value)
		}
		last, depth, separator = int(f.Key), int(t.depth), ','
	}
	if separator == '{' {
		return append(dst, "{}"...)
	}
	for ; depth >= 0; depth-- {
		dst = append(dst, '}')
	}
	return dst
}

// AppendValue appends v as JSON.
func AppendValue(dst []byte, v Value) []byte {
	switch v.Kind {
	case Escaped:
		dst = append(dst, '"')
		dst = append(dst, v.Bytes...)
		return append(dst, '"')
	case String:
		dst = append(dst, '"')
		dst = AppendEscaped(dst, v.Bytes)
		return append(dst, '"')
	case JSON:
		return append(dst, v.Bytes...)
	case Int:
		return strconv.AppendInt(dst, v.Num, 10)
	case Float:
		return appendFloat(dst, v.Float())
	case Bool:
		return strconv.AppendBool(dst, v.Num != 0)
	case Time:
		dst = append(dst, '"')
		dst = AppendTime(dst, v.Num)
		return append(dst, '"')
	default:
		return append(dst, "null"...)
	}
}

// appendFloat writes null for what JSON has no number for.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

// keyText is what stands before a key's value: "aws":{"vpcflow":{"action":
type keyText struct {
	open  [openRoom + chunk]byte
	size  uint8
	level [8]uint8 // where open begins when that many objects are open already
	depth uint8    // objects open while the value is written
}

const (
	chunk    = 32
	openRoom = 128
	// fieldRoom is what a field may need before its value, with a short value.
	fieldRoom = 8 + 1 + openRoom + 2*chunk + 2
)

var (
	texts  = keyTexts()
	common = commonDepths()
)

// write copies the text to b[o:] from where shared objects are open already,
// and returns the offset behind it.
func (t *keyText) write(b []byte, o, shared int) int {
	from := int(t.level[shared&7])
	n := int(t.size) - from
	for done := 0; done < n; done += chunk {
		*(*[chunk]byte)(b[o+done:]) = *(*[chunk]byte)(t.open[from+done:])
	}
	return o + n
}

func keyTexts() *[Keys]keyText {
	var out [Keys]keyText
	for k := range out {
		path := strings.Split(schema[k].Name, ".")
		var b strings.Builder
		for i, p := range path {
			out[k].level[i] = uint8(b.Len())
			b.WriteString(strconv.Quote(p) + ":")
			if i < len(path)-1 {
				b.WriteByte('{')
			}
		}
		if b.Len() > openRoom {
			panic("event: the name is too long for a document: " + schema[k].Name)
		}
		copy(out[k].open[:], b.String())
		out[k].size, out[k].depth = uint8(b.Len()), uint8(len(path)-1)
	}
	return &out
}

func commonDepths() *[Keys][Keys]uint8 {
	var out [Keys][Keys]uint8
	for a := range out {
		for b := range out {
			out[a][b] = commonDepth(schema[a].Name, schema[b].Name)
		}
	}
	return &out
}

func commonDepth(a, b string) uint8 {
	p, q := strings.Split(a, "."), strings.Split(b, ".")
	n := uint8(0)
	for int(n) < min(len(p), len(q))-1 && p[n] == q[n] {
		n++
	}
	return n
}
