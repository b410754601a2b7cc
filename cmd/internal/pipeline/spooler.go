package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/spool"
)

// spooler writes what a queue diverts to the sink's spool. What is synced there
// is durable: its batches settle. It has a goroutine of its own, because the
// sink's may be in a write that hangs.
type spooler struct {
	store  *spool.Spool
	most   int64
	queue  *queue
	sink   string
	refuse func(e *event.Event, reason string, of *delivery)
	giveUp func(of *delivery, n int)
	log    *slog.Logger
	now    func() time.Time
	wait   backoff
	health health
	turn   turn
	room   chan struct{} // poked when the spool has become smaller
	buf    []byte

	spooled atomic.Int64 // events, ever
}

// run writes until the queue is closed or hard ends.
func (s *spooler) run(hard context.Context) {
	s.turn.take("spool", s.sink)
	for fails := 0; hard.Err() == nil; {
		h := s.queue.haul()
		if h == nil {
			if s.queue.isClosed() {
				return
			}
			s.turn.await(hard, s.queue.divert, time.Time{}, "spool", s.sink)
			continue
		}
		err := s.write(h)
		if err == nil {
			fails = 0
			s.health.good(s.log, s.now())
			continue
		}
		if !s.queue.putBack(h) {
			for _, e := range h.entries {
				s.giveUp(e.of, 1)
			}
			return
		}
		fails++
		s.health.bad(s.log, s.now(), err, err.Error(), fails)
		s.turn.await(hard, s.room, time.Now().Add(s.wait.after(fails)), "spool", s.sink)
	}
}

// write makes a haul durable and lets its batches go.
func (s *spooler) write(h *haul) error {
	s.buf = s.buf[:0]
	var ends []int
	var large []int
	for i := range h.entries {
		from := len(s.buf)
		r := spoolRecord(h.entries[i].event, h.entries[i].of.since)
		s.buf = r.Append(s.buf)
		if len(s.buf)-from > spool.MaxRecord {
			s.buf, large = s.buf[:from], append(large, i)
		}
		ends = append(ends, len(s.buf))
	}
	records := make([][]byte, 0, len(ends))
	for i, from := 0, 0; i < len(ends); i++ {
		if ends[i] > from {
			records = append(records, s.buf[from:ends[i]])
		}
		from = ends[i]
	}
	if len(records) > 0 {
		if err := s.store.Write(records, h.entries[0].of.since.UnixNano()); err != nil {
			return err
		}
	}
	if cap(s.buf) > 4*hauledAtOnce { // one large record must not be remembered for ever
		s.buf = nil
	}
	s.spooled.Add(int64(len(records)))
	s.queue.hauled(h, s.store)
	s.settle(h, large)
	return nil
}

// settle counts a haul as done with: it is in the spool, or too large for it.
func (s *spooler) settle(h *haul, large []int) {
	for i := range h.entries {
		e := &h.entries[i]
		if len(large) > 0 && large[0] == i {
			large = large[1:]
			s.refuse(e.event, fmt.Sprintf("the document has %d bytes, more than the spool takes", len(e.event.Doc)), e.of)
			continue
		}
		e.of.finish(1, nil)
	}
}

func spoolRecord(e *event.Event, since time.Time) spool.Record {
	r := spool.Record{ID: e.DeliveryID, Time: e.Time, Created: e.Created, Since: since.UnixNano(), Offset: e.Offset, Doc: e.Doc}
	if e.Schema != nil {
		r.Dataset = e.Schema.Dataset()
	}
	if e.Origin != nil {
		r.Source, r.Origin, r.Identity = e.Origin.Source, e.Origin.Name, e.Origin.Identity
	}
	return r
}

// hauled counts a haul out of the queue: the spool has it.
func (q *queue) hauled(h *haul, store *spool.Spool) {
	defer q.wake()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held -= h.count
	q.unread = store.Unread()
	for i := range h.entries {
		if !q.closed {
			q.leave(&h.entries[i])
		}
	}
	if q.end {
		poke(q.relieved)
	}
}

func (q *queue) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}
