package window

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// mostNotes is how many notes are judged at once, where they are of several
// buckets.
const mostNotes = 100_000

// judgeAll judges what changed, and what the watermarks have reached.
func (e *Engine) judgeAll(force bool) error {
	tx := e.begin()
	err := tx.judgeDirty(force)
	tx.keepMarks()
	for _, s := range e.rules.Load().stateful {
		if err == nil {
			err = tx.pass(s)
		}
	}
	if err != nil {
		tx.b.Discard()
		return err
	}
	return tx.commit()
}

// judge asks a rule for the cases of a group in [from, to) and tells what is
// other than what was told before. name is the group's; nil: it is read.
func (tx *change) judge(s *stateful, group uint64, name []byte, from, to int64) error {
	if from >= to {
		return nil
	}
	g := groupKey{s.ordinal, group}
	notes, err := tx.e.notes(g, add(from, -s.before), add(to, s.after))
	if err != nil {
		return err
	}
	if len(notes) > manyNotes {
		tx.e.heavy[g] = len(notes)
	} else {
		delete(tx.e.heavy, g)
	}
	if middle, ok := s.middle(notes, from, to); ok {
		if err := tx.judge(s, group, name, from, middle); err != nil {
			return err
		}
		return tx.judge(s, group, name, middle, to)
	}
	before, err := tx.e.cases(g, from, to)
	if err != nil || len(notes) == 0 && len(before) == 0 {
		return err
	}
	if name == nil {
		if name, err = tx.e.store.Get(spaceGroups, string(g.append(nil))); err != nil {
			return err
		}
	}
	return tx.judgeNotes(s, g, name, notes, from, to, before)
}

// judgeNotes is judge, of the notes that the group has and the cases that were
// told before.
func (tx *change) judgeNotes(s *stateful, g groupKey, name []byte, notes []detect.Note, from, to int64, before map[caseKey]*told) error {
	found := tx.ask(s, &detect.Window{Group: name, From: from, To: to, Notes: notes, Through: s.through})
	for i := range found {
		if err := tx.compare(s, g, name, notes, &found[i], before); err != nil {
			return err
		}
	}
	return tx.retract(s, before)
}

// middle is the end of a bucket near the median of the notes, where there are
// too many to be judged at once.
func (s *stateful) middle(notes []detect.Note, from, to int64) (int64, bool) {
	if len(notes) <= mostNotes || to-from <= s.bucket {
		return 0, false
	}
	m := s.floor(notes[len(notes)/2].Time)
	return min(max(m, from+s.bucket), to-s.bucket), true
}

// ask asks the rule. One that panics has found nothing, and that is said once.
func (tx *change) ask(s *stateful, w *detect.Window) (found []detect.Case) {
	err := guard(func() { found = s.Detect.Judge(w) })
	if err != nil {
		tx.e.failed.Add(1)
		if !s.failed {
			s.failed = true
			tx.e.o.Log.Error("a rule failed: what it would have found is missing", "rule", s.ID, "error", err)
		}
	}
	return found
}

// notes reads the notes of a group in [from, to).
func (e *Engine) notes(g groupKey, from, to int64) ([]detect.Note, error) {
	var notes noteList
	err := e.read(spaceNotes, g, from, to, func(key, v []byte) error {
		notes.add(key, v)
		return nil
	})
	return notes.list, err
}

// noteList gathers notes as they are read.
type noteList struct {
	list  []detect.Note
	block detect.Block
}

// reset forgets the notes and uses their memory again.
func (l *noteList) reset() {
	l.list = l.list[:0]
	l.block.Reset()
}

func (l *noteList) add(key, v []byte) {
	n := detect.Note{Time: timeAt(key[groupSize:])}
	copy(n.ID[:], key[groupSize+8:])
	n.Value = l.block.Keep(state.Joined(v), 4<<10)
	l.list = append(l.list, n)
}

// told is a case as it was told before.
type told struct {
	record
	again bool // found again
}

// cases reads the cases of a group in [from, to).
func (e *Engine) cases(g groupKey, from, to int64) (map[caseKey]*told, error) {
	list := map[caseKey]*told{}
	err := e.read(spaceCases, g, from, to, func(key, v []byte) error {
		rec, err := readRecord(v)
		list[caseAt(key)] = &told{record: rec}
		return err
	})
	return list, err
}

