package event

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"
)

// AppendDocument appends the fields as one nested ECS JSON document, without a
// line end. Fields must be in ascending key order, each key at most once; Null
// values are left out.
func AppendDocument(dst []byte, fields []Field) []byte {
	d := NewDocument(dst)
	for i := range fields {
		d.Put(fields[i].Key, fields[i].Value)
	}
	return d.End()
}

// AppendBetween appends fields as they stand in a document behind the value of the
// key last, and closes what they open, so that the document goes on behind them as
// it does without them. They are in ascending key order, behind last and before the
// key that comes next there. ok is false, and nothing appended, if they cannot
// stand there.
func AppendBetween(dst []byte, last Key, fields []Field) (out []byte, ok bool) {
	open := int(texts[last].depth) + 1
	d := Document{b: dst, last: last, depth: open, next: noKey}
	for i := range fields {
		d.Put(fields[i].Key, fields[i].Value)
	}
	if d.depth < open {
		return dst, false
	}
	return append(d.b, closers[:d.depth-open]...), true
}

// Document writes one nested ECS document field by field, in ascending key
// order, each key at most once.
//
// The nesting costs no look-ups: for each key the text that opens its objects
// was made beforehand, and a table tells how many objects two keys share. Keys
// and short values are copied in steps of 32 bytes whatever their length: a
// call to copy twenty bytes costs more than the copy.
type Document struct {
	b     []byte
	last  Key
	depth int     // objects open; 0 before the first field
	more  []Field // yet to be merged
	next  Key     // of the first of more, or noKey
}

const noKey = Key(Keys)

// NewDocument begins a document behind dst, whose spare capacity it uses.
func NewDocument(dst []byte) Document { return Document{b: dst, next: noKey} }

// Merge has more fields, in ascending key order and none of them Null, written at
// their places among those that follow. Of two of one key that of more is written.
// None may have a key that is written by Begin or belongs to the group of a Chunk.
func (d *Document) Merge(more []Field) {
	if d.more = more; len(more) > 0 {
		d.next = more[0].Key
	}
}

// merged writes the fields of more up to key, and reports whether one has that key.
func (d *Document) merged(key Key) bool {
	for d.next <= key {
		f := &d.more[0]
		if d.more, d.next = d.more[1:], noKey; len(d.more) > 0 {
			d.next = d.more[0].Key
		}
		d.Put(f.Key, f.Value)
		if f.Key == key {
			return true
		}
	}
	return false
}

// Put appends a field; Null is left out.
func (d *Document) Put(key Key, v Value) {
	if key >= d.next && v.Kind != Null && d.merged(key) {
		return
	}
	switch v.Kind {
	case Null:
	case Escaped:
		b, o := d.open(key)
		b[o] = '"'
		d.b = append(appendShort(b, o+1, v.Bytes), '"')
	case JSON:
		b, o := d.open(key)
		if bytes.IndexByte(v.Bytes, '\n') >= 0 {
			d.b = appendOneLine(b[:o], v.Bytes)
			return
		}
		d.b = appendShort(b, o, v.Bytes)
	default:
		b, o := d.open(key)
		d.b = AppendValue(b[:o], v)
	}
}

// Raw appends a field whose value is json, one valid JSON value.
func (d *Document) Raw(key Key, json []byte) {
	if key >= d.next && d.merged(key) {
		return
	}
	b, o := d.open(key)
	d.b = appendShort(b, o, json)
}

// Begin begins a field and lends all that is written, to append one valid JSON
// value of one line; Shut takes it back.
func (d *Document) Begin(key Key) []byte {
	d.merged(key)
	b, o := d.open(key)
	return b[:o]
}

// Shut takes back what Begin lent.
func (d *Document) Shut(b []byte) { d.b = b }

// End closes the document and returns all that is written.
func (d *Document) End() []byte {
	d.merged(noKey - 1)
	if d.depth == 0 {
		return append(d.b, "{}"...)
	}
	return append(d.b, closers[:d.depth]...)
}

// closers is as long as the deepest name has parts, and a multiple of eight.
const (
	closers = "}}}}}}}}"
	closing = ones * '}' // the same as a number
)

// open writes what stands before a key's value, and returns the buffer, up to
// its capacity, and where in it the value begins. A short value fits.
func (d *Document) open(key Key) ([]byte, int) {
	if cap(d.b)-len(d.b) < fieldRoom {
		d.b = slices.Grow(d.b, fieldRoom)
	}
	b, t := d.b[:cap(d.b)], &texts[key]
	o, shared := d.separate(b, key)
	d.last, d.depth = key, int(t.depth)+1
	text := openings[int(t.at)+int(t.level[shared&7]) : t.end]
	for done := 0; done < len(text); done += chunk {
		copyChunk((*[chunk]byte)(b[o+done:]), (*[chunk]byte)(text[done:done+chunk]))
	}
	return b, o + len(text)
}

