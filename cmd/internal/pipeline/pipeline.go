package pipeline

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/burstwatch/burstwatch/parsers"
)

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
	p.judges.make, p.logs.redact = c.NewJudge, p.redactText
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
	if left := g.open(); left > 0 {
		p.Log.Warn("stopped before everything was delivered: the rest is read again", "objects", left)
	}
	if !p.Once {
		return nil
	}
	if !finished {
		return errors.Join(g.interrupted(), g.result())
	}
	return g.result()
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
