package pipeline

import (
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
)

// group is what one write holds. It is reused by the sink's goroutine.
type group struct {
	entries []entry
	events  []*event.Event
	bytes   int64
}

func (g *group) reset() {
	clear(g.entries) // they point to batches
	clear(g.events)
	g.entries, g.events, g.bytes = g.entries[:0], g.events[:0], 0
}

// fits reports whether another event may be added.
func (g *group) fits(e *event.Event, most int, b Batch) bool {
	n := len(g.entries)
	return n == 0 || n < most && g.bytes+int64(len(e.Doc)) <= int64(b.MaxBytes)
}

func (g *group) add(e entry) {
	g.entries = append(g.entries, e)
	g.events = append(g.events, e.event)
	g.bytes += int64(len(e.event.Doc))
}

// pick fills g with what is to be written now: alerts before events. A suspect
// (see entry.alone) takes every second turn at most, so that others get past it.
// Where there is nothing to do yet pick leaves g empty and says when to look
// again (zero: when notified). most bounds the events, within the batch's own
// bounds; pressed says that readers wait for memory.
func (q *queue) pick(g *group, b Batch, most int, pressed bool, now time.Time) (wake time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	tried := q.tried
	q.tried = false
	if q.alerts.take(g, b, most, now) || !tried && q.suspect(g, now) {
		return time.Time{}
	}
	q.events.held = q.behind()
	at := q.events.ready(b, most, now)
	if !q.events.held && len(q.events.fresh) > 0 && (q.flush || pressed || len(q.blocked) > 0) {
		at = now
	}
	if !at.IsZero() && !at.After(now) && q.events.take(g, b, most, now) || q.suspect(g, now) {
		return time.Time{}
	}
	q.tried = tried
	return sooner(at, sooner(q.alerts.due(), q.events.due()))
}

// suspect puts one suspect that is due into g, by itself.
func (q *queue) suspect(g *group, now time.Time) bool {
	for _, l := range []*lane{&q.alerts, &q.events} {
		for i := range l.again {
			if e := l.again[i]; e.alone && !e.due.After(now) {
				l.again = append(l.again[:i], l.again[i+1:]...)
				g.add(e)
				q.tried = true
				return true
			}
		}
	}
	return false
}

// done reports whether nothing waits and nothing will come. What lies in the
// spool of a sink that fails waits there for the next start, and its alerts in
// the outbox.
func (q *queue) done() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.end || q.held > 0 || len(q.blocked) > 0 {
		return false
	}
	return q.failing && q.onlyStored() || q.alerts.empty() && q.events.empty()
}

// take fills g with entries that are due and then with fresh ones, and reports
// whether there were any.
func (l *lane) take(g *group, b Batch, most int, now time.Time) bool {
	kept := l.again[:0]
	for _, e := range l.again {
		if !e.alone && !e.due.After(now) && g.fits(e.event, most, b) {
			g.add(e)
		} else {
			kept = append(kept, e)
		}
	}
	clear(l.again[len(kept):])
	l.again = kept
	if takeFrom(&l.stored, g, b, most) && !l.held {
		takeFrom(&l.fresh, g, b, most)
	}
	return len(g.entries) > 0
}

// takeFrom fills g from a list of deliveries and reports whether that is empty
// then.
func takeFrom(list *[]*delivery, g *group, b Batch, most int) bool {
	for len(*list) > 0 {
		d := (*list)[0]
		for ; d.next < len(d.events); d.next++ {
			if !g.fits(d.events[d.next], most, b) {
				return false
			}
			g.add(entry{event: d.events[d.next], of: d})
		}
		(*list)[0] = nil
		*list = (*list)[1:]
	}
	return true
}

// ready is when the lane's next write is due: at once where it would be full,
// else when the first event has waited long enough. Zero: nothing waits but
// suspects.
func (l *lane) ready(b Batch, most int, now time.Time) time.Time {
	var at time.Time
	for i := range l.again {
		if !l.again[i].alone {
			at = sooner(at, l.again[i].due)
		}
	}
	if len(l.stored) > 0 { // it has waited long enough
		return now
	}
	if len(l.fresh) == 0 || l.held {
		return at
	}
	n, bytes := 0, int64(0)
	for _, d := range l.fresh {
		for _, e := range d.events[d.next:] {
			n, bytes = n+1, bytes+int64(len(e.Doc))
			if n >= most || bytes >= int64(b.MaxBytes) {
				return now
			}
		}
	}
	return sooner(at, l.fresh[0].since.Add(b.Timeout))
}

// due is when the first entry may be tried again; zero if there is none.
func (l *lane) due() time.Time {
	var at time.Time
	for i := range l.again {
		at = sooner(at, l.again[i].due)
	}
	return at
}

// sooner is the earlier of two times, of which zero means never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