// copyChunk copies a chunk in two halves: sixteen bytes are one load and one
// store, but of thirty-two the compiler makes a call of memmove, because they
// might overlap.
func copyChunk(to, from *[chunk]byte) {
	*(*[chunk / 2]byte)(to[:]) = *(*[chunk / 2]byte)(from[:])
	*(*[chunk / 2]byte)(to[chunk/2:]) = *(*[chunk / 2]byte)(from[chunk/2:])
}

// separate closes the objects that key is not in, and writes what separates it
// from the field before. b is the buffer up to its capacity. It returns where
// to go on, and how many objects stay open.
func (d *Document) separate(b []byte, key Key) (o, shared int) {
	o = len(d.b)
	if d.depth == 0 {
		b[o] = '{'
		return o + 1, 0
	}
	shared = int(common[d.last][key])
	binary.LittleEndian.PutUint64(b[o:], closing)
	o += d.depth - 1 - shared
	b[o] = ','
	return o + 1, shared
}

// appendShort appends v to b[:o], in few steps where it is short.
func appendShort(b []byte, o int, v []byte) []byte {
	if len(v) > short || cap(v) < len(v)+chunk {
		return append(b[:o], v...)
	}
	for done := 0; done < len(v); done += chunk {
		copyChunk((*[chunk]byte)(b[o+done:]), (*[chunk]byte)(v[done:done+chunk]))
	}
	return b[:o+len(v)]
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
		return appendOneLine(dst, v.Bytes)
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

// appendOneLine appends valid JSON without its line ends and indentation: a
// document is one line of NDJSON, and a record may come pretty-printed. Inside
// strings JSON has no raw line end, so that nothing else is touched.
func appendOneLine(dst, json []byte) []byte {
	for {
		i := bytes.IndexByte(json, '\n')
		if i < 0 {
			return append(dst, json...)
		}
		dst = append(dst, bytes.TrimRight(json[:i], "\r")...)
		json = bytes.TrimLeft(json[i:], "\n\r\t ")
	}
}

// appendFloat writes null for what JSON has no number for.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, 64)
}

// keyText says where in openings stands what comes before a key's value:
// "aws":{"vpcflow":{"action":
type keyText struct {
	at, end uint16
	depth   uint8    // objects that it opens
	level   [8]uint8 // where it begins when that many objects are open already
}

const (
	chunk = 32
	// short is the longest value that is copied in steps.
	short = 3 * chunk
	// fieldRoom is what a field may need before its value, with a short value.
	fieldRoom = len(closers) + 1 + longestOpening + short + chunk + 2
	// longestOpening bounds the text before a key's value.
	longestOpening = 160
)

var (
	texts, openings = keyTexts()
	common          = commonDepths()
)

func keyTexts() (*[Keys]keyText, []byte) {
	var out [Keys]keyText
	var all []byte
	for k := range out {
		t := &out[k]
		t.at = uint16(len(all))
		path := strings.Split(schema[k].Name, ".")
		for i, p := range path {
			t.level[i] = uint8(len(all) - int(t.at))
			all = append(strconv.AppendQuote(all, p), ':')
			if i < len(path)-1 {
				all = append(all, '{')
			}
		}
		t.end, t.depth = uint16(len(all)), uint8(len(path)-1)
		if len(all) > math.MaxUint16 || len(all)-int(t.at) > longestOpening {
			panic("event: too many or too long names for documents at " + schema[k].Name)
		}
	}
	return &out, append(all, make([]byte, chunk)...)
}

// commonDepths is worked out from neighbours: names are sorted, so that two of
// them have in common what all between them have. To compare each with each took
// every command ten milliseconds.
func commonDepths() *[Keys][Keys]uint8 {
	var out [Keys][Keys]uint8
	for a := range out {
		depth := uint8(strings.Count(schema[a].Name, "."))
		out[a][a] = depth
		for b := a + 1; b < Keys; b++ {
			if depth > 0 {
				depth = min(depth, commonDepth(schema[b-1].Name, schema[b].Name))
			}
			out[a][b], out[b][a] = depth, depth
		}
	}
	return &out
}

// commonDepth is how many objects two names begin with alike.
func commonDepth(a, b string) (n uint8) {
	for i := 0; i < min(len(a), len(b)) && a[i] == b[i]; i++ {
		if a[i] == '.' {
			n++
		}
	}
	return n
}
