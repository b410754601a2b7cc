package rules

import (
	"bytes"
	"hash/maphash"
	"math"
	"strconv"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// field is one field that rules of a dataset read.
type field struct {
	name string
	get  event.Getter
	// literals numbers the texts (folded) that rules compare the field with;
	// numbers begin at 1.
	literals map[string]int32
	// lengths are those of the literals, one bit each; the last bit stands for
	// all from 63 on. Most texts that are no literal have another length.
	lengths uint64
}

// literal returns the number of a text.
func (f *field) literal(text string) int32 {
	id, ok := f.literals[text]
	if !ok {
		id = int32(len(f.literals) + 1) //nolint:gosec // far fewer rules than that
		f.literals[text] = id
		f.lengths |= 1 << min(len(text), 63)
	}
	return id
}

// fieldState is what is known of a field of the event at hand. Each part is
// good if its generation is the run's.
type fieldState struct {
	loaded, rawed, folded, looked uint32

	values stretch // in run.values
	raws   stretch // in run.texts: as written
	folds  stretch // in run.texts: folded
	ids    stretch // in run.ids: literals of the field that it has
	filled bool    // the record has the field, and it is not null
}

type stretch struct{ from, to int32 }

// run is the state of judging by one dataset's rules. Slices grow to what the
// largest event needs and are used again.
type run struct {
	*program
	ev     *event.Event
	s      *event.Scratch
	gen    uint32
	fields []fieldState
	memo   []uint32 // generation<<1 | result, by slot

	values []event.Value
	texts  [][]byte
	ids    []int32
	buf    []byte // what texts had to be made of
	found  []*Rule
	seen   []uint32 // generation in which a rule was tried, by rule

	searched []searchState
}

func newRun(p *program) *run {
	r := &run{
		program: p, fields: make([]fieldState, len(p.fields)),
		memo: make([]uint32, p.slots), seen: make([]uint32, p.rules),
	}
	for i := range p.searches {
		r.searched = append(r.searched, searchState{hits: make([]uint32, len(p.searches[i].by)), seed: maphash.MakeSeed()})
	}
	return r
}

// begin turns to another event.
func (r *run) begin(ev *event.Event, s *event.Scratch) {
	r.ev, r.s = ev, s
	r.values, r.texts, r.ids, r.buf, r.found = r.values[:0], r.texts[:0], r.ids[:0], r.buf[:0], r.found[:0]
	r.gen++
	if r.gen == 1<<31 { // memo keeps one bit beside it
		r.gen = 1
		clear(r.fields)
		clear(r.memo)
		clear(r.seen)
		for i := range r.searched {
			clear(r.searched[i].hits)
		}
	}
}

// load reads a field's values.
func (r *run) load(f int32) *fieldState {
	st := &r.fields[f]
	if st.loaded == r.gen {
		return st
	}
	st.loaded = r.gen
	from := len(r.values)
	r.values = r.program.fields[f].get.Append(r.values, r.ev, r.s)
	st.filled = false
	for i := from; i < len(r.values); i++ {
		switch v := &r.values[i]; v.Kind {
		case event.Null:
			continue
		case event.JSON:
			if v.Bytes = bytes.TrimSpace(v.Bytes); len(v.Bytes) == 0 || v.Bytes[0] == 'n' {
				*v = event.Value{}
				continue
			}
			if v.Bytes[0] == '[' {
				r.unpack(i)
				i-- // an empty array leaves nothing in its place
				continue
			}
		}
		st.filled = true
	}
	st.values = stretch{int32(from), int32(len(r.values))} //nolint:gosec // an event has fewer
	return st
}

// unpack puts an array's members in its place: of a field with several values
// any may match, however they nest. Getters do this for arrays on the path.
func (r *run) unpack(i int) {
	rest := append([]event.Value(nil), r.values[i+1:]...)
	r.values = append(jsonscan.AppendValues(r.values[:i], r.values[i].Bytes), rest...)
}

// valuesOf returns a field's values, nulls among them.
func (r *run) valuesOf(f int32) []event.Value {
	st := r.load(f)
	return r.values[st.values.from:st.values.to]
}

// raws returns the texts of a field's values as written. An object has its
// JSON text, and if that holds escapes, also the text without them: rules look
// for pieces of JSON documents that stand inside strings of JSON, such as
// policies.
func (r *run) raws(f int32) [][]byte {
	st := r.load(f)
	if st.rawed != r.gen {
		st.rawed = r.gen
		from := len(r.texts)
		for i := st.values.from; i < st.values.to; i++ {
			r.addText(r.values[i])
		}
		st.raws = stretch{int32(from), int32(len(r.texts))} //nolint:gosec // an event has fewer
	}
	return r.texts[st.raws.from:st.raws.to]
}

func (r *run) addText(v event.Value) {
	at := len(r.buf)
	switch v.Kind {
	case event.Null:
		return
	case event.String:
		r.texts = append(r.texts, v.Bytes)
		return
	case event.Escaped:
		r.addEscaped(v.Bytes)
		return
	case event.JSON:
		if v.Bytes[0] == '"' && len(v.Bytes) > 1 {
			r.addEscaped(v.Bytes[1 : len(v.Bytes)-1])
			return
		}
		r.texts = append(r.texts, v.Bytes)
		if bytes.IndexByte(v.Bytes, '\\') >= 0 {
			r.addEscaped(v.Bytes)
		}
		return
	case event.Int:
		r.buf = strconv.AppendInt(r.buf, v.Num, 10)
	case event.Float:
		r.buf = strconv.AppendFloat(r.buf, v.Float(), 'f', -1, 64)
	case event.Bool:
		r.buf = strconv.AppendBool(r.buf, v.Num != 0)
	case event.Time:
		r.buf = event.AppendTime(r.buf, v.Num)
	}
	r.texts = append(r.texts, r.buf[at:len(r.buf):len(r.buf)])
}

func (r *run) addEscaped(b []byte) {
	if bytes.IndexByte(b, '\\') < 0 {
		r.texts = append(r.texts, b)
		return
	}
	at := len(r.buf)
	r.buf = event.AppendUnescaped(r.buf, b)
	r.texts = append(r.texts, r.buf[at:len(r.buf):len(r.buf)])
}

// folds returns the texts of a field's values, folded.
func (r *run) folds(f int32) [][]byte {
	st := &r.fields[f]
	if st.folded != r.gen || st.loaded != r.gen {
		r.raws(f)
		st.folded = r.gen
		from := len(r.texts)
		for i := st.raws.from; i < st.raws.to; i++ {
			at := len(r.buf)
			r.buf = appendFold(r.buf, r.texts[i])
			r.texts = append(r.texts, r.buf[at:len(r.buf):len(r.buf)])
		}
		st.folds = stretch{int32(from), int32(len(r.texts))} //nolint:gosec // an event has fewer
	}
	return r.texts[st.folds.from:st.folds.to]
}

// literals returns the numbers of those texts of the field that some rule
// compares it with.
func (r *run) literals(f int32) []int32 {
	if st := &r.fields[f]; st.looked == r.gen {
		return r.ids[st.ids.from:st.ids.to]
	}
	return r.look(f)
}

// look finds the numbers. Texts are folded here without being kept: few fields
// that are compared are also searched.
func (r *run) look(f int32) []int32 {
	st, known := r.load(f), &r.program.fields[f]
	st.looked = r.gen
	from := len(r.ids)
	for i := st.values.from; i < st.values.to; i++ {
		if v := &r.values[i]; v.Kind == event.String {
			r.find(known, v.Bytes)
			continue
		}
		texts, buf := len(r.texts), len(r.buf)
		r.addText(r.values[i])
		for _, t := range r.texts[texts:] {
			r.find(known, t)
		}
		r.texts, r.buf = r.texts[:texts], r.buf[:buf]
	}
	st.ids = stretch{int32(from), int32(len(r.ids))} //nolint:gosec // an event has fewer
	return r.ids[from:]
}

// find appends the number of a text, if it has one.
func (r *run) find(f *field, text []byte) {
	// Folding keeps the length of ASCII.
	if f.lengths&(1<<min(len(text), 63)) == 0 && jsonscan.ASCII(text) {
		return
	}
	at := len(r.buf)
	r.buf = appendFold(r.buf, text)
	if id := f.literals[string(r.buf[at:])]; id != 0 {
		r.ids = append(r.ids, id)
	}
	r.buf = r.buf[:at]
}

// numberOf reads a number, or text that is one.
func numberOf(v event.Value) (float64, bool) {
	switch v.Kind {
	case event.Int, event.Float:
		return v.Float(), true
	case event.String, event.Escaped:
		return parseNumber(v.Bytes)
	case event.JSON:
		return parseNumber(bytes.Trim(v.Bytes, `"`))
	}
	return 0, false
}

func parseNumber(b []byte) (float64, bool) {
	if len(b) == 0 || len(b) > 64 {
		return 0, false
	}
	digits := false
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			digits = true
		case c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E':
			return 0, false
		}
	}
	if !digits {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(b), 64)
	return f, err == nil && !math.IsInf(f, 0)
}
