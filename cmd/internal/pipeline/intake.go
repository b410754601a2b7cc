package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
)

// intake runs one source: again after a pause when it fails, until it has
// emitted everything or the pipeline stops.
type intake struct {
	NamedSource
	g    *generation
	log  *slog.Logger
	wait backoff
	acks *acks

	reads reads

	mu    sync.Mutex
	state string
	err   string
	since time.Time
	// given is why an object was given back last, and when.
	given   string
	givenAt time.Time

	open, done, failed, restarts      atomic.Int64
	records, rejected, alerts, pushed atomic.Int64
}

// States of a source.
const (
	sourceRunning  = "running"
	sourceFailing  = "failing"
	sourceFinished = "finished"
)

// onceTries is how often in a row a source may fail without having emitted
// anything before a pipeline that runs once gives up on it.
const onceTries = 4

// run runs the source until it has returned nil or ctx has ended.
func (s *intake) run(ctx context.Context) error {
	s.g.p.turn.take("source", s.Name)
	var since time.Time
	for n := 1; ; n++ {
		before := s.pushed.Load()
		s.set(sourceRunning, nil)
		err := guard(func() error { return s.Source.Run(ctx, s) })
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			s.set(sourceFinished, nil)
			s.promise(ingest.Frontier{}, true)
			return nil
		}
		if s.pushed.Load() > before || n == 1 {
			n, since = 1, s.g.p.Now()
		}
		s.fails(since)
		s.set(sourceFailing, err)
		s.log.Error("source failed, and is started again", "error", err, "times", n)
		if s.g.p.Once && n >= onceTries {
			return fmt.Errorf("source %s failed %d times: %w", s.Name, n, err)
		}
		s.restarts.Add(1)
		s.g.p.turn.rest(ctx, s.wait.after(n), "source", s.Name)
	}
}

func (s *intake) set(state string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.since, s.err = state, s.g.p.Now(), ""
	if err != nil {
		s.err = err.Error()
	}
}

// Object is ingest.Emitter's: it waits for a slot.
func (s *intake) Object(ctx context.Context, o *ingest.Object) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.g.soft, cancel)()
	if err := s.g.slots.Acquire(ctx, 1); err != nil {
		return err
	}
	s.g.p.turn.take("slot", o.Origin.Name)
	if !s.g.enter(s) {
		s.g.slots.Release(1)
		return context.Canceled
	}
	s.pushed.Add(1)
	s.works()
	f := &flight{object: o, source: s}
	s.begins(f)
	go s.g.read(s, f)
	return nil
}

// Frontier is ingest.Emitter's.
func (s *intake) Frontier(f ingest.Frontier) {
	f.Source = s.Name
	if f.Broken != "" {
		s.breaks(f, s.g.p.logs.frontier(f, s.g.p.Now()))
		return
	}
	if !f.Through.IsZero() && (f.Dataset != "" || f.Account != "") {
		s.g.p.logs.frontier(f, s.g.p.Now())
	}
	s.promise(f, false)
}

// count counts what a batch brings.
func (s *intake) count(b *event.Batch, found Found) {
	rejected := 0
	for i := range b.Rejects {
		if b.Rejects[i].Part <= 1 {
			rejected++
		}
	}
	s.records.Add(int64(len(b.Events) + rejected))
	s.rejected.Add(int64(rejected))
	if found != nil {
		s.alerts.Add(int64(found.Matches()))
	}
}

// told is called when an acknowledgement has been told to the source.
func (s *intake) told(k ack) {
	s.g.p.dirty.Store(true) // a source may have noted what it was told
	if !k.last {
		return
	}
	if k.err == nil {
		s.done.Add(1)
	} else {
		s.failed.Add(1)
		s.mu.Lock()
		s.given, s.givenAt = s.g.redactText(k.err.Error()), s.g.p.Now()
		s.mu.Unlock()
	}
	s.g.exit(s)
}
