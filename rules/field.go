package rules

import (
	"bytes"
	"hash/maphash"
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// field is one field that rules of a dataset read.
type field struct {
	name string
	get  event.Getter
	// span is what of that recurs in records it is read of.
	span span
	// literals numbers the texts (folded) that rules hold the field equal to;
	// numbers begin at 1.
	literals map[string]int32
	// numbers are the numbers that rules hold the field equal to, ascending,
	// counted on with the texts.
	numbers []numbered
	// lengths are those of the literals, one bit each; the last bit stands for
	// all from 63 on. Most texts that are no literal have another length.
	lengths uint64
}

// literal returns the number of a text.
func (f *field) literal(text string) int32 {
	id, ok := f.literals[text]
	if !ok {
		id = f.pinned() + 1
		f.literals[text] = id
		f.lengths |= 1 << min(len(text), 63)
	}
	return id
}

// numbered is a number and its number among the literals.
type numbered struct {
	n  float64
	id int32
}

// number returns the number of a number.
func (f *field) number(n float64) int32 {
	at, ok := f.findNumber(n)
	if !ok {
		f.numbers = slices.Insert(f.numbers, at, numbered{n, f.pinned() + 1})
	}
	return f.numbers[at].id
}

// findNumber is where a number is among the numbers, or would be. A search by a
// function takes three times as long, and every port of every flow is looked for.
func (f *field) findNumber(n float64) (at int, ok bool) {
	end := len(f.numbers)
	for at < end {
		if middle := int(uint(at+end) >> 1); f.numbers[middle].n < n {
			at = middle + 1
		} else {
			end = middle
		}
	}
	return at, at < len(f.numbers) && f.numbers[at].n == n
}

// pinned is how many texts and numbers have one.
func (f *field) pinned() int32 { return int32(len(f.literals) + len(f.numbers)) }

// fieldState is what is known of a field of the event at hand. Each part is
// good if its generation is the run's.
type fieldState struct {
	loaded, rawed, folded, looked uint32

	values stretch // in run.values
	raws   stretch // in run.texts: as written
	folds  stretch // in run.texts: folded
	ids    stretch // in run.ids: literals and numbers of the field that it has
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
	seenOf []uint32 // what the program's sight has of each field

	values []event.Value
	texts  [][]byte
	ids    []int32
	buf    []byte // what texts had to be made of
	found  []*Rule
	seen   []uint32 // generation in which a rule was tried, by rule
	keeper keeper
	calls  calls
	draft  []shortlisted   // of a list that is being made
	lists  [][]shortlisted // of callers, see shared

	searched []searchState
}

func newRun(p *program) *run {
	r := &run{
		program: p, fields: make([]fieldState, len(p.fields)),
		memo: make([]uint32, p.slots), seen: make([]uint32, p.rules), seenOf: make([]uint32, len(p.fields)),
		keeper: newKeeper(p), calls: newCalls(p),
	}
	for _, list := range [][]search{p.searches, p.whoSearches} {
		for i := range list {
			r.searched = append(r.searched, searchState{hits: make([]uint32, len(list[i].by)), seed: maphash.MakeSeed()})
		}
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
		r.keeper.gen = 0
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
	st.values = stretch{int32(from), int32(len(r.values))}
	if r.seenOf[f] != fieldFilled {
		r.saw(f, st.filled)
	}
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
