package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/burstwatch/burstwatch/parsers"
)

// syncEvery is how often checkpoints are synced while they move: what a crash
// costs is to read again what came in between.
const syncEvery = time.Second

// Pipeline is one pipeline. Run may be called once; everything else at any time.
type Pipeline struct {
	Config
	judges  judges
	logs    logs
	started time.Time
	reloads chan reload
	ended   chan struct{} // closed when Run returns
	dirty   atomic.Bool   // checkpoints moved since the last sync
	poison  bool          // recycled memory is overwritten; tests set it
	secret  int           // longestSecret; tests make it smaller
	turn    turn          // nil but in tests

	mu       sync.Mutex
	rng      *rand.Rand
	gen      *generation // nil before Run has opened its parts
	state    string
	stateErr string
}

// Change is what a reload brings. What is nil stays as it is.
type Change struct {
	// NewJudge replaces Config.NewJudge, without a pause.
	NewJudge func() Judge
	// Open replaces Config.Open: everything in flight is drained, the sinks are
	// closed and the sources and sinks made anew. If that fails, those from
	// before are made again.
	Open func(ctx context.Context) (Parts, error)
}

type reload struct {
	open func(context.Context) (Parts, error)
	done chan error
}

// New makes a pipeline. It opens nothing.
func New(c Config) (*Pipeline, error) {
	if c.Open == nil || c.FS == nil || c.Log == nil || c.Now == nil {
		return nil, errors.New("pipeline: Open, FS, Log and Now must be set")
	}
	fill := func(n *int, with int) {
		if *n <= 0 {
			*n = with
		}
	}
	fill(&c.Workers, runtime.GOMAXPROCS(0))
	fill(&c.Window, DefaultWindow)
	fill(&c.MaxRecord, parsers.DefaultMaxRecord)
	if c.Memory <= 0 {
		c.Memory = DefaultMemory
	}
	if c.Quarantine.MaxBytes <= 0 {
		c.Quarantine = DefaultQuarantine()
	}
	if c.DrainTimeout <= 0 {
		c.DrainTimeout = DefaultDrainTimeout
	}
	if c.Rand == nil {
		c.Rand = rand.NewPCG(rand.Uint64(), rand.Uint64())
	}
	p := &Pipeline{Config: c, started: c.Now(), state: "starting", rng: rand.New(c.Rand), secret: longestSecret,
		reloads: make(chan reload), ended: make(chan struct{})}
	p.judges.make = c.NewJudge
	if c.Metrics != nil {
		c.Metrics.RegisterMetricsWriter(p.writeMetrics)
	}
	return p, nil
}

// Run opens the parts and carries logs until ctx ends, and then drains: it
// returns within DrainTimeout and ten seconds. With Once it returns when every
// source has, and all is settled; then an error says what could not be. It
// fails at once where the parts cannot be opened.
func (p *Pipeline) Run(ctx context.Context) error {
	defer close(p.ended)
	open := p.Open
	g, err := p.begin(ctx, open)
	if err != nil {
		return err
	}
	syncing := p.keepSynced()
	defer func() {
		syncing()
		p.set("ended", g)
	}()
	for {
		if ctx.Err() != nil { // before all else that may be ready too
			return p.end(g, false)
		}
		select {
		case <-ctx.Done():
		case <-p.onlyOnce(g):
			return p.end(g, true)
		case r := <-p.reloads:
			p.turn.take("run", "")
			p.set("reloading", g)
			g.drain(p.DrainTimeout)
			next, err := p.begin(ctx, r.open)
			if err == nil {
				open = r.open
			} else if next = p.again(ctx, open); next == nil {
				r.done <- err
				return nil
			}
			g = next
			r.done <- err
		}
	}
}

// begin opens a generation.
func (p *Pipeline) begin(ctx context.Context, open func(context.Context) (Parts, error)) (*generation, error) {
	g, err := p.start(ctx, open)
	if err == nil {
		p.set("running", g)
	}
	return g, err
}

// again opens what was open before a reload that failed: the sinks' folders and
// servers are still there, so it fails rarely, and then it is tried for as long
// as it takes. nil means that ctx has ended.
func (p *Pipeline) again(ctx context.Context, open func(context.Context) (Parts, error)) *generation {
	wait := backoff{DefaultSinkOptions().Retry, p.newRand()}
	for n := 1; ; n++ {
		g, err := p.begin(ctx, open)
		if err == nil {
			return g
		}
		p.Log.Error("the sources and sinks from before the reload cannot be opened again", "error", err)
		p.turn.rest(ctx, wait.after(n), "run", "")
		if ctx.Err() != nil {
			return nil
		}
	}
}

func (p *Pipeline) onlyOnce(g *generation) <-chan struct{} {
	if p.Once {
		return g.finished
	}
	return nil
}

// end drains the last generation.
func (p *Pipeline) end(g *generation, finished bool) error {
	p.turn.take("end", "")
	p.set("draining", g)
	g.drain(p.DrainTimeout)
	if left := g.open(); left > 0 || !finished && p.Once {
		p.Log.Warn("stopped before everything was delivered: the rest is read again", "objects", left)
	}
	if !p.Once {
		return nil
	}
	if !finished {
		return errors.Join(errors.New("stopped before everything was delivered"), g.result())
	}
	return g.result()
}

// Reload brings a change. It returns when the change is in force, or an error
// that says why it is not: then everything is as before.
func (p *Pipeline) Reload(ctx context.Context, c Change) error {
	if c.Open != nil {
		r := reload{open: c.Open, done: make(chan error, 1)}
		select {
		case p.reloads <- r:
		case <-p.ended:
			return errors.New("reload: the pipeline has ended")
		case <-ctx.Done():
			return fmt.Errorf("reload: %w", ctx.Err())
		}
		select {
		case err := <-r.done:
			if err != nil {
				return fmt.Errorf("reload: %w", err)
			}
		case <-ctx.Done():
			return fmt.Errorf("reload: still going on: %w", ctx.Err())
		}
	}
	if c.NewJudge != nil {
		p.judges.replace(c.NewJudge)
	}
	return nil
}

// keepSynced syncs the state store while checkpoints move. The function that
// it returns syncs a last time and ends it.
func (p *Pipeline) keepSynced() func() {
	if p.State == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			p.turn.rest(ctx, syncEvery, "state", "")
			p.sync()
		}
	}()
	return func() {
		cancel()
		p.turn.await(context.Background(), ended, time.Now().Add(grace), "run", "")
	}
}

// sync makes checkpoints durable. One that is not costs reading again, so a
// failure is reported and stops nothing.
func (p *Pipeline) sync() {
	if !p.dirty.Swap(false) {
		return
	}
	err := p.State.Sync()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stateErr = ""
	if err != nil {
		p.dirty.Store(true)
		p.stateErr = err.Error()
		p.Log.Error("checkpoints are not durable: after a crash, logs are read again", "error", err)
	}
}

func (p *Pipeline) set(state string, g *generation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state, p.gen = state, g
}

// newRand makes a generator for one component, so that none depends on how
// often another draws.
func (p *Pipeline) newRand() *rand.Rand {
	p.mu.Lock()
	defer p.mu.Unlock()
	return rand.New(rand.NewPCG(p.rng.Uint64(), p.rng.Uint64()))
}
