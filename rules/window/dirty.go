package window

import (
	"errors"
	"math"
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/internal/state"
)

// dirty is a stretch of a group whose notes changed since it was judged.
type dirty struct {
	from, to int64  // ends of buckets
	notes    int    // came since
	since    int64  // of our clock
	name     []byte // of the group, nil where it is to be read
	changed  bool   // by the commit in the making
	// What the store's mark of it says; to ≤ from: there is none.
	marked stretch
}

// Judging reads all notes of the stretch. A group that has many is not judged
// for each that comes, but when they are an eighth more, and at latest after
// five seconds: so a group's notes are read a few times each, however they come.
const (
	manyNotes = 2000
	someMore  = 8
	longest   = 5 * time.Second
)

// patient reports whether a group may wait.
func (e *Engine) patient(g groupKey, d *dirty, now int64) bool {
	had := e.heavy[g]
	return had > manyNotes && d.notes*someMore < had && now < d.since+int64(longest)
}

// judgeInTurn judges, or leaves it to a later commit where it was just done. What
// came is marked by then (see markJust).
func (e *Engine) judgeInTurn(force bool) error {
	now := e.o.Now().UnixNano()
	if since := now - e.judged; !force && !e.more && since >= 0 && since < int64(e.o.Pace) {
		e.unjudged = true
		return nil
	}
	e.more = false
	if err := e.judgeAll(force); err != nil {
		return err
	}
	e.judged, e.unjudged = now, false
	return nil
}

// judgeDirty judges the groups that may not wait, in the order of their keys, so
// that the store is read once through.
func (tx *change) judgeDirty(force bool) (err error) {
	e := tx.e
	var due []groupKey
	for g, d := range e.dirty {
		if force || !e.patient(g, d, tx.now) {
			due = append(due, g)
		}
	}
	slices.SortFunc(due, groupKey.compare)
	e.sweep = &sweep{e.store.Sweep(spaceNotes), e.store.Sweep(spaceCases)}
	defer func() {
		err = errors.Join(err, e.sweep.notes.Close(), e.sweep.cases.Close())
		e.sweep = nil
	}()
	for _, g := range due {
		d := e.dirty[g]
		if s := e.rules.Load().by[g.rule]; s != nil {
			if err := tx.judge(s, g.group, d.name, max(d.from, s.firstOpen()), d.to); err != nil {
				return err
			}
		}
		delete(e.dirty, g)
		if d.marked != (stretch{}) {
			tx.b.Delete(spaceMarks, string(g.append(nil)))
		}
	}
	e.findOldest()
	return nil
}

// findOldest finds since when what is dirty waits.
func (e *Engine) findOldest() {
	e.oldest = math.MaxInt64
	for _, d := range e.dirty {
		e.oldest = min(e.oldest, d.since)
	}
}

// sweep is how notes and cases are read while groups are judged in the order of
// their keys.
type sweep struct{ notes, cases *state.Sweep }

// read reads what is kept of a group in [from, to): notes or cases.
func (e *Engine) read(space state.Space, g groupKey, from, to int64, fn func(key, value []byte) error) error {
	low, high := appendTime(g.append(nil), from), appendTime(g.append(nil), to)
	switch {
	case e.sweep == nil:
		return e.store.Range(space, low, high, fn)
	case space == spaceNotes:
		return e.sweep.notes.Range(low, high, fn)
	default:
		return e.sweep.cases.Range(low, high, fn)
	}
}
