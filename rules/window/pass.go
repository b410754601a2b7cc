package window

import (
	"math"

	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/rules"
)

// mostTimers is how many timers one commit sees to; the rest follows in the next.
const mostTimers = 5000

// pass sees to what a rule's watermark has reached: cases become final, rules
// that wait are asked again, buckets are closed and their notes removed.
func (tx *change) pass(s *stateful) error {
	next, any := tx.e.nextDue[s.ordinal]
	if any && s.reached >= next {
		if err := tx.close(s); err != nil {
			return err
		}
	} else if s.reached > s.closed && !any {
		s.closed = s.reached // nothing is open
	}
	if s.through == math.MaxInt64 && !s.settled {
		return tx.settle(s)
	}
	return nil
}

// close sees to the timers up to the watermark.
func (tx *change) close(s *stateful) error {
	list, more, err := tx.e.timersOf(s, s.reached, mostTimers)
	if err != nil {
		return err
	}
	upto := s.reached
	if more {
		upto = list[len(list)-1].due - 1 // others are due with the last
		tx.e.more = true
		clear(tx.e.recent) // timers of buckets that are not closed yet are removed
	}
	for _, t := range list {
		if err := tx.ring(s, t); err != nil {
			return err
		}
		tx.b.Delete(spaceTimers, string(t.append(nil)))
	}
	if upto > s.closed {
		s.closed = upto
		tx.b.Put(spaceRules, nameOf(s.Rule, true), ruleRecord(s.ordinal, s.closed))
	}
	if err := tx.e.findNext(s, list); err != nil {
		return err
	}
	for t := range tx.timers { // not yet in the store
		if next, ok := tx.e.nextDue[s.ordinal]; t.rule == s.ordinal && (!ok || t.due < next) {
			tx.e.nextDue[s.ordinal] = t.due
		}
	}
	return nil
}

// timersOf reads a rule's timers that are due.
func (e *Engine) timersOf(s *stateful, upto int64, most int) (list []timer, more bool, err error) {
	high := ruleKey(s.ordinal + 1)
	if upto < math.MaxInt64 {
		high = appendTime(ruleKey(s.ordinal), upto+1)
	}
	err = e.store.Range(spaceTimers, ruleKey(s.ordinal), high, func(key, _ []byte) error {
		if len(list) == most {
			more = true
			return state.ErrEnough
		}
		list = append(list, timerAt(key))
		return nil
	})
	return list, more, err
}

// findNext finds when the next timer of a rule is due, those of done left out.
func (e *Engine) findNext(s *stateful, done []timer) error {
	delete(e.nextDue, s.ordinal)
	from := ruleKey(s.ordinal)
	if len(done) > 0 {
		from = append(done[len(done)-1].append(nil), 0)
	}
	return e.store.Range(spaceTimers, from, ruleKey(s.ordinal+1), func(key, _ []byte) error {
		e.nextDue[s.ordinal] = timerAt(key).due
		return state.ErrEnough
	})
}

// ring sees to one timer that the watermark has reached.
func (tx *change) ring(s *stateful, t timer) error {
	if err := tx.review(s, t); err != nil || t.kind != closes {
		return err
	}
	return tx.remove(s, groupKey{s.ordinal, t.group}, t.bucket)
}

// review judges again what a timer stands for, where that may change something.
func (tx *change) review(s *stateful, t timer) error {
	g := groupKey{s.ordinal, t.group}
	if t.kind == closes {
		open, err := tx.e.provisional(g, t.bucket, s.bucket)
		if err != nil || !open {
			return err
		}
	}
	return tx.judge(s, t.group, nil, t.bucket, t.bucket+s.bucket)
}

// provisional reports whether a case in a bucket of a group may still change.
func (e *Engine) provisional(g groupKey, bucket, long int64) (open bool, err error) {
	list, err := e.cases(g, bucket, bucket+long)
	for _, t := range list {
		open = open || t.state == rules.Provisional[0]
	}
	return open, err
}

// remove removes what is kept of a closed bucket: its cases, and the notes that
// no later one needs.
func (tx *change) remove(s *stateful, g groupKey, bucket int64) error {
	cases := appendTime(g.append(nil), bucket+s.bucket)
	for _, space := range []state.Space{spaceCases, spaceTexts} {
		if _, err := tx.clear(space, g.append(nil), cases); err != nil {
			return err
		}
	}
	notes := appendTime(g.append(nil), bucket+s.bucket-s.before)
	n, err := tx.clear(spaceNotes, g.append(nil), notes)
	if err != nil || n == 0 {
		return err
	}
	tx.e.entries.Add(-int64(n))
	if _, err := tx.clear(spaceEvents, g.append(nil), notes); err != nil {
		return err
	}
	left := false
	err = tx.e.store.Range(spaceNotes, notes, groupKey{g.rule, g.group + 1}.append(nil), func(_, _ []byte) error {
		left = true
		return state.ErrEnough
	})
	if err == nil && !left && g.group != math.MaxUint64 {
		tx.b.Delete(spaceGroups, string(g.append(nil)))
		delete(tx.e.heavy, g)
		clear(tx.e.recent)
	}
	return err
}

// fewKeys are removed one by one: a range that was removed makes every later
// reading of its neighbours slower.
const fewKeys = 256

// clear removes keys and says how many there were.
func (tx *change) clear(space state.Space, from, to []byte) (n int, err error) {
	var few [][]byte
	err = tx.e.store.Range(space, from, to, func(key, _ []byte) error {
		if n++; n <= fewKeys {
			few = append(few, append([]byte(nil), key...))
		}
		return nil
	})
	if err != nil {
		return n, err
	}
	if n > fewKeys {
		tx.b.ClearRange(space, from, to)
		return n, nil
	}
	for _, key := range few {
		tx.b.Delete(space, string(key))
	}
	return n, nil
}

// settle judges all that is open of a rule whose logs have ended. Nothing is
// removed: the next start may bring more.
func (tx *change) settle(s *stateful) error {
	s.settled = true
	list, _, err := tx.e.timersOf(s, math.MaxInt64, math.MaxInt)
	if err != nil {
		return err
	}
	done := map[groupBucket]bool{}
	for _, t := range list {
		if g := (groupBucket{groupKey{s.ordinal, t.group}, t.bucket}); t.kind == wakes || !done[g] {
			done[g] = true
			if err := tx.review(s, t); err != nil {
				return err
			}
		}
	}
	return nil
}
