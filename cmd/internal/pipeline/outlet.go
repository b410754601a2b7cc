package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/sinks"
)

// outlet feeds one sink: it collects what waits into writes, reads each
// verdict, and sees to what was not taken.
type outlet struct {
	NamedSink
	queue   *queue
	spool   *spooler // nil where nothing goes to disk
	keep    *keeper
	starved func() bool // readers wait for memory
	redact  func(string) string
	turn    turn
	log     *slog.Logger
	now     func() time.Time
	wait    backoff
	health  health

	group     group
	most      int // events in the next write: less after failures
	breaker   breaker
	taken     int64 // events that the sink took, ever
	schema    *storedSchema
	readFails int       // in a row, of the spool
	readAt    time.Time // not before
	eased     func()    // told when the spool has become smaller

	writing                                                          atomic.Int64 // since when, in nanoseconds since 1970; 0: it is not
	in, delivered, quarantined, abandoned, writes, failures, retries atomic.Int64
}

// undocumented reports whether the sink reads no documents.
func (o *outlet) undocumented() bool {
	_, yes := o.Sink.(sinks.Undocumented)
	return yes
}

// wants reports whether the sink gets events of the dataset.
func (o *outlet) wants(dataset string) bool {
	if o.Options.Only == Alerts {
		return false
	}
	for _, d := range o.Options.Datasets {
		prefix, open := strings.CutSuffix(d, "*")
		if d == dataset || open && strings.HasPrefix(dataset, prefix) {
			return true
		}
	}
	return len(o.Options.Datasets) == 0
}

// share is what the sink gets of a batch's events; nil where it gets nothing.
func (o *outlet) share(b *event.Batch) *delivery {
	var list []*event.Event
	var last event.Schema
	wanted := false
	for i := range b.Events {
		e := &b.Events[i]
		if e.Schema != last {
			last, wanted = e.Schema, o.wants(e.Schema.Dataset())
		}
		if wanted {
			list = append(list, e)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return newDelivery(b, list, false)
}

// offer hands a delivery to the queue; the ticket is to be waited for.
func (o *outlet) offer(d *delivery) *ticket {
	o.in.Add(int64(len(d.events)))
	t, err := o.queue.offer(d)
	if err != nil {
		o.giveUp(d, len(d.events))
	}
	return t
}

// giveUp counts n events of a delivery as abandoned. What came out of the spool
// is there still.
func (o *outlet) giveUp(d *delivery, n int) {
	if !d.stored {
		o.abandoned.Add(int64(n))
	}
	d.finish(n, errLeft)
}

// run writes until the queue has ended and is empty, or hard ends; then it
// gives up what is left.
func (o *outlet) run(hard context.Context) {
	o.turn.take("sink", o.Name)
	defer o.abandon()
	for o.collect(hard) {
		err := o.write(hard)
		if err != nil && hard.Err() != nil { // cut off, which is nobody's failure
			o.back(func(l *lane) { l.again = append(l.again, o.group.entries...) })
			return
		}
		if pause := o.settle(err); pause > 0 {
			o.turn.await(hard, o.queue.relieved, time.Now().Add(pause), "sink", o.Name)
		}
	}
}

// collect fills the group with what is to be written, and waits for it.
func (o *outlet) collect(hard context.Context) bool {
	o.group.reset()
	for hard.Err() == nil {
		if o.queue.done() {
			return false
		}
		again := o.readBack(time.Now())
		wake := o.queue.pick(&o.group, o.Options.Batch, o.most, o.starved(), time.Now())
		if len(o.group.entries) > 0 {
			return true
		}
		if o.queue.done() {
			return false
		}
		o.turn.await(hard, o.queue.notify, sooner(wake, again), "sink", o.Name)
	}
	return false
}

// write makes one write. A sink that panics has failed like any other.
func (o *outlet) write(hard context.Context) error {
	ctx, cancel := context.WithTimeout(hard, o.Options.Retry.Timeout)
	defer cancel()
	o.writes.Add(1)
	o.writing.Store(o.now().UnixNano())
	defer o.writing.Store(0)
	err := guard(func() error { return o.Sink.Write(ctx, o.group.events) })
	var died *panicked
	if errors.As(err, &died) {
		o.log.Error("the sink panicked", "error", died)
	}
	return err
}

// abandon gives up what still waits, at the end.
func (o *outlet) abandon() {
	q := o.queue
	q.mu.Lock()
	var left []*delivery
	var counts []int
	for _, l := range []*lane{&q.alerts, &q.events} {
		for _, e := range l.again {
			left, counts = append(left, e.of), append(counts, 1)
		}
		for _, d := range append(l.stored, l.fresh...) {
			left, counts = append(left, d), append(counts, len(d.events)-d.next)
		}
		*l = lane{}
	}
	q.load, q.stored, q.nalerts, q.closed = load{}, load{}, 0, true
	q.mu.Unlock()
	poke(q.divert)
	for i, d := range left {
		o.giveUp(d, counts[i])
	}
}

// backoff waits longer after each failure in a row, by a random share of the
// most it may wait: sinks that failed together do not come back together.
type backoff struct {
	Retry
	rng *rand.Rand // of one goroutine
}

// after is how long to wait after n failures, n from 1.
func (b *backoff) after(n int) time.Duration {
	most := b.MaxBackoff
	if n < 32 {
		most = min(most, b.InitialBackoff<<(n-1))
	}
	if most <= 0 {
		most = b.MaxBackoff
	}
	return time.Duration(b.rng.Int64N(int64(most))).Truncate(time.Millisecond) + time.Millisecond
}
