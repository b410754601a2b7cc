package pipeline

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"syscall"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/sinks"
)

// destination is what lies behind a sink. It recognises delivery ids, and
// outlives every process.
type destination struct {
	w       *world
	name    string
	options SinkOptions
	docs    map[event.ID]string
	applied map[event.ID]int // how often it was sent
	// reject are events that it never takes and says so, poison those with
	// which every write fails.
	reject, poison map[event.ID]bool
	// For so long every write fails.
	downFrom, downUntil time.Time
}

func (d *destination) down() bool {
	now := time.Now()
	return now.After(d.downFrom) && now.Before(d.downUntil)
}

func (d *destination) apply(id event.ID, doc string) {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	if have, ok := d.docs[id]; ok && have != doc {
		d.w.fail("%s: delivery id %s came with two documents: %s and %s", d.name, id, have, doc)
	}
	d.docs[id] = doc
	d.applied[id]++
}

// simSink is one process's connection to a destination.
type simSink struct {
	b *boundary
	d *destination
}

func (s *simSink) Close(ctx context.Context) error {
	if s.b.park(ctx, "close", s.d.name, "error") != "ok" {
		return errors.New("close failed")
	}
	return nil
}

// Write parks before and after it has reached the destination, so that the
// process can die in between: after the write and before its answer.
func (s *simSink) Write(ctx context.Context, events []*event.Event) error {
	before := sum(events)
	fate := s.b.park(ctx, "write", fmt.Sprintf("%s of %d", s.d.name, len(events)),
		"error", "full", "applied and error", "half and error", "partial", "partial", "hang", "lie", "panic")
	if fate != "dead" && sum(events) != before {
		s.d.w.fail("%s: documents changed while they were being written", s.d.name)
	}
	if d := s.d; d.down() && fate != "dead" && fate != "ctx" && fate != "panic" && fate != "hang" {
		fate = "error"
	}
	switch fate {
	case "ok":
		for _, e := range events {
			if s.d.poison[e.DeliveryID] {
				return errors.New("a poisoned event")
			}
		}
	case "dead", "ctx", "error":
		return errors.New("no answer: " + fate)
	case "full":
		return fmt.Errorf("write: %w", syscall.ENOSPC)
	case "panic":
		panic("a bug of the sink")
	case "hang":
		s.b.park(ctx, "hang", s.d.name)
		<-ctx.Done()
		return ctx.Err()
	case "lie":
		return &sinks.PartialError{Retry: []int{0, len(events)}, Err: errors.New("counted wrongly")}
	}
	err := s.apply(events, fate)
	if s.b.park(ctx, "written", s.d.name) == "dead" {
		return errDead
	}
	return err
}

func (s *simSink) apply(events []*event.Event, fate string) error {
	part := &sinks.PartialError{}
	for i, e := range events {
		switch {
		case s.d.reject[e.DeliveryID] && (fate == "ok" || fate == "partial"):
			part.Reject = append(part.Reject, sinks.Rejected{Index: i, Reason: "mapping conflict"})
		case fate == "partial" && (s.d.poison[e.DeliveryID] || s.d.w.chance(3)):
			part.Retry = append(part.Retry, i)
			part.Err = errors.New("too many requests")
			if !s.d.poison[e.DeliveryID] && s.d.w.chance(2) { // it was taken nevertheless
				s.d.apply(e.DeliveryID, string(e.Doc))
			}
		case fate == "half and error" && i >= len(events)/2:
		case s.d.reject[e.DeliveryID], s.d.poison[e.DeliveryID]:
		default:
			s.d.apply(e.DeliveryID, string(e.Doc))
		}
	}
	switch {
	case fate == "applied and error" || fate == "half and error":
		return errors.New("the answer was lost")
	case len(part.Retry)+len(part.Reject) > 0:
		return part
	}
	return nil
}

func sum(events []*event.Event) uint64 {
	h := fnv.New64a()
	for _, e := range events {
		h.Write(e.DeliveryID[:])
		h.Write(e.Doc)
		h.Write(e.Record)
	}
	return h.Sum64()
}
