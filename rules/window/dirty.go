package window

import (
	"errors"
	"slices"

	"github.com/burstwatch/burstwatch/internal/state"
)

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
	return nil
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
