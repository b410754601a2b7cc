package pipeline

import (
	"sync"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Alerts on their way to one sink. More stay in the store: a sink that is down
// keeps neither memory nor another sink's alerts waiting.
const (
	alertsAtOnce  = 64
	alertsAhead   = 256
	alertsInBytes = 2 << 20
)

// outbox offers the alerts that Cases has made durable to the sinks, each at its
// own pace, and drops them when all of them have taken them.
type outbox struct {
	cases  Cases
	feeds  []*feed
	left   map[uint64]int // sinks that do not have an alert yet, where some have
	gone   []uint64       // alerts that all have, to be dropped
	notify func()

	mu   sync.Mutex
	done []taken
}

// feed is how far one sink has come.
type feed struct {
	to    *outlet
	next  uint64 // number of the first alert that was not offered
	ahead int    // offered and not taken
	bytes int
}

// taken are alerts that a sink has.
type taken struct {
	by      *feed
	numbers []uint64
	bytes   int
}

func (x *outbox) open(cases Cases, sinks []*outlet, notify func()) {
	x.cases, x.left, x.notify = cases, map[uint64]int{}, notify
	for _, o := range sinks {
		if o.Options.Only != Events {
			x.feeds = append(x.feeds, &feed{to: o})
		}
	}
}

// feed drops what all sinks have and offers what there is more.
func (x *outbox) feed() error {
	if err := x.settle(); err != nil {
		return err
	}
	for _, f := range x.feeds {
		for f.ahead < alertsAhead && f.bytes < alertsInBytes {
			n, err := x.offer(f)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
		}
	}
	if len(x.feeds) == 0 {
		return x.discard()
	}
	return nil
}

// offer offers a sink its next alerts and returns how many there were.
func (x *outbox) offer(f *feed) (int, error) {
	list, err := x.cases.Pending(f.next, alertsAtOnce)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	t := taken{by: f}
	var events []*event.Event
	for _, a := range list {
		events = append(events, a.Event)
		t.numbers = append(t.numbers, a.Number)
		t.bytes += len(a.Event.Doc)
	}
	f.next, f.ahead, f.bytes = t.numbers[len(list)-1]+1, f.ahead+len(list), f.bytes+t.bytes
	b := event.NewBatch(0, func(_ *event.Batch, err error) { x.took(t, err) })
	f.to.offer(newDelivery(b, events, true))
	return len(list), nil
}

// took is called when a sink has alerts, from its goroutine. What was given up
// stays in the outbox, for the next start.
func (x *outbox) took(t taken, err error) {
	if err != nil {
		return
	}
	x.mu.Lock()
	x.done = append(x.done, t)
	x.mu.Unlock()
	x.notify()
}

// settle counts what the sinks took.
func (x *outbox) settle() error {
	x.mu.Lock()
	done := x.done
	x.done = nil
	x.mu.Unlock()
	for _, t := range done {
		t.by.ahead, t.by.bytes = t.by.ahead-len(t.numbers), t.by.bytes-t.bytes
		for _, n := range t.numbers {
			left, some := x.left[n]
			if !some {
				left = len(x.feeds)
			}
			if left--; left == 0 {
				x.gone = append(x.gone, n)
				delete(x.left, n)
			} else {
				x.left[n] = left
			}
		}
	}
	if len(x.gone) == 0 {
		return nil
	}
	if err := x.cases.Drop(x.gone); err != nil {
		return err // they are not forgotten: the next call drops them
	}
	x.gone = nil
	return nil
}

// discard drops alerts that no sink wants.
func (x *outbox) discard() error {
	for {
		list, err := x.cases.Pending(0, alertsAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		var numbers []uint64
		for _, a := range list {
			numbers = append(numbers, a.Number)
		}
		if err := x.cases.Drop(numbers); err != nil {
			return err
		}
	}
}

// empty reports whether every sink has every alert.
func (x *outbox) empty() bool {
	list, err := x.cases.Pending(0, 1)
	return err == nil && len(list) == 0
}

// stuck reports whether only sinks that fail do not have every alert: a stop does
// not wait for them.
func (x *outbox) stuck() bool {
	for _, f := range x.feeds {
		list, err := x.cases.Pending(f.next, 1)
		if (err != nil || len(list) > 0 || f.ahead > 0) && !f.to.queue.isFailing() {
			return false
		}
	}
	return true
}
