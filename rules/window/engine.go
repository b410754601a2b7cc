package window

import (
	"encoding/binary"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/rules"
)

// Engine is the owner. Commit, Flush, Replace and Finish are called by one
// goroutine at a time; Worker, Pending, Drop, Wake and Stats by any.
type Engine struct {
	store *state.Store
	o     Options
	rules atomic.Pointer[ruleset]

	mu       sync.Mutex       // held by whoever changes what follows
	logs     map[logKey]int64 // how far each is complete
	broken   map[logKey]bool  // those that are not waited for
	sources  map[string]*sourceState
	newRules bool
	rereader *Worker
	teller   rules.Teller
	needSync bool
	garbage  int64 // when it was last collected, in hours of our clock

	// Of an engine that tells at the end: the events that matched, until there
	// are too many of them, and whether there were.
	held    held
	lists   [][]uint32 // of rules
	listOf  map[string]uint32
	name    []byte
	spilled spilled
	claims  claims
	pile    *pile
	wholes  wholes

	// What is in the store as well:
	loaded    bool
	tallies   map[caseKey]*tally
	tallySize int
	untold    map[caseKey]int64 // changed, and since when they wait
	dirty     map[groupKey]*dirty
	oldest    int64    // since when the first of them waits
	just      []string // keys of marks that the store holds of commits since they were judged
	sweep     *sweep   // while dirty groups are judged
	recent    map[groupBucket]bool
	heavy     map[groupKey]int
	nextDue   map[uint32]int64 // by rule: its first timer
	more      bool             // timers are left that were due
	judged    int64            // when, of our clock
	unjudged  bool             // something was committed since
	key       []byte           // of a note; used again
	shown     []byte           // of a note's event; likewise

	spare  chan *Found // committed, their memory to be used again
	poison bool        // that is overwritten; tests set it

	entries, tooLate, failed, waitingAlerts atomic.Int64

	number atomic.Uint64 // of the last alert in the outbox, or of one that was to come there
}

// Open makes the engine of a store, which stays the caller's, for the rules of a
// set. What an earlier process has left untold is told at the next Commit.
func Open(store *state.Store, set *rules.Set, o Options) (*Engine, error) {
	o.fill()
	e := &Engine{store: store, o: o, logs: map[logKey]int64{}, broken: map[logKey]bool{}, sources: map[string]*sourceState{}, newRules: true, spare: make(chan *Found, spare)}
	e.claims.held = map[string]cover{}
	e.teller.Page = o.Page
	e.forget()
	e.clearHeld()
	e.pile = newPile()
	rs, err := e.adopt(set)
	if err != nil {
		return nil, err
	}
	e.rules.Store(rs)
	e.entries.Store(0)
	if err := e.countKept(); err != nil {
		return nil, err
	}
	return e, e.revive()
}

// Replace changes the rules. Notes and cases of a rule that means what it meant
// stay; those of rules that are no more are removed. Workers made before go on
// with the rules that they have, until they are replaced too.
func (e *Engine) Replace(set *rules.Set) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	rs, err := e.adopt(set)
	if err != nil {
		return err
	}
	e.rules.Store(rs)
	e.newRules = true
	e.forget()
	return e.revive()
}

// forget drops what is in the store as well.
func (e *Engine) forget() {
	e.loaded = false
	e.tallies, e.tallySize, e.untold = map[caseKey]*tally{}, 0, map[caseKey]int64{}
	e.dirty, e.recent, e.heavy, e.nextDue = map[groupKey]*dirty{}, map[groupBucket]bool{}, map[groupKey]int{}, map[uint32]int64{}
	e.judged, e.unjudged, e.rereader, e.oldest = 0, false, nil, math.MaxInt64
}

// revive reads what must be known before anything is committed.
func (e *Engine) revive() error {
	if e.loaded {
		return nil
	}
	now := e.o.Now().UnixNano()
	err := errors.Join(
		e.store.Range(spaceUntold, nil, nil, func(key, _ []byte) error { e.untold[caseAt(key)] = now; return nil }),
		e.findMarks(now),
		e.store.Range(spaceOutbox, binary.BigEndian.AppendUint64(nil, e.number.Load()+1), nil, func(key, _ []byte) error {
			e.number.Store(binary.BigEndian.Uint64(key))
			return nil
		}),
	)
	e.findOldest()
	for _, s := range e.rules.Load().stateful {
		err = errors.Join(err, e.findNext(s, nil))
	}
	e.loaded = err == nil
	return err
}

// countKept counts what the store holds, for Stats.
func (e *Engine) countKept() error {
	return errors.Join(
		e.store.Range(spaceNotes, nil, nil, func(_, _ []byte) error { e.entries.Add(1); return nil }),
		e.store.Range(spaceOutbox, nil, nil, func(_, _ []byte) error { e.waitingAlerts.Add(1); return nil }),
	)
}

// Wake is when Commit is to be called though nothing was found; zero: never.
func (e *Engine) Wake() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.more {
		return e.o.Now()
	}
	first := int64(math.MaxInt64)
	if e.unjudged {
		first = e.judged + int64(e.o.Pace)
	}
	if !e.o.AtEnd {
		for _, since := range e.untold {
			first = min(first, since+int64(e.o.Revise))
		}
		if len(e.dirty) > 0 {
			first = min(first, max(e.oldest+int64(longest), e.judged+int64(e.o.Pace)))
		}
	}
	if first == math.MaxInt64 {
		return time.Time{}
	}
	return time.Unix(0, first)
}

// Stats are figures of the engine.
type Stats struct {
	// Entries are the notes kept; one that came twice counts twice until the
	// next start.
	Entries int64
	// Cases are those in memory, Waiting those whose change is yet untold.
	Cases, Waiting int
	// Outbox are the alerts that are not yet everywhere.
	Outbox int64
	// TooLate are notes that came after their buckets were closed.
	TooLate int64
	// Failed is how often a stateful rule panicked.
	Failed int64
	// Memory is what cases and the store hold in memory, in bytes.
	Memory int64
	// Disk is what the whole store holds on disk.
	Disk int64
	// Broken are sources that the rules do not wait for.
	Broken []string
}

// Stats is a snapshot.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := Stats{
		Entries: e.entries.Load(), Cases: len(e.tallies), Waiting: len(e.untold) + len(e.dirty), Outbox: e.waitingAlerts.Load(),
		TooLate: e.tooLate.Load(), Failed: e.failed.Load(), Memory: int64(e.tallySize),
	}
	var inStore int64
	s.Disk, inStore = e.store.Size()
	s.Memory += inStore
	for name, of := range e.sources {
		if of.broken {
			s.Broken = append(s.Broken, name)
		}
	}
	return s
}
