package absence

import (
	"embed"
	"fmt"
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// Files are the headers of the rules, one a file.
//
//go:embed *.yml
var Files embed.FS

// promises are the detectors of something that must follow.
var promises = map[string]promise{
	"absence.transcript": {wait: 12 * time.Hour, after: time.Hour, early: clocks, looks: sessionLook, tell: tellSessions},
	"absence.worker":     {wait: 30 * time.Minute, early: clocks, looks: workerLook, tell: tellWorkers},
	"absence.job-log":    {wait: 3 * time.Hour, early: 2 * time.Hour, looks: jobLook, tell: tellJobs},
}

// clocks is how much the clocks of two logs may differ.
const clocks = 5 * time.Minute

const silenceName = "absence.source"

// Names are the names of the package's detectors, in order.
func Names() []string {
	out := []string{silenceName}
	for name := range promises {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// New makes the detector of that name.
func New(name string, header *sigma.Rule) (detect.Rule, error) {
	if name == silenceName {
		return &silence{header: header}, nil
	}
	p, ok := promises[name]
	if !ok {
		return nil, fmt.Errorf("package absence has no detector %s", name)
	}
	return &promised{promise: p, header: header}, nil
}

// look finds what an event says of a promise.
type look func(ev *event.Event, s *event.Scratch, found func(finding))

// finding is something that began, followed or ended.
type finding struct {
	what part
	// subject tells promises apart. label is what an alert needs beside it.
	subject, label []byte
	at             int64
}

// part is what a finding, or a note, is about.
type part byte

const (
	began    part = 'B'
	followed part = 'F'
	ended    part = 'E' // what follows is due sooner
	// known says that such things do follow, in the days before.
	known part = 'K'
	// newest is the last event of any kind: how far logs go that have ended.
	newest part = 'N'
)

// reader reads fields of one dataset.
type reader struct {
	fields map[string]event.Getter
	schema event.Schema
	values []event.Value
}

func newReader(schema event.Schema) *reader {
	return &reader{fields: map[string]event.Getter{}, schema: schema}
}

// text is the first value of the first of the fields that the event has, good
// until the scratch is reset.
func (r *reader) text(ev *event.Event, s *event.Scratch, names ...string) []byte {
	for _, name := range names {
		g, ok := r.fields[name]
		if !ok {
			g = r.schema.Getter(name)
			r.fields[name] = g
		}
		if g == nil {
			continue
		}
		if text := r.read(g, ev, s); text != nil {
			return text
		}
	}
	return nil
}

// read is text of one field.
func (r *reader) read(g event.Getter, ev *event.Event, s *event.Scratch) []byte {
	r.values = g.Append(r.values[:0], ev, s)
	for i := range r.values {
		v := &r.values[i]
		if v.Kind == event.Escaped {
			return event.AppendUnescaped(s.Alloc(len(v.Bytes)), v.Bytes)
		}
		if len(v.Bytes) > 0 {
			return v.Bytes
		}
	}
	return nil
}
