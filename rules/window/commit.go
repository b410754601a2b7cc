package window

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// change is one commit in the making.
type change struct {
	e       *Engine
	b       *state.Batch
	now     int64
	epoch   uint32
	seenNow map[seenKey][]uint32
	touched map[caseKey]*tally
	covers  map[string]cover
	timers  map[timer]bool
	told    int
	changed []groupKey // that are to be judged again
	// tellTo gets revisions in place of the outbox; failed is its first error.
	tellTo func(*rules.Rule, *event.Event) error
	failed error
	// shows is what an alert says of the event of note i of the group at hand, where
	// its notes lie in memory; else the store has it.
	shows func(i int) []byte
}

func (e *Engine) begin() *change {
	return &change{
		e: e, b: e.store.NewBatch(), now: e.o.Now().UnixNano(), epoch: e.epoch(), seenNow: map[seenKey][]uint32{},
		touched: map[caseKey]*tally{}, covers: map[string]cover{}, timers: map[timer]bool{},
	}
}

// Commit takes what was found, and frontiers, and makes it all durable, with the
// alerts that come of it: they are in the outbox when it returns. When it fails
// nothing of it is, or all; it is called again with the same then. What was found is
// the engine's once nil is returned. It may be called without anything, for what has
// waited long enough (see Wake).
func (e *Engine) Commit(list []*Found, frontiers []Frontier) error {
	if err := e.commit(list, frontiers, false); err != nil {
		return err
	}
	e.recycle(list)
	return nil
}

// Flush tells what is yet untold.
func (e *Engine) Flush() error { return e.commit(nil, nil, true) }

func (e *Engine) commit(list []*Found, frontiers []Frontier, force bool) (err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer func() {
		if err != nil {
			e.forget()
		}
	}()
	if err := errors.Join(e.claims.failed, e.revive()); err != nil {
		return err
	}
	if err := e.take(list, force); err != nil {
		return err
	}
	e.advance(frontiers)
	if !e.o.AtEnd {
		if err := e.judgeInTurn(force); err != nil {
			return err
		}
	}
	if e.needSync {
		if err := e.store.Sync(); err != nil {
			return err
		}
		e.needSync = false
	}
	e.collectGarbage()
	return e.makeRoom()
}

// take adds what was found to what is kept. It is not synced: what follows is.
func (e *Engine) take(list []*Found, force bool) error {
	tx := e.begin()
	for _, f := range list {
		if err := tx.take(f); err != nil {
			tx.b.Discard()
			return err
		}
	}
	tx.markJust()
	tx.settleTallies()
	if err := tx.tellWaiting(force); err != nil {
		tx.b.Discard()
		return err
	}
	return tx.commit()
}

func (tx *change) commit() error {
	if tx.b.Len() <= emptyBatch {
		tx.b.Discard()
		return nil
	}
	if err := tx.b.Commit(false); err != nil {
		return err
	}
	tx.e.needSync = true
	tx.e.waitingAlerts.Add(int64(tx.told))
	return nil
}

// emptyBatch is the size of a batch without any change: Pebble's header.
const emptyBatch = 12

func (tx *change) take(f *Found) error {
	if f == nil {
		return nil
	}
	if err := tx.count(f); err != nil {
		return err
	}
	if f.pile != nil { // its sums were claimed before they were summed up
		tx.e.entries.Add(int64(f.pile.notes))
		if tx.e.pile.take(f.pile); tx.e.pile.full(tx.e.o.Memory) {
			return tx.e.spillNotes()
		}
	}
	notes := f.notes
	if f.sums {
		var err error
		if notes, err = tx.uncovered(f); err != nil {
			return err
		}
	}
	for i := range notes {
		tx.note(&notes[i])
	}
	return nil
}

// note adds a note to the set, and has its stretch judged.
func (tx *change) note(n *foundNote) {
	s := tx.e.rules.Load().by[n.rule]
	if s == nil {
		return // of a rule that is no more
	}
	from, to := s.concerned(n.at)
	if from >= to {
		tx.e.tooLate.Add(1)
		return
	}
	tx.e.entries.Add(1)
	tx.store(n)
	g := groupBucket{n.groupKey, to}
	if !tx.e.recent[g] {
		tx.e.remember(g)
		tx.b.Put(spaceGroups, string(n.groupKey.append(nil)), n.group)
		tx.timer(timer{n.rule, s.due(to - s.bucket), n.groupKey.group, to - s.bucket, closes})
	}
	tx.mark(n.groupKey, n.group, from, to)
}

