package pipeline

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
)

// delivery is one batch's share for one sink, or alerts of the outbox. It
// holds the batch until each of them is delivered, in quarantine, or given up.
type delivery struct {
	batch  *event.Batch
	events []*event.Event // of the batch, those that the sink wants
	alerts bool
	since  time.Time
	next   int // the first that was not yet picked
	left   atomic.Int64
	lost   atomic.Bool
	stored bool // it came out of the spool, and is there until it is finished
}

func newDelivery(b *event.Batch, events []*event.Event, alerts bool) *delivery {
	d := &delivery{batch: b, events: events, alerts: alerts, since: time.Now()}
	d.left.Store(int64(len(events)))
	return d
}

// finish counts n events of the delivery as done with. The last lets the batch go.
func (d *delivery) finish(n int, err error) {
	if err != nil {
		d.lost.Store(true)
	}
	if d.left.Add(-int64(n)) > 0 {
		return
	}
	if d.lost.Load() {
		err = errLeft
	}
	d.batch.Done(err)
}

// entry is one event on its way to a sink.
type entry struct {
	event *event.Event
	of    *delivery
	due   time.Time // not before; never zero once it was tried
	tries int
	// alone is set when a write of nothing but this event failed. It is a
	// suspect then: it must not be the reason why others fail with it. strikes
	// counts such failures while the sink took others, from first on; taken is
	// its count of those.
	alone   bool
	strikes int
	first   time.Time
	taken   int64
}

// lane holds what waits for a sink, in three kinds: to be tried again, read back
// from the spool, and fresh, in the order in which they came.
type lane struct {
	again  []entry
	stored []*delivery
	fresh  []*delivery
	held   bool // fresh ones are not taken: others come before them
}

func (l *lane) empty() bool { return len(l.fresh) == 0 && len(l.stored) == 0 && len(l.again) == 0 }

// queue is what waits for one sink. Alerts have a lane of their own, which is
// emptied first and never full: the outbox bounds what it offers.
//
// Whoever makes room lets the next waiting reader in by itself, under the same
// lock. A reader that had to wake up first to find the room would leave the
// order to chance, and tests could not replay it.
type queue struct {
	buffer   Buffer
	notify   chan struct{} // to the sink's goroutine
	relieved chan struct{} // to it while it rests: it need not

	mu      sync.Mutex
	alerts  lane
	events  lane
	load         // in memory: events, those being written included
	stored  load // those of them that came out of the spool, and are in no bound
	nalerts int
	diverted
	blocked []*ticket
	tried   bool // the last write was a suspect's
	flush   bool // wait for nothing to fill a write
	end     bool // nothing more will come
	closed  bool // nothing more is taken: the sink's goroutine has ended
}

// ticket is a delivery that waits for room in a queue.
type ticket struct {
	delivery *delivery
	taken    chan struct{}
}

// load counts events and the bytes of their documents.
type load struct {
	count int
	bytes int64
}

func newQueue(b Buffer) *queue {
	q := &queue{buffer: b, notify: make(chan struct{}, 1), relieved: make(chan struct{}, 1)}
	q.divert = make(chan struct{}, 1)
	return q
}

// offer takes the delivery, or returns a ticket whose channel is closed when
// there is room and it is taken. A closed queue takes nothing.
func (q *queue) offer(d *delivery) (*ticket, error) {
	defer q.wake()
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil, errLeft
	}
	if !d.alerts && (len(q.blocked) > 0 || q.full()) {
		t := &ticket{delivery: d, taken: make(chan struct{})}
		q.blocked = append(q.blocked, t)
		return t, nil
	}
	q.add(d)
	return nil, nil
}

// withdraw takes back what a ticket stands for; false says that it was taken
// meanwhile.
func (q *queue) withdraw(t *ticket) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.blocked, t)
	if i < 0 {
		return false
	}
	q.blocked = slices.Delete(q.blocked, i, i+1)
	return true
}

func (q *queue) full() bool {
	return q.count >= q.buffer.MaxEvents || q.bytes >= int64(q.buffer.MaxBytes)
}

func (q *queue) add(d *delivery) {
	if d.alerts {
		q.nalerts += len(d.events)
		q.alerts.fresh = append(q.alerts.fresh, d)
		return
	}
	q.count += len(d.events)
	for _, e := range d.events {
		q.bytes += int64(len(e.Doc))
	}
	q.events.fresh = append(q.events.fresh, d)
}

// leave counts an entry out and lets in who waited for the room. The caller
// holds the lock.
func (q *queue) leave(e *entry) {
	if e.of.alerts {
		q.nalerts--
		return
	}
	if e.of.stored {
		q.stored.count--
		q.stored.bytes -= int64(len(e.event.Doc))
		return
	}
	q.count--
	q.bytes -= int64(len(e.event.Doc))
	for len(q.blocked) > 0 && !q.full() {
		t := q.blocked[0]
		q.blocked = q.blocked[1:]
		q.add(t.delivery)
		close(t.taken)
	}
}

// set changes the queue's flags and wakes the sink's goroutine.
func (q *queue) set(flush, end bool) {
	q.mu.Lock()
	q.flush, q.end = q.flush || flush, q.end || end
	q.mu.Unlock()
	if end {
		poke(q.relieved)
	}
	q.wake()
}

// stop says that the pipeline stops.
func (q *queue) stop() {
	q.mu.Lock()
	q.draining = true
	q.mu.Unlock()
	q.wake()
}

// mark says how the sink does.
func (q *queue) mark(failing, open bool) {
	q.mu.Lock()
	same := q.failing == failing && q.open == open
	q.failing, q.open = failing, open
	q.mu.Unlock()
	if !same {
		q.wake()
	}
}

// wake wakes both who may have something to do: who writes to the sink, and who
// writes to the spool.
func (q *queue) wake() {
	poke(q.notify)
	poke(q.divert)
}

// oldest is when what waits longest came; zero if nothing waits. What is being
// written is not seen.
func (q *queue) oldest() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	var first time.Time
	see := func(t time.Time) {
		if first.IsZero() || t.Before(first) {
			first = t
		}
	}
	for _, l := range []*lane{&q.alerts, &q.events} {
		for i := range l.again {
			see(l.again[i].of.since)
		}
		if len(l.stored) > 0 {
			see(l.stored[0].since)
		}
		if len(l.fresh) > 0 {
			see(l.fresh[0].since)
		}
	}
	return first
}
