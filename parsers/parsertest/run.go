// Package parsertest holds parsers to the contract of package parsers, so that
// a parser's test is a data file and a few lines. Tests of parsers import it,
// and nothing else does.
package parsertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

// Result is what became of an input, as text.
type Result struct {
	// Events are the documents.
	Events []string
	// Rejects are offset, bytes and reason; the pieces of one over-long record
	// are one.
	Rejects []string
	// Err is the error that ended the origin, with its offset.
	Err string
	// Number is how many records there were, good or not, up to the last good one.
	Number int64
}

// Windows is how an input is shown to a parser.
type Windows struct {
	// Cuts are the offsets at which windows end, ascending.
	Cuts []int
	// Restart has each window read by a new parser, which knows of the ones
	// before only what Mark returned.
	Restart bool
	// MaxRecord is the parsers' limit; 0 for the default.
	MaxRecord int
}

// Created is when all test events were read.
const Created = 1_700_000_000_000_000_000

// Run parses input as the pipeline's reader does: what a parser does not
// consume is shown again, with more behind it. The memory of each batch is
// overwritten before the next one is filled. It panics where the parser breaks
// the contract.
func Run(spec parsers.Spec, input []byte, o event.Origin, w Windows) Result {
	r := runner{spec: spec, origin: &o, w: w, batch: event.NewBatch(0, nil)}
	r.batch.Poison()
	r.parser = spec.New(parsers.Options{MaxRecord: w.MaxRecord})
	r.parser.Reset(&o, nil)
	for n := 0; ; n++ {
		end := len(input)
		if n < len(w.Cuts) {
			end = max(r.base, w.Cuts[n])
		}
		if done := r.window(input[r.base:end], end == len(input) && n >= len(w.Cuts)); done {
			return r.out
		}
	}
}

type runner struct {
	spec    parsers.Spec
	origin  *event.Origin
	w       Windows
	parser  parsers.Parser
	batch   *event.Batch
	scratch event.Scratch
	base    int
	number  int64
	out     Result
	open    *pieces
}

// pieces is an over-long record that is being rejected.
type pieces struct {
	offset int64
	raw    []byte
	n      int
}

func (r *runner) window(shown []byte, atEOF bool) (done bool) {
	b := r.batch
	b.Reuse(nil)
	b.Origin, b.Created = r.origin, Created
	b.Buf = append(b.Buf[:0], shown...)
	consumed, err := r.parser.Parse(b.Buf, int64(r.base), atEOF, b)
	if consumed < 0 || consumed > len(shown) {
		panic(fmt.Sprintf("consumed %d of %d bytes", consumed, len(shown)))
	}
	limit := r.w.MaxRecord
	if limit == 0 {
		limit = parsers.DefaultMaxRecord
	}
	if consumed == 0 && err == nil && (len(shown) >= limit || atEOF && len(shown) > 0) {
		panic(fmt.Sprintf("nothing consumed of %d bytes, at the end: %v", len(shown), atEOF))
	}
	r.collect(b)
	r.base += consumed
	switch {
	case err != nil:
		r.out.Err = fmt.Sprintf("%d %v", r.base, err)
	case !atEOF && r.w.Restart:
		r.restart()
	case atEOF && consumed != len(shown):
		panic("not everything is consumed at the end")
	}
	return err != nil || atEOF
}

// collect renders events and rejects in their order.
func (r *runner) collect(b *event.Batch) {
	for i := range b.Events {
		ev := &b.Events[i]
		ev.Number += r.number
		r.out.Number = ev.Number + 1
		doc := Document(ev, &r.scratch)
		if !json.Valid([]byte(doc)) || strings.ContainsAny(doc, "\r\n") {
			panic("a document is not one line of JSON: " + doc)
		}
		r.out.Events = append(r.out.Events, doc)
	}
	for _, j := range b.Rejects {
		r.reject(j)
	}
}

func (r *runner) reject(j event.Reject) {
	if j.Part == 0 {
		r.out.Rejects = append(r.out.Rejects, rejected(j.Offset, j.Raw, j.Reason))
		return
	}
	if r.open == nil {
		r.open = &pieces{offset: j.Offset}
	}
	if r.open.n++; r.open.n != j.Part {
		panic(fmt.Sprintf("piece %d of a record is numbered %d", r.open.n, j.Part))
	}
	r.open.raw = append(r.open.raw, j.Raw...)
	if !j.More {
		r.out.Rejects = append(r.out.Rejects, rejected(r.open.offset, r.open.raw, j.Reason))
		r.open = nil
	}
}

func rejected(offset int64, raw []byte, reason string) string {
	return fmt.Sprintf("%d %q %s", offset, bytes.TrimRight(raw, "\r\n"), reason)
}

// restart goes on with a new parser, as after a crash.
func (r *runner) restart() {
	mark := slices.Clone(r.parser.Mark())
	if mark == nil && r.base > 0 {
		mark = []byte{} // nil would mean the begin of the origin
	}
	r.number = r.out.Number
	r.parser = r.spec.New(parsers.Options{MaxRecord: r.w.MaxRecord})
	r.parser.Reset(r.origin, mark)
}

// Document is the event's ECS document.
func Document(ev *event.Event, s *event.Scratch) string {
	s.Reset()
	return string(event.AppendDocument(nil, ev.Schema.Fields(nil, ev, s)))
}

var recordNumber = regexp.MustCompile(`"record":\d+,`)

// WithoutNumbers leaves the number of the record out of the documents: rejects
// between a mark and the last event before it are not counted over a restart.
func (r Result) WithoutNumbers() Result {
	r.Events = slices.Clone(r.Events)
	for i, e := range r.Events {
		r.Events[i] = recordNumber.ReplaceAllLiteralString(e, "")
	}
	return r
}
