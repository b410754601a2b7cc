package window

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// Finish ends an engine that tells at the end: the end of what was read is the
// end of time, so every case is final. fn gets each, with its rule, in no order
// that means anything; the alert has memory of its own.
func (e *Engine) Finish(fn func(r *rules.Rule, alert *event.Event) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.finishTallies(fn); err != nil {
		return err
	}
	if e.spilled.notes {
		if err := e.spillNotes(); err != nil { // the rest too, so that all lies in one place
			return err
		}
	}
	tx := e.begin()
	defer tx.b.Discard()
	tx.tellTo = fn
	for _, s := range e.rules.Load().stateful {
		s.through = math.MaxInt64
		finish := tx.finishPiled
		if e.spilled.notes {
			finish = tx.finish
		}
		if err := finish(s); err != nil {
			return err
		}
	}
	return tx.failed
}

// finishTallies tells cases of single matches.
func (e *Engine) finishTallies(fn func(*rules.Rule, *event.Event) error) error {
	if !e.spilled.cases {
		return e.finishInMemory(fn)
	}
	if err := e.putTallies(); err != nil {
		return err
	}
	rs := e.rules.Load()
	return e.store.Range(spaceCases, nil, nil, func(key, _ []byte) error {
		k := caseAt(key)
		of := rs.ruleOf(k.rule)
		if of == nil || rs.by[k.rule] != nil {
			return nil
		}
		t := e.tallies[k]
		if t == nil {
			var err error
			if t, err = e.loadTally(k, of); err != nil {
				return err
			}
		}
		return e.finishTally(t, fn)
	})
}

// finishInMemory tells them where none had to make room, in the same order.
func (e *Engine) finishInMemory(fn func(*rules.Rule, *event.Event) error) error {
	keys := slices.SortedFunc(maps.Keys(e.tallies), func(a, b caseKey) int {
		return cmp.Or(a.groupKey.compare(b.groupKey), cmp.Compare(a.bucket, b.bucket), cmp.Compare(a.key, b.key))
	})
	for _, k := range keys {
		if err := e.finishTally(e.tallies[k], fn); err != nil {
			return err
		}
	}
	return nil
}

// finishPiled judges every group of a rule whose notes are all in memory.
func (tx *change) finishPiled(s *stateful) error {
	p := tx.e.pile
	defer func() { tx.shows = nil }()
	var notes []detect.Note
	for _, g := range p.of(s.ordinal) {
		h := p.groups[g]
		p.settle(h, tx.e.say)
		notes = notes[:0]
		for i := range h.notes {
			notes = append(notes, detect.Note{Time: h.notes[i].at, ID: h.notes[i].id, Value: h.notes[i].value})
		}
		from, _ := s.concerned(notes[0].Time)
		_, to := s.concerned(notes[len(notes)-1].Time)
		tx.shows = func(i int) []byte { return tx.e.say(h.notes[i].event) }
		if err := tx.judgeNotes(s, g, h.name, notes, from, to, map[caseKey]*told{}); err != nil {
			return err
		}
		if tx.failed != nil {
			return tx.failed
		}
	}
	return nil
}

func (e *Engine) finishTally(t *tally, fn func(*rules.Rule, *event.Event) error) error {
	if t.rec.count == 0 {
		return nil
	}
	t.rec.revision = 1
	return fn(t.of, e.teller.Alert(t.of, t.telling(e.o.Now().UnixNano())))
}

// finish judges every group of a rule, from its first note to its last. A group's
// notes lie together and are judged as they are read; one that has too many is
// read again, in parts.
func (tx *change) finish(s *stateful) error {
	var g groupKey
	var notes noteList
	var first, last int64
	done := func() error {
		if g.rule == 0 || tx.failed != nil {
			return tx.failed
		}
		from, _ := s.concerned(first)
		_, to := s.concerned(last)
		if len(notes.list) > mostNotes {
			return tx.judge(s, g.group, nil, from, to)
		}
		name, err := tx.e.store.Get(spaceGroups, string(g.append(nil)))
		if err != nil {
			return err
		}
		return tx.judgeNotes(s, g, name, notes.list, from, to, map[caseKey]*told{})
	}
	err := tx.e.store.Range(spaceNotes, ruleKey(s.ordinal), ruleKey(s.ordinal+1), func(key, v []byte) error {
		at := timeAt(key[groupSize:])
		if next := groupAt(key); next != g {
			if err := done(); err != nil {
				return err
			}
			g, first = next, at
			notes.reset()
		}
		last = at
		if len(notes.list) <= mostNotes {
			notes.add(key, v)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return done()
}
