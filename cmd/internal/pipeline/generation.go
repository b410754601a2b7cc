package pipeline

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/burstwatch/burstwatch/cmd/internal/reader"
	"github.com/burstwatch/burstwatch/internal/quarantine"
	"github.com/burstwatch/burstwatch/rules/window"
)

// generation is one set of sources and sinks at work, from opening them to
// their drain. A reload ends one and begins the next.
type generation struct {
	p       *Pipeline
	window  int
	pool    *pool
	slots   *semaphore.Weighted // one for each object being read
	readers readers
	outlets []*outlet
	intakes []*intake
	keep    *keeper
	owner   *owner // nil if nothing is remembered

	// soft ends when reading shall stop, hard when what is in flight is given up.
	soft, hard context.Context
	stop, kill context.CancelFunc

	running  sync.WaitGroup // sources
	serving  sync.WaitGroup // sinks, quarantine, acknowledgements
	ackStop  chan struct{}
	finished chan struct{} // closed when every source has returned and all is settled

	mu       sync.Mutex
	closing  bool
	inflight int
	idle     chan struct{}
	err      error // why a source was given up
}

// start opens the parts and sets them to work.
func (p *Pipeline) start(ctx context.Context, open func(context.Context) (Parts, error)) (*generation, error) {
	store, err := quarantine.Open(p.FS, p.FS.PathJoin(p.DataDir, "quarantine"), int64(p.Quarantine.MaxBytes))
	if err != nil {
		return nil, err
	}
	parts, err := open(ctx)
	if err != nil {
		return nil, err
	}
	g := &generation{p: p, window: p.Window, slots: semaphore.NewWeighted(int64(p.Workers)),
		ackStop: make(chan struct{}), finished: make(chan struct{}), idle: make(chan struct{}, 1)}
	g.hard, g.kill = context.WithCancel(context.WithoutCancel(ctx))
	g.soft, g.stop = context.WithCancel(g.hard)
	g.readers.options = reader.Options{Specs: p.Specs, MaxRecord: p.MaxRecord, Now: p.Now}
	g.pool = newPool(int64(p.Memory), g.press)
	g.pool.poison = p.poison
	g.keep = &keeper{store: store, log: p.Log.With("quarantine", p.DataDir), now: p.Now,
		wait: backoff{DefaultSinkOptions().Retry, p.newRand()}, notify: make(chan struct{}, 1), turn: p.turn}
	g.keep.bytes.Store(store.Size())
	for _, s := range parts.Sinks {
		g.outlets = append(g.outlets, g.newOutlet(s))
	}
	if err := g.openSpools(); err != nil {
		g.closeSpools()
		g.close()
		g.kill()
		return nil, err
	}
	for _, s := range parts.Sources {
		g.intakes = append(g.intakes, &intake{NamedSource: s, g: g, log: p.Log.With("source", s.Name),
			wait: backoff{DefaultSinkOptions().Retry, p.newRand()}, acks: newAcks()})
	}
	g.owner = g.newOwner()
	g.serve()
	return g, nil
}

func (g *generation) newOutlet(s NamedSink) *outlet {
	o := &outlet{NamedSink: s, queue: newQueue(s.Options.Buffer), keep: g.keep, starved: g.pool.starved,
		turn: g.p.turn, redact: g.redactText, eased: func() { poke(g.idle) }, log: g.p.Log.With("sink", s.Name), now: g.p.Now,
		wait: backoff{s.Options.Retry, g.p.newRand()}, most: s.Options.Batch.MaxEvents}
	if o.undocumented() {
		o.Options.Batch.Timeout = 0 // to wait for more would only hold memory
	}
	return o
}

// serve starts the goroutines. Each ends in drain.
func (g *generation) serve() {
	g.serving.Go(func() { g.keep.run(g.hard) })
	if g.owner != nil {
		g.serving.Go(func() { g.owner.run(g.hard) })
	}
	for _, o := range g.outlets {
		g.serving.Go(func() { o.run(g.hard) })
		if o.spool != nil {
			g.serving.Go(func() { o.spool.run(g.hard) })
		}
	}
	for _, s := range g.intakes {
		g.owner.frontier(window.Frontier{Source: s.Name, Works: true})
		g.serving.Go(func() { s.acks.run(g.ackStop, s.told, func() { g.p.turn.take("acks", s.Name) }) })
		g.running.Go(func() { g.fail(s.run(g.soft)) })
	}
	g.serving.Go(func() {
		g.running.Wait()
		if g.p.Once {
			g.flush() // nothing will come that is worth waiting for
		}
		if g.settled() {
			close(g.finished)
		}
	})
}

// wanted reports whether any sink reads documents of the dataset.
func (g *generation) wanted(dataset string) bool {
	for _, o := range g.outlets {
		if !o.undocumented() && o.wants(dataset) {
			return true
		}
	}
	return false
}

// press wakes every sink: readers wait for memory that sinks hold.
func (g *generation) press() {
	for _, o := range g.outlets {
		poke(o.queue.notify)
	}
}

// flush makes sinks write what they have, however little.
func (g *generation) flush() {
	for _, o := range g.outlets {
		o.queue.set(true, false)
	}
}

// enter counts an object in, unless the generation is closing.
func (g *generation) enter(s *intake) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closing {
		return false
	}
	g.inflight++
	s.open.Add(1)
	return true
}

// exit counts an object out: its source was told how it ended.
func (g *generation) exit(s *intake) {
	g.mu.Lock()
	g.inflight--
	g.mu.Unlock()
	s.open.Add(-1)
	poke(g.idle)
}

func (g *generation) open() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inflight
}

func (g *generation) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.err = errors.Join(g.err, err)
}

// settled waits until no object is in flight, and, if the pipeline runs once,
// until the sinks have what is in their spools; false says that the drain has
// left some behind.
func (g *generation) settled() bool {
	for g.open() > 0 || g.p.Once && g.spooled() > 0 && !g.isClosing() {
		select {
		case <-g.idle:
		case <-g.ackStop:
			return false
		}
	}
	return true
}
