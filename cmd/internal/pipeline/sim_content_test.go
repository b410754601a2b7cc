package pipeline

import (
	"fmt"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
)

// simRecord is one line of an object: an event, with or without an alert, or
// something that cannot be read.
type simRecord struct {
	line    string
	offset  int64
	end     int64 // behind its line end
	dataset string
	id      event.ID
	bad     bool // the parser rejects it
	alert   event.ID
	alerts  bool
}

// simObject is one object of the world: a file, an S3 object.
type simObject struct {
	name    string
	content string
	records []simRecord
	shown   int // how much of it is there yet: it may grow

	// What the source remembers of it.
	synced, recent position // of its checkpoint
	settled        bool     // acknowledged for good
	open           int      // emissions in flight
	emissions      int
	again          time.Time // not emitted again before
}

type position struct {
	upto    int64
	mark    []byte
	settled bool
}

const simMaxRecord = 200

// newObject draws an object's content.
func (w *world) newObject(name string, lines int) *simObject {
	o := &simObject{name: name}
	for i := range lines {
		o.add(w.newLine(i), i < lines-1 || !w.chance(4))
	}
	o.shown = len(o.content)
	return o
}

func (w *world) newLine(i int) string {
	line := fmt.Sprintf("%d@%d ", w.rng.IntN(3), i) + strings.Repeat(string(rune('a'+w.rng.IntN(26))), w.rng.IntN(40))
	switch w.rng.IntN(24) {
	case 0:
		line = "!" + line
	case 1:
		for n := simMaxRecord + w.rng.IntN(3*simMaxRecord); len(line) < n; {
			line += []string{"xyxyxyxy", "-", "some more "}[w.rng.IntN(3)] // the first is a secret
		}
	case 2, 3, 4:
		line += " alert"
	case 5, 6, 7:
		line = "o" + line
	case 8:
		line = ""
	}
	return line
}

// add appends a line and works out what must become of it.
func (o *simObject) add(line string, lineEnd bool) {
	r := simRecord{line: line, offset: int64(len(o.content)), dataset: plainLines.dataset}
	o.content += line
	if lineEnd {
		o.content += "\n"
	}
	r.end = int64(len(o.content))
	r.bad = strings.HasPrefix(line, "!")
	if strings.HasPrefix(line, "o") {
		r.dataset = otherLines.dataset
	}
	r.id = event.HashID(&event.Scratch{}, []byte("id of "+o.name), fmt.Append(nil, r.offset))
	r.alert, r.alerts = alertID(r.id), strings.Contains(line, "alert")
	if line != "" {
		o.records = append(o.records, r)
	}
}

// long reports whether the record may be too long to be held: the parser
// rejects it in parts, unless a window happened to hold it whole.
func (r *simRecord) long() bool { return len(r.line) >= simMaxRecord }
