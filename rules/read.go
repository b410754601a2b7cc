package rules

import (
	"bytes"
	"math"
	"strconv"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

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
		st.raws = stretch{int32(from), int32(len(r.texts))}
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
		st.folds = stretch{int32(from), int32(len(r.texts))}
	}
	return r.texts[st.folds.from:st.folds.to]
}

// literals returns the numbers of those texts and numbers of the field that some
// rule holds it equal to.
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
		v := &r.values[i]
		if len(known.numbers) > 0 {
			if v.Kind == event.Int {
				if at, ok := known.findNumber(float64(v.Num)); ok {
					r.ids = append(r.ids, known.numbers[at].id)
				}
			} else {
				r.findNumber(known, v)
			}
		}
		if len(known.literals) == 0 {
			continue
		}
		if v.Kind == event.String {
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
	st.ids = stretch{int32(from), int32(len(r.ids))}
	return r.ids[from:]
}

// findNumber appends the number of a value that is a number, if it has one.
func (r *run) findNumber(f *field, v *event.Value) {
	if n, ok := numberOf(*v); ok {
		if at, ok := f.findNumber(n); ok {
			r.ids = append(r.ids, f.numbers[at].id)
		}
	}
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
