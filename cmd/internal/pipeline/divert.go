package pipeline

import "slices"

// diverted is what a queue has to do with its spool. All of it is under the
// queue's lock.
type diverted struct {
	divert   chan struct{} // to the spool's goroutine
	spooled  bool          // events may be diverted
	failing  bool          // the last write failed
	open     bool          // the sink's breaker is
	draining bool          // the pipeline stops
	unread   bool          // the spool has events that were not read back
	held     int           // events on their way into the spool
}

// behind reports whether fresh events have to wait for older ones, which lie in
// the spool or are on their way into it. The caller holds the lock.
func (q *queue) behind() bool { return q.unread || q.held > 0 }

// diverts reports whether events go to the spool: while the sink is down, then
// until it has caught up, and at a stop if it fails. The caller holds the lock.
func (q *queue) diverts() bool {
	return q.spooled && (q.open || q.unread || q.draining && q.failing)
}

func (q *queue) isFailing() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.failing
}

// onlyStored reports whether all that waits lies in the spool too. The caller
// holds the lock.
func (q *queue) onlyStored() bool {
	return len(q.events.fresh) == 0 && !slices.ContainsFunc(q.events.again, func(e entry) bool { return !e.of.stored })
}

// haul is what goes to the spool in one write: entries that were tried, and
// stretches of deliveries that were not.
type haul struct {
	tried   []entry
	fresh   []stretch
	count   int
	bytes   int64
	entries []entry // all of them
}

type stretch struct {
	of   *delivery
	from int
}

// hauledAtOnce bounds a haul, in bytes of documents.
const hauledAtOnce = 1 << 20

// haul takes what is to go to the spool now; nil if there is nothing.
func (q *queue) haul() *haul {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.diverts() || q.closed {
		return nil
	}
	h := &haul{}
	kept := q.events.again[:0]
	for _, e := range q.events.again {
		if !e.of.stored && h.fits(&e) {
			h.tried = append(h.tried, e)
			h.take(e)
		} else {
			kept = append(kept, e)
		}
	}
	clear(q.events.again[len(kept):])
	q.events.again = kept
	h.haulFresh(&q.events)
	if h.count == 0 {
		return nil
	}
	q.held += h.count
	return h
}

func (h *haul) haulFresh(l *lane) {
	for len(l.fresh) > 0 {
		d := l.fresh[0]
		h.fresh = append(h.fresh, stretch{d, d.next})
		for ; d.next < len(d.events); d.next++ {
			e := entry{event: d.events[d.next], of: d}
			if !h.fits(&e) {
				return
			}
			h.take(e)
		}
		l.fresh[0] = nil
		l.fresh = l.fresh[1:]
	}
}

func (h *haul) fits(e *entry) bool {
	return h.count == 0 || h.bytes+int64(len(e.event.Doc)) <= hauledAtOnce
}

func (h *haul) take(e entry) {
	h.entries = append(h.entries, e)
	h.count++
	h.bytes += int64(len(e.event.Doc))
}

// putBack undoes a haul that the spool did not take. A closed queue takes nothing.
func (q *queue) putBack(h *haul) bool {
	defer q.wake()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held -= h.count
	if q.closed {
		return false
	}
	l := &q.events
	l.again = slices.Insert(l.again, 0, h.tried...)
	for _, s := range slices.Backward(h.fresh) {
		s.of.next = s.from
		if len(l.fresh) == 0 || l.fresh[0] != s.of {
			l.fresh = slices.Insert(l.fresh, 0, s.of)
		}
	}
	return true
}