// compare tells a case that a rule found, if it is new or other than before.
func (tx *change) compare(s *stateful, g groupKey, group []byte, notes []detect.Note, c *detect.Case, before map[caseKey]*told) error {
	bucket := s.floor(c.Time)
	if c.Wake > s.through && c.Wake != 0 {
		tx.timer(timer{s.ordinal, c.Wake, g.group, bucket, wakes})
	}
	if c.Silent {
		return nil
	}
	k := caseKey{g, bucket, hash(c.Key)}
	t := before[k]
	if t == nil {
		t = &told{}
		before[k] = t
	}
	if t.again {
		return nil // two cases under one key: the first is told
	}
	t.again = true
	state := s.stateOf(bucket)
	digest := digestOf(c, notes)
	if t.revision > 0 && t.state == state[0] && t.digest == digest {
		return nil
	}
	t.revision++
	t.state, t.digest, t.count, t.first, t.last, t.touched = state[0], digest, c.Count, c.First, c.Last, hours(tx.now)
	telling, err := tx.telling(s, g, group, notes, c, &t.record)
	if err != nil {
		return err
	}
	alert := tx.out(s.Rule, telling)
	key := string(k.append(nil))
	tx.b.Put(spaceCases, key, t.record.append(nil))
	tx.b.Put(spaceTexts, key, append(slices.Clone(telling.ID[:]), rules.Keep(alert)...))
	if state == rules.Provisional {
		tx.timer(timer{s.ordinal, s.due(bucket), g.group, bucket, closes})
	}
	return nil
}

// digestOf is a hash of all that an alert says of a case.
func digestOf(c *detect.Case, notes []detect.Note) (out [16]byte) {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %d %d %q %q", c.Count, c.First, c.Last, len(c.Evidence), c.Fields, c.Marks)
	if c.Level != nil {
		fmt.Fprintf(h, " %d", *c.Level)
	}
	for _, i := range append([]int{c.About}, c.Evidence[:min(len(c.Evidence), rules.MaxEvidence)]...) {
		if i >= 0 && i < len(notes) {
			h.Write(append(binary.AppendVarint(nil, notes[i].Time), notes[i].ID[:]...))
		}
	}
	copy(out[:], h.Sum(nil))
	return out
}

// telling gathers what a case's alert says.
func (tx *change) telling(s *stateful, g groupKey, group []byte, notes []detect.Note, c *detect.Case, r *record) (*rules.Telling, error) {
	out := &rules.Telling{
		ID: rules.CaseID(s.ID, group, c.Key, s.floor(c.Time)), Revision: r.revision, State: s.stateOf(s.floor(c.Time)),
		Count: c.Count, First: c.First, Last: c.Last, Created: tx.now, Fields: c.Fields, Level: c.Level, Marks: c.Marks,
	}
	s.covered(out)
	most := tx.e.o.evidence()
	for _, i := range c.Evidence {
		if len(out.Evidence) == most {
			break
		}
		about, err := tx.about(g, notes, i)
		if err != nil {
			return nil, err
		}
		if ev := rules.EvidenceOf(about); len(ev) > 0 {
			out.Evidence = append(out.Evidence, ev)
		}
	}
	var err error
	out.About, err = tx.about(g, notes, c.About)
	return out, err
}

// about is what an alert may say of a note's event.
func (tx *change) about(g groupKey, notes []detect.Note, i int) ([]byte, error) {
	switch {
	case i < 0 || i >= len(notes):
		return nil, nil
	case tx.shows != nil:
		return tx.shows(i), nil
	}
	v, err := tx.e.store.Get(spaceEvents, string(g.appendNote(nil, notes[i].Time, notes[i].ID)))
	return shownOf(state.Joined(v)), err
}

// retract tells of cases that are none any more.
func (tx *change) retract(s *stateful, before map[caseKey]*told) error {
	for k, t := range before {
		if t.again || t.state == rules.Retracted[0] {
			continue
		}
		key := string(k.append(nil))
		text, err := tx.e.store.Get(spaceTexts, key)
		if err != nil {
			return err
		}
		var id event.ID
		text = text[copy(id[:], text):]
		t.revision++
		t.state = rules.Retracted[0]
		out := &rules.Telling{
			ID: id, Revision: t.revision, State: rules.Retracted, Count: t.count, First: t.first, Last: t.last,
			Created: tx.now, Sample: text,
		}
		s.covered(out)
		tx.out(s.Rule, out)
		tx.b.Put(spaceCases, key, t.record.append(nil))
	}
	return nil
}

// add adds without passing the ends of time.
func add(at, d int64) int64 {
	if d > 0 && at > math.MaxInt64-d {
		return math.MaxInt64
	}
	if d < 0 && at < math.MinInt64-d {
		return math.MinInt64
	}
	return at + d
}
