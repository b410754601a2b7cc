package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/sinks"
)

const (
	// maxStrikes in at least strikeTime, all while the sink took other events,
	// and an event that always fails alone is taken for the reason: it goes to
	// quarantine instead of holding its source's position for ever.
	maxStrikes = 8
	strikeTime = 15 * time.Minute
)

// settle acts on what became of the group that was written, and returns how
// long the sink shall rest.
func (o *outlet) settle(err error) time.Duration {
	var part *sinks.PartialError
	switch {
	case err == nil:
		o.accept(nil, nil)
	case errors.As(err, &part) && sane(part, len(o.group.entries)):
		return o.partial(part)
	default:
		return o.fail(err)
	}
	o.most = min(2*o.most, o.Options.Batch.MaxEvents)
	o.works()
	o.health.good(o.log, o.now())
	return 0
}

// works closes the breaker.
func (o *outlet) works() {
	o.breaker.worked()
	o.queue.mark(false, false)
}

// fails counts a failure and returns how long the sink shall rest.
func (o *outlet) fails() time.Duration {
	if o.breaker.failed(time.Now()) {
		o.log.Warn("the breaker is open: the sink gets one event at a time until it takes one", "failures", o.breaker.fails)
	}
	o.queue.mark(true, o.breaker.open)
	return o.wait.after(o.breaker.fails)
}

// sane reports whether a verdict names each event at most once, and only
// events that were written. One that does not is no verdict.
func sane(p *sinks.PartialError, n int) bool {
	seen := make([]bool, n)
	all := slices.Clone(p.Retry)
	for _, r := range p.Reject {
		all = append(all, r.Index)
	}
	for _, i := range all {
		if i < 0 || i >= n || seen[i] {
			return false
		}
		seen[i] = true
	}
	return len(all) > 0
}

// partial acts on a verdict for each event. The sink rests only where it would
// take less than half: one event that it never takes slows nobody.
func (o *outlet) partial(p *sinks.PartialError) time.Duration {
	n := len(o.group.entries)
	o.accept(p.Retry, p.Reject)
	if len(p.Retry) == 0 {
		o.works()
		o.health.good(o.log, o.now())
		return 0
	}
	if 2*len(p.Retry) <= n {
		o.bad(p.Err)
		o.works()
		return 0
	}
	pause := o.fails()
	o.bad(p.Err)
	return pause
}

// fail acts on a write of which nothing is known to be durable. The next one is
// half as large, so that an event that is the reason is found.
func (o *outlet) fail(err error) time.Duration {
	n, now := len(o.group.entries), time.Now()
	o.failures.Add(1)
	o.retries.Add(int64(n))
	for i := range o.group.entries {
		o.group.entries[i].tries++
		o.group.entries[i].due = now
	}
	full := errors.Is(err, syscall.ENOSPC) // no event's fault
	if n == 1 && !full && o.strike(&o.group.entries[0], err, now) {
		return 0
	}
	if full || n > 1 {
		o.back(func(l *lane) { l.again = slices.Insert(l.again, 0, o.group.entries...) })
	}
	pause := o.fails()
	o.bad(err)
	if !full {
		o.most = max(1, n/2)
	}
	if o.breaker.open {
		o.most = 1
	}
	return pause
}

// strike puts an event that failed alone behind all others. It reports whether
// the event is to blame: the sink took others since it last failed.
func (o *outlet) strike(e *entry, err error, now time.Time) bool {
	blamed := e.alone && o.taken > e.taken
	switch {
	case !e.alone:
		e.alone, e.first = true, now
	case blamed:
		e.strikes++
	}
	e.taken = o.taken
	if e.strikes >= maxStrikes && now.Sub(e.first) >= strikeTime {
		o.log.Warn("an event fails whenever it is written, while others are accepted: it goes to quarantine", "error", o.redact(err.Error()))
		o.accept(nil, []sinks.Rejected{{Reason: fmt.Sprintf("failed alone %d times while others were accepted: %v", e.strikes, err)}})
		return true
	}
	e.due = now.Add(o.wait.after(e.tries))
	o.back(func(l *lane) { l.again = append(l.again, *e) })
	return blamed
}

// bad notes a failure. Its text may quote what was sent.
func (o *outlet) bad(err error) {
	n := 0
	if o.breaker.open {
		n = downAfter
	}
	text := ""
	if err != nil {
		text = o.redact(err.Error())
	}
	o.health.bad(o.log, o.now(), err, text, n)
}

// back changes the lane that the group came from.
func (o *outlet) back(change func(*lane)) {
	q := o.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if o.group.entries[0].of.alerts {
		change(&q.alerts)
	} else {
		change(&q.events)
	}
}

// accept counts out what the sink took, puts back what it may take later, and
// sends to quarantine what it never will.
func (o *outlet) accept(retry []int, reject []sinks.Rejected) {
	fate := make([]byte, len(o.group.entries)) // 0: delivered
	for _, i := range retry {
		fate[i] = 'r'
	}
	for _, r := range reject {
		fate[r.Index] = 'q'
	}
	now, done := time.Now(), 0
	o.queue.mu.Lock()
	for i := range o.group.entries {
		e := &o.group.entries[i]
		if fate[i] != 'r' {
			o.queue.leave(e)
			continue
		}
		e.tries++
		e.due = now.Add(o.wait.after(e.tries))
		l := &o.queue.events
		if e.of.alerts {
			l = &o.queue.alerts
		}
		l.again = append(l.again, *e)
	}
	o.queue.mu.Unlock()
	o.retries.Add(int64(len(retry)))
	o.refuse(reject)
	for i := range o.group.entries {
		if fate[i] == 0 {
			done++
		}
	}
	o.taken += int64(done)
	o.delivered.Add(int64(done))
	for i := range o.group.entries {
		if fate[i] == 0 {
			o.group.entries[i].of.finish(1, nil)
		}
	}
}

// refuse sends events to quarantine; there they are done with.
func (o *outlet) refuse(reject []sinks.Rejected) {
	if len(reject) == 0 {
		return
	}
	var lines []byte
	list := make([]*delivery, 0, len(reject))
	for _, r := range reject {
		e := &o.group.entries[r.Index]
		rec := refused(o.Name, e.event, o.redact(r.Reason))
		rec.Time = o.now()
		lines = rec.Append(lines)
		list = append(list, e.of)
	}
	o.quarantine(lines, list)
}

// refuseOne sends one event to quarantine.
func (o *outlet) refuseOne(e *event.Event, reason string, of *delivery) {
	rec := refused(o.Name, e, reason)
	rec.Time = o.now()
	o.quarantine(rec.Append(nil), []*delivery{of})
}

func (o *outlet) quarantine(lines []byte, list []*delivery) {
	o.keep.add(lines, len(list), func(err error) {
		if err == nil {
			o.quarantined.Add(int64(len(list)))
		} else {
			o.abandoned.Add(int64(len(list)))
		}
		for _, d := range list {
			d.finish(1, err)
		}
	})
}
