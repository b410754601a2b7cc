package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// grace is how long, after a drain has run out of time, whoever was told to
// give up may take to do so. Then he is left behind.
const grace = 5 * time.Second

// drain ends the generation: sources stop, batches that were begun go on to the
// sinks, positions are acknowledged. What is not done when the time is over is
// given up, unacknowledged. It returns within the time and twice the grace.
func (g *generation) drain(timeout time.Duration) {
	deadline := time.AfterFunc(timeout, g.kill)
	defer deadline.Stop()
	g.mu.Lock()
	g.closing = true
	g.mu.Unlock()
	poke(g.idle)
	for _, o := range g.outlets {
		o.queue.stop()
	}
	g.stop()
	g.flush()
	if !g.within(g.finished) {
		g.p.Log.Error("objects are left behind unread or unacknowledged: their sources do not let go of them", "objects", g.open())
	}
	if g.owner != nil {
		g.owner.finish()
		if !g.within(g.owner.ended) {
			g.p.Log.Error("what the rules found is left behind uncommitted: it is read again")
		} else if !g.owner.outbox.empty() {
			g.p.Log.Warn("alerts are not delivered to every sink: they are kept, and delivered after the next start")
		}
	}
	for _, o := range g.outlets {
		o.queue.set(true, true)
	}
	g.keep.finish()
	close(g.ackStop)
	served := make(chan struct{})
	go func() { g.serving.Wait(); close(served) }()
	if !g.within(served) {
		g.p.Log.Error("a sink or an acknowledgement does not end, and is left behind")
	} else {
		g.closeSpools()
	}
	g.close()
	g.kill()
}

// within waits for done, for as long as the drain lasts and the grace after it.
func (g *generation) within(done <-chan struct{}) bool {
	defer g.p.turn.take("drain", "")
	select {
	case <-done:
		return true
	case <-g.hard.Done():
	}
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}

// close releases sinks and quarantine.
func (g *generation) close() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(g.hard), grace)
	defer cancel()
	for _, o := range g.outlets {
		if err := guard(func() error { return o.Sink.Close(ctx) }); err != nil {
			o.log.Error("sink did not close well", "error", err)
		}
	}
	if err := g.keep.store.Close(); err != nil {
		g.p.Log.Error("quarantine did not close well", "error", err)
	}
}

// interrupted says what a pipeline that runs once was stopped at. A source that
// follows its files or reads a queue never ends by itself.
func (g *generation) interrupted() error {
	var names []string
	for _, s := range g.intakes {
		s.mu.Lock()
		if s.state != sourceFinished {
			names = append(names, s.Name)
		}
		s.mu.Unlock()
	}
	if len(names) == 0 {
		return errors.New("stopped before everything was delivered")
	}
	return fmt.Errorf("stopped before these sources had come to an end: %s", strings.Join(names, ", "))
}

// result is what a pipeline that runs once has to say at the end.
func (g *generation) result() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	err := g.err
	for _, s := range g.intakes {
		if n := s.failed.Load(); n > 0 {
			err = errors.Join(err, fmt.Errorf("source %s: %d objects could not be finished", s.Name, n))
		}
	}
	if g.owner != nil && !g.owner.outbox.empty() {
		err = errors.Join(err, errors.New("alerts are not delivered to every sink"))
	}
	if n := g.spooled(); n > 0 {
		err = errors.Join(err, fmt.Errorf("%d events wait in spools for sinks that are down", n))
	}
	if g.inflight > 0 {
		err = errors.Join(err, fmt.Errorf("%d objects are not delivered", g.inflight))
	}
	return err
}
