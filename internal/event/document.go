package event

import (
	"math"
	"strconv"
	"strings"
)

// AppendDocument appends the fields as one nested ECS JSON document, without a
// line end. Fields must be in ascending key order, each key at most once; Null
// values are left out.
//
// The nesting costs no look-ups: for each key the text that opens its objects
// was made beforehand, and a table tells how many objects two keys share.
func AppendDocument(dst []byte, fields []Field) []byte {
	dst = append(dst, '{')
	last, depth := -1, 0
	for i := range fields {
		f := &fields[i]
		if f.Value.Kind == Null {
			continue
		}
		t := &texts[f.Key]
		shared := 0
		if last >= 0 {
			shared = int(common[last][f.Key])
			for ; depth > shared; depth-- {
				dst = append(dst, '}')
			}
			dst = append(dst, ',')
		}
		dst = append(dst, t.open[t.level[shared]:]...)
		dst = AppendValue(dst, f.Value)
		last, depth = int(f.Key), int(t.depth)
	}
	for ; depth > 0; depth-- {
		dst = append(dst, '}')
	}
	return append(dst, '}')
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
	open  string
	level []uint8 // where open begins when that many objects are open already
	depth uint8   // objects open while the value is written
}

var (
	texts  = keyTexts()
	common = commonDepths()
)

func keyTexts() *[Keys]keyText {
	var out [Keys]keyText
	for k := range out {
		path := strings.Split(schema[k].Name, ".")
		var b strings.Builder
		for i, p := range path {
			out[k].level = append(out[k].level, uint8(b.Len()))
			b.WriteString(strconv.Quote(p) + ":")
			if i < len(path)-1 {
				b.WriteByte('{')
			}
		}
		out[k].open, out[k].depth = b.String(), uint8(len(path)-1)
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
