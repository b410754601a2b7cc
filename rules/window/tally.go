package window

import (
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules"
)

// tally is a case of a rule that needs one event alone: a count, the first
// match, and what is said of the first hundred. It is final from its first
// revision on: nothing refutes it.
type tally struct {
	caseKey
	id       event.ID
	of       *rules.Rule
	rec      record
	sample   item
	evidence []item
	texts    bool // sample or evidence are not written yet
	size     int
}

// tally returns a case, from memory, from the store, or new.
func (e *Engine) tally(f *foundCase) (*tally, error) {
	if t := e.tallies[f.caseKey]; t != nil {
		return t, nil
	}
	t, err := e.loadTally(f.caseKey, f.of)
	if err == nil && t == nil {
		t = &tally{caseKey: f.caseKey, id: f.id, of: f.of}
	}
	if err == nil {
		e.tallies[f.caseKey] = t
		e.tallySize += t.memory()
	}
	return t, err
}

// loadTally reads a case; nil if there is none.
func (e *Engine) loadTally(k caseKey, of *rules.Rule) (*tally, error) {
	key := string(k.append(nil))
	rec, err := e.store.Get(spaceCases, key)
	if err != nil || rec == nil {
		return nil, err
	}
	t := &tally{caseKey: k, of: of}
	if t.rec, err = readRecord(rec); err != nil {
		return nil, err
	}
	text, err := e.store.Get(spaceTexts, key)
	if err != nil {
		return nil, err
	}
	if len(text) < len(t.id) {
		return nil, errRecord
	}
	text = text[copy(t.id[:], text):]
	if t.sample, text, err = cutItem(text); err != nil {
		return nil, err
	}
	for len(text) > 0 {
		var it item
		if it, text, err = cutItem(text); err != nil {
			return nil, err
		}
		t.evidence = append(t.evidence, it)
	}
	return t, nil
}

func (t *tally) appendText(dst []byte) []byte {
	dst = appendItem(append(dst, t.id[:]...), t.sample)
	for _, it := range t.evidence {
		dst = appendItem(dst, it)
	}
	return dst
}

// memory is what the tally holds; the size is remembered.
func (t *tally) memory() int {
	n := 300 + len(t.sample.text)
	for i := range t.evidence {
		n += 64 + len(t.evidence[i].text)
	}
	n, t.size = n-t.size, n
	return n // what it grew by
}

// say adds what a batch says of a case. A match that comes again says the same,
// or, by another way, what is less of the two: the order must not matter.
func (tx *change) say(t *tally, f *foundCase) {
	changed := false
	if s := f.sample; s.text != nil {
		if c := s.compare(t.sample); t.sample.text == nil || c < 0 || c == 0 && string(s.text) < string(t.sample.text) {
			t.sample, changed = s, true
		}
	}
	for _, it := range f.evidence {
		i, again := slices.BinarySearchFunc(t.evidence, it, item.compare)
		switch {
		case again && string(it.text) < string(t.evidence[i].text):
			t.evidence[i], changed = it, true
		case !again && i < rules.MaxEvidence:
			t.evidence = slices.Insert(t.evidence, i, it)
			t.evidence = t.evidence[:min(len(t.evidence), rules.MaxEvidence)]
			changed = true
		}
	}
	if changed {
		t.texts = true
		tx.e.tallySize += t.memory()
		tx.touch(t)
	}
}

// add counts one match.
func (tx *change) add(t *tally, at int64) {
	if t.rec.count == 0 || at < t.rec.first {
		t.rec.first = at
	}
	if t.rec.count == 0 || at > t.rec.last {
		t.rec.last = at
	}
	t.rec.count++
	tx.touch(t)
}

// touch has a case told and written at the end of the commit, but where all are
// at the end.
func (tx *change) touch(t *tally) {
	if !tx.e.o.AtEnd {
		tx.touched[t.caseKey] = t
	}
}

// settleTallies tells the cases that changed, or remembers that they are to be
// told, and writes them.
func (tx *change) settleTallies() {
	e := tx.e
	for k, t := range tx.touched {
		if t.rec.revision == 0 || t.rec.count >= 2*t.rec.told {
			tx.tell(t)
		} else if _, waits := e.untold[k]; !waits && t.rec.count > t.rec.told {
			e.untold[k] = tx.now
			tx.b.Put(spaceUntold, string(k.append(nil)), nil)
		}
		tx.write(t)
	}
}

// tellWaiting tells the cases that have waited long enough, all of them if
// force is set.
func (tx *change) tellWaiting(force bool) error {
	e := tx.e
	if e.o.AtEnd {
		return nil
	}
	for k, since := range e.untold {
		if !force && tx.now < since+int64(e.o.Revise) {
			continue
		}
		t, err := e.waiting(k)
		if err != nil {
			return err
		}
		if t != nil {
			tx.tell(t)
			tx.write(t)
		} else {
			delete(e.untold, k)
			tx.b.Delete(spaceUntold, string(k.append(nil)))
		}
	}
	return nil
}

// waiting returns a case that is to be told; nil if its rule is no more.
func (e *Engine) waiting(k caseKey) (*tally, error) {
	if t := e.tallies[k]; t != nil {
		return t, nil
	}
	of := e.rules.Load().ruleOf(k.rule)
	if of == nil {
		return nil, nil
	}
	return e.loadTally(k, of)
}

// ruleOf is the rule of an ordinal of matches.
func (rs *ruleset) ruleOf(ordinal uint32) *rules.Rule {
	if i := slices.Index(rs.ordinals, ordinal); i >= 0 {
		return rs.set.Rules()[i]
	}
	return nil
}

// tell makes the next revision of a case, if there is something new to tell.
func (tx *change) tell(t *tally) {
	if _, waits := tx.e.untold[t.caseKey]; waits {
		delete(tx.e.untold, t.caseKey)
		tx.b.Delete(spaceUntold, string(t.caseKey.append(nil)))
	}
	if t.rec.count == t.rec.told {
		return
	}
	t.rec.revision++
	t.rec.told = t.rec.count
	tx.out(t.of, t.telling(tx.now))
}

func (t *tally) telling(now int64) *rules.Telling {
	c := &rules.Telling{
		ID: t.id, Revision: t.rec.revision, State: rules.Final, Count: t.rec.count, First: t.rec.first, Last: t.rec.last,
		Created: now, Sample: t.sample.text, Complete: true, // it rests on each of its events alone
	}
	for _, it := range t.evidence {
		c.Evidence = append(c.Evidence, it.text)
	}
	return c
}

func (tx *change) write(t *tally) {
	t.rec.touched = hours(tx.now)
	key := string(t.caseKey.append(nil))
	tx.b.Put(spaceCases, key, t.rec.append(nil))
	if t.texts {
		tx.b.Put(spaceTexts, key, t.appendText(nil))
		t.texts = false
	}
}

// makeRoom drops cases from memory when they are too large together. All of them
// are in the store, or put there before.
func (e *Engine) makeRoom() error {
	if err := e.spillSeen(); err != nil {
		return err
	}
	if e.tallySize < e.o.Memory {
		return nil
	}
	if e.o.AtEnd {
		if err := e.putTallies(); err != nil {
			return err
		}
	}
	clear(e.tallies)
	e.tallySize = 0
	return nil
}

// putTallies writes the cases that an engine that tells at the end has in memory.
func (e *Engine) putTallies() error {
	e.spilled.cases = true
	tx := e.begin()
	for _, t := range e.tallies {
		tx.write(t)
	}
	return tx.b.Commit(false)
}

func hours(ns int64) int64 { return ns / int64(time.Hour) }
