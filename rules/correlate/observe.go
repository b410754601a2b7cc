package correlate

import (
	"encoding/binary"
	"encoding/hex"

	"crypto/sha256"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// observer makes notes of the matches of one worker, in one dataset.
type observer struct{ bases map[*sigma.Rule]*look }

// look reads from the events of one base what its notes hold.
type look struct {
	number        int
	group, fields []event.Getter // nil for a field that no record has
	values        []event.Value
	text          []byte
	groups        [][]byte
	value         []byte
}

func newLook(number int, b *base, schema event.Schema) *look {
	l := &look{number: number}
	for _, f := range b.group {
		l.group = append(l.group, schema.Getter(f))
	}
	for _, f := range b.fields {
		l.fields = append(l.fields, schema.Getter(f))
	}
	return l
}

// Event is not called.
func (*observer) Event(*event.Event, *event.Scratch, *detect.Notes) {}

// Flush has nothing to do: nothing is summed up over a batch.
func (*observer) Flush(*detect.Notes) {}

// Match implements [detect.MatchObserver].
func (o *observer) Match(rule *sigma.Rule, ev *event.Event, s *event.Scratch, out *detect.Notes) {
	l := o.bases[rule]
	if l == nil || ev.Time == 0 {
		return // without a time it is before or after nothing
	}
	groups := l.groupsOf(ev, s)
	if len(groups) == 0 {
		return
	}
	n := detect.Note{Time: ev.Time, ID: numbered(ev.Schema.ID(ev, s), l.number), Value: l.kept(ev, s)}
	n.Event = out.Evidence(ev, s)
	for _, g := range groups {
		n.Group = g
		out.Add(n)
	}
}

// numbered tells the notes of one event apart that several bases matched. Once
// more it gives the event's id back.
func numbered(id event.ID, base int) event.ID {
	id[14] ^= byte(base >> 8)
	id[15] ^= byte(base)
	return id
}

// maxValues bounds how many values of one field are looked at, maxGroups in how
// many groups one event takes part, and maxText how long a value is kept: who
// writes logs chooses them.
const (
	maxValues = 16
	maxGroups = 64
	maxText   = 256
)

// groupsOf are the groups that the event takes part in: one for each
// combination of values. They are good until the next call.
func (l *look) groupsOf(ev *event.Event, s *event.Scratch) [][]byte {
	l.groups = append(l.groups[:0], nil)
	for _, g := range l.group {
		heads := len(l.groups)
		l.each(g, ev, s, func(text []byte) {
			for _, h := range l.groups[:heads] {
				if len(l.groups)-heads < maxGroups {
					l.groups = append(l.groups, appendChunk(append([]byte(nil), h...), text))
				}
			}
		})
		l.groups = l.groups[heads:]
	}
	return l.groups
}

// kept is the note's value: which base it is of, and the values of each of the
// fields that are kept. It is good until the next call.
func (l *look) kept(ev *event.Event, s *event.Scratch) []byte {
	l.value = binary.AppendUvarint(l.value[:0], uint64(l.number))
	for _, g := range l.fields {
		at := len(l.value)
		l.value = append(l.value, 0) // the count: maxValues fits
		l.each(g, ev, s, func(text []byte) {
			l.value[at]++
			l.value = appendChunk(l.value, text)
		})
	}
	return l.value
}

// each calls visit for every different value of a field, as text.
func (l *look) each(g event.Getter, ev *event.Event, s *event.Scratch, visit func(text []byte)) {
	if g == nil {
		return
	}
	l.values = g.Append(l.values[:0], ev, s)
	for i := 0; i < len(l.values); i++ {
		if v := l.values[i]; v.Kind == event.JSON && len(v.Bytes) > 0 && v.Bytes[0] == '[' {
			members := jsonscan.AppendValues(nil, v.Bytes)
			l.values = append(append(append([]event.Value(nil), l.values[:i]...), members...), l.values[i+1:]...)
			i--
		}
	}
	seen := 0
	var before [maxValues]string
	for _, v := range l.values {
		if v.IsNull() || seen == maxValues {
			continue
		}
		l.text = appendText(l.text[:0], v)
		if len(l.values) > 1 {
			if again(before[:seen], l.text) {
				continue
			}
			before[seen] = string(l.text)
		}
		seen++
		visit(l.text)
	}
}

func again(before []string, text []byte) bool {
	for _, b := range before {
		if b == string(text) {
			return true
		}
	}
	return false
}

// appendText appends a value as text. A long one is cut, and ends in a hash of
// the whole, so that it still differs from others.
func appendText(dst []byte, v event.Value) []byte {
	switch v.Kind {
	case event.String:
		dst = append(dst, v.Bytes...)
	case event.Escaped:
		dst = event.AppendUnescaped(dst, v.Bytes)
	case event.Time:
		dst = event.AppendTime(dst, v.Num)
	default:
		dst = event.AppendValue(dst, v)
	}
	if len(dst) > maxText {
		sum := sha256.Sum256(dst)
		dst = hex.AppendEncode(append(dst[:maxText-40], "…#"...), sum[:16])
	}
	return dst
}

func appendChunk(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// cutChunk is the first chunk and what follows it; nothing follows a damaged one.
func cutChunk(b []byte) (chunk, rest []byte) {
	n, size := binary.Uvarint(b)
	if size <= 0 || uint64(len(b)-size) < n {
		return nil, nil
	}
	b = b[size:]
	return b[:n:n], b[n:]
}

// chunks are the texts of a group.
func chunks(b []byte) (out []string) {
	for len(b) > 0 {
		var c []byte
		c, b = cutChunk(b)
		out = append(out, string(c))
	}
	return out
}

// baseOf is the base that a note is of, and the rest of its value.
func baseOf(value []byte) (base int, rest []byte) {
	n, size := binary.Uvarint(value)
	if size <= 0 {
		return 0, nil
	}
	return int(n), value[size:]
}

// keptValues appends the values of the i-th kept field; rest is baseOf's.
func keptValues(dst []string, rest []byte, i int) []string {
	for ; len(rest) > 0; i-- {
		count := int(rest[0])
		rest = rest[1:]
		for range count {
			var c []byte
			c, rest = cutChunk(rest)
			if i == 0 {
				dst = append(dst, string(c))
			}
		}
		if i == 0 {
			return dst
		}
	}
	return dst
}