// store puts a note into the store.
func (tx *change) store(n *foundNote) {
	key := n.groupKey.appendNote(tx.e.key[:0], n.at, n.id)
	tx.e.key = key
	how := state.Least
	if n.join == detect.Sum {
		how = state.Sum
	}
	tx.b.Join(spaceNotes, key, how, n.value)
	if len(n.event) > 0 {
		tx.e.shown = appendShown(tx.e.shown[:0], n)
		tx.b.Join(spaceEvents, key, state.Least, tx.e.shown)
	}
}

// appendShown writes what an alert says of a note's event so that the least is
// that of the note which is kept: the value of a note that is joined by Least
// stands in front, with its zeros escaped and an end that is less than any byte
// that may follow, so that the order of values is the order of these bytes.
func appendShown(dst []byte, n *foundNote) []byte {
	if n.join == detect.Least {
		for _, c := range n.value {
			if dst = append(dst, c); c == 0 {
				dst = append(dst, 0xff)
			}
		}
	}
	return append(append(dst, 0, 1), n.event...)
}

// shownOf is the event of what appendShown wrote.
func shownOf(b []byte) []byte {
	for i := 0; i+1 < len(b); i++ {
		if b[i] != 0 {
			continue
		}
		if b[i+1] == 1 {
			return b[i+2:]
		}
		i++
	}
	return nil
}

// groupBucket is a group and the end of the last bucket that needs a note: its
// timer and the group's bytes need not be written twice.
type groupBucket struct {
	groupKey
	to int64
}

const maxRecent = 1 << 14

func (e *Engine) remember(g groupBucket) {
	if len(e.recent) >= maxRecent {
		clear(e.recent)
	}
	e.recent[g] = true
}

func (tx *change) timer(t timer) {
	if !tx.timers[t] {
		tx.timers[t] = true
		tx.b.Put(spaceTimers, string(t.append(nil)), nil)
		if next, ok := tx.e.nextDue[t.rule]; !ok || t.due < next {
			tx.e.nextDue[t.rule] = t.due
		}
	}
}

// uncovered are the notes of a batch without sums that were added before, and
// notes that its stretch is covered.
func (tx *change) uncovered(f *Found) ([]foundNote, error) {
	key := originKey(f.batch.Origin)
	c, ok := tx.covers[key]
	if !ok {
		v, err := tx.e.store.Get(spaceCover, key)
		if err != nil {
			return nil, err
		}
		c, _ = readCover(v)
	}
	s := stretchOf(f.batch)
	some, all := c.overlaps(s)
	notes := f.notes
	if some {
		notes = withoutSums(notes)
	}
	if some && !all {
		again := tx.e.again(f, func(ev *event.Event) bool { return !c.covers(ev.Offset) })
		notes = append(notes, again...)
	}
	c = c.with(s)
	tx.covers[key] = c
	tx.b.Put(spaceCover, key, c.append(nil, hours(tx.now)))
	return notes, nil
}

func withoutSums(notes []foundNote) (out []foundNote) {
	for _, n := range notes {
		if n.join != detect.Sum {
			out = append(out, n)
		}
	}
	return out
}

// again reads the sums of a batch again, of some of its events.
func (e *Engine) again(f *Found, keep func(*event.Event) bool) (sums []foundNote) {
	if e.rereader == nil || e.rereader.rules != f.rules {
		e.rereader = e.Worker()
		if e.rereader.rules != f.rules {
			return nil // the rules have changed meanwhile: their notes begin anew
		}
	}
	w := e.rereader
	w.Begin(f.batch)
	for i := range f.batch.Events {
		if ev := &f.batch.Events[i]; keep(ev) {
			w.scratch.Reset()
			w.judge.Event(ev, &w.scratch)
			w.observe(ev, &w.scratch)
		}
	}
	again := w.End()
	if again == nil {
		return nil
	}
	for _, n := range again.notes {
		if n.join == detect.Sum {
			sums = append(sums, n)
		}
	}
	return sums
}

// out puts a revision into the outbox.
func (tx *change) out(of *rules.Rule, c *rules.Telling) *event.Event {
	alert := tx.e.teller.Alert(of, c)
	if tx.tellTo != nil {
		if tx.failed == nil {
			tx.failed = tx.tellTo(of, alert)
		}
		return alert
	}
	tx.told++
	tx.b.Put(spaceOutbox, string(binary.BigEndian.AppendUint64(nil, tx.e.number.Add(1))), appendAlert(nil, alert))
	return alert
}

// guard makes a panic of a rule an error.
func guard(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	f()
	return nil
}
