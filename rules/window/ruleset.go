package window

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// ruleset is a compiled set and the ordinals under which the store knows its
// rules. Ordinals are never given twice.
type ruleset struct {
	set      *rules.Set
	ordinals []uint32 // by rules.Rule.Number
	stateful []*stateful
	by       map[uint32]*stateful
}

// stateful is a stateful rule at work.
type stateful struct {
	rules.Stateful
	ordinal               uint32
	bucket, before, after int64

	// closed is the watermark up to which buckets are closed; it never goes
	// back, and is kept.
	closed int64
	// through is how far the rule's logs are complete now, less the lateness:
	// math.MaxInt64 when all of them have ended.
	through int64
	// reached is how far they are complete, whether they have ended or not.
	reached int64
	blind   bool // one of its logs fails, and is not waited for
	settled bool // everything was judged since all logs have ended
	failed  bool // it panicked, and that was said
}

// ruleRecord is what is kept of a rule: its ordinal and how far it is closed.
func ruleRecord(ordinal uint32, closed int64) []byte {
	return appendTime(binary.BigEndian.AppendUint32(nil, ordinal), closed)
}

func readRuleRecord(b []byte) (ordinal uint32, closed int64) {
	if len(b) < 12 {
		return 0, math.MinInt64
	}
	return binary.BigEndian.Uint32(b), timeAt(b[4:])
}

// nameOf is what the store knows a rule by: its matches by its id, so that a
// change of words goes on counting; its notes by what they mean as well.
func nameOf(r *rules.Rule, stateful bool) string {
	if stateful {
		return "s\x00" + r.ID + "\x00" + r.Hash
	}
	return "m\x00" + r.ID
}

// adopt makes a ruleset of a set: rules that the store knows have the ordinals
// that they had, others new ones, and what is kept of stateful rules that are
// no more is removed.
func (e *Engine) adopt(set *rules.Set) (*ruleset, error) {
	known, highest, err := e.knownRules()
	if err != nil {
		return nil, err
	}
	rs := &ruleset{set: set, ordinals: make([]uint32, len(set.Rules())), by: map[uint32]*stateful{}}
	b := e.store.NewBatch()
	give := func(r *rules.Rule, isStateful bool) (uint32, int64) {
		name := nameOf(r, isStateful)
		rec, ok := known[name]
		if !ok {
			highest++
			rec = ruleRecord(highest, math.MinInt64)
			b.Put(spaceRules, name, rec)
		}
		delete(known, name)
		return readRuleRecord(rec)
	}
	isStateful := map[*rules.Rule]bool{}
	for _, r := range set.Stateful() {
		isStateful[r.Rule] = true
		s := &stateful{Stateful: r, through: math.MinInt64, reached: math.MinInt64}
		s.ordinal, s.closed = give(r.Rule, true)
		span := r.Detect.Span()
		s.bucket, s.before, s.after = int64(span.Bucket), int64(span.Before), int64(span.After)
		if s.bucket <= 0 || s.before < 0 || s.after < 0 {
			b.Discard()
			return nil, fmt.Errorf("rule %s: its span %+v is none", r.ID, span)
		}
		rs.stateful = append(rs.stateful, s)
		rs.by[s.ordinal] = s
	}
	for i, r := range set.Rules() {
		if !isStateful[r] {
			rs.ordinals[i], _ = give(r, false)
		}
	}
	for name, rec := range known {
		if name[0] == 's' {
			ordinal, _ := readRuleRecord(rec)
			purge(b, ordinal)
			b.Delete(spaceRules, name)
		}
	}
	return rs, b.Commit(true)
}

func (e *Engine) knownRules() (known map[string][]byte, highest uint32, err error) {
	known = map[string][]byte{}
	err = e.store.Scan(spaceRules, "", func(name string, rec []byte) error {
		known[name] = slices.Clone(rec)
		ordinal, _ := readRuleRecord(rec)
		highest = max(highest, ordinal)
		return nil
	})
	return known, highest, err
}

// purge removes all that is kept of a stateful rule. The last revisions of its
// cases stay where they were told.
func purge(b *state.Batch, ordinal uint32) {
	from, to := ruleKey(ordinal), ruleKey(ordinal+1)
	for _, space := range []state.Space{spaceNotes, spaceEvents, spaceGroups, spaceCases, spaceTexts, spaceTimers, spaceMarks} {
		b.ClearRange(space, from, to)
	}
}

// observers makes observers of all stateful rules for one dataset.
func (rs *ruleset) observers(schema event.Schema) *observers {
	list := &observers{matches: map[*rules.Rule][]observer{}}
	for _, s := range rs.stateful {
		x := observer{s.ordinal, s.Detect.Observer(schema)}
		if x.Observer == nil {
			continue
		}
		list.all = append(list.all, x)
		if _, ok := x.Observer.(detect.MatchObserver); !ok {
			list.add(x)
			continue
		}
		for _, base := range s.Bases {
			list.matches[base] = append(list.matches[base], x)
		}
	}
	return list
}

// floor is the begin of the bucket in which a time lies.
func (s *stateful) floor(at int64) int64 {
	b := at - at%s.bucket
	if b > at {
		b -= s.bucket
	}
	return b
}

// concerned are the buckets whose cases may depend on a note, those that are
// closed left out: from ≤ bucket < to. None: the note is too late.
func (s *stateful) concerned(at int64) (from, to int64) {
	from, to = s.floor(at-s.after), s.floor(at+s.before)+s.bucket
	return max(from, s.firstOpen()), to
}

// firstOpen is the first bucket that is not closed.
func (s *stateful) firstOpen() int64 {
	if s.closed == math.MinInt64 {
		return math.MinInt64
	}
	return s.floor(s.closed - s.after)
}

// due is when a bucket is closed.
func (s *stateful) due(bucket int64) int64 { return bucket + s.bucket + s.after }

// stateOf is the state of a case that holds.
func (s *stateful) stateOf(bucket int64) string {
	if s.through >= s.due(bucket) {
		return rules.Final
	}
	return rules.Provisional
}

// covered tells a case how much of what it rests on has come.
func (s *stateful) covered(c *rules.Telling) {
	c.Complete = c.State != rules.Provisional && !s.blind
	if s.through != math.MinInt64 && s.through != math.MaxInt64 {
		c.Through = s.through
	}
}
