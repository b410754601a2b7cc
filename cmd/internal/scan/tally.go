package scan

import (
	"bytes"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// tally counts what a scan has read. Each worker has one and adds it to the
// scan's at the end of each file.
type tally struct {
	records  int64 // judged
	outside  int64 // not in the period asked for
	rejects  int64 // could not be read
	untimed  int64 // judged, but without a time of their own
	found    int64 // matches, repeats too
	alerts   int64 // cases that are shown
	told     int
	first    int64
	last     int64
	datasets map[string]int64
	accounts map[string]bool
	events   *timeline
	matches  *timeline
	matched  int64                     // matches of which no case was made
	hidden   [sigma.Critical + 1]int64 // matches below the level that is shown, by the level of their case

	// Of the dataset of the event before:
	schema  event.Schema
	account event.Getter
	seen    []byte
	origin  *event.Origin
	value   []event.Value
	n       int64
}

// maxAccounts bounds the set of accounts, which logs may claim as they like.
const maxAccounts = 10000

func newTally() tally {
	return tally{first: 1<<63 - 1, last: -1 << 63, datasets: map[string]int64{}, accounts: map[string]bool{}, events: newTimeline(), matches: newTimeline()}
}

func (t *tally) add(ev *event.Event, s *event.Scratch) {
	t.records++
	if ev.Time == 0 {
		t.untimed++
	} else {
		t.first, t.last = min(t.first, ev.Time), max(t.last, ev.Time)
		t.events.add(ev.Time)
	}
	if ev.Schema != t.schema {
		t.flush()
		t.schema, t.account = ev.Schema, ev.Schema.Getter("cloud.account.id")
	}
	t.n++
	switch {
	case ev.Origin.Account != "": // the path has told, once for all records
		if ev.Origin != t.origin {
			t.origin = ev.Origin
			t.addAccount([]byte(ev.Origin.Account))
		}
	case t.account != nil:
		t.value = t.account.Append(t.value[:0], ev, s)
		if len(t.value) > 0 && !bytes.Equal(t.value[0].Bytes, t.seen) {
			t.addAccount(t.value[0].Bytes)
		}
	}
}

func (t *tally) addAccount(id []byte) {
	t.seen = append(t.seen[:0], id...)
	if !t.accounts[string(id)] && len(t.accounts) < maxAccounts {
		t.accounts[string(id)] = true
	}
}

// match counts one match of a rule.
func (t *tally) match(ev *event.Event) {
	t.found++
	if ev.Time != 0 {
		t.matches.add(ev.Time)
	}
}

func (t *tally) flush() {
	if t.n > 0 {
		t.datasets[t.schema.Dataset()] += t.n
		t.n = 0
	}
}

// take adds a worker's counts and empties them.
func (t *tally) take(w *tally) {
	w.flush()
	t.records, t.outside, t.rejects, t.untimed = t.records+w.records, t.outside+w.outside, t.rejects+w.rejects, t.untimed+w.untimed
	t.found += w.found
	t.first, t.last = min(t.first, w.first), max(t.last, w.last)
	for k, n := range w.datasets {
		t.datasets[k] += n
	}
	for k := range w.accounts {
		t.accounts[k] = true
	}
	t.matched += w.matched
	for level, n := range w.hidden {
		t.hidden[level] += n
	}
	t.events.merge(w.events)
	t.matches.merge(w.matches)
	*w = newTally()
}
