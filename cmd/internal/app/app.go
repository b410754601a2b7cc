package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/redact"
	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/window"
	"github.com/burstwatch/burstwatch/sinks/local"
)

// Options are what an App is made of.
type Options struct {
	// Load reads the configuration: once to begin with, and again at each reload.
	Load func() (*config.Config, error)
	// Version is shown on the page.
	Version string
	Log     *slog.Logger
	// In is what a file source reads as -.
	In io.Reader
	// FS takes everything durable; nil means the operating system's.
	FS vfs.FS
	// Now is the clock for what is stamped; nil means time.Now.
	Now func() time.Time
	// Once ends Run when every finite source is drained and settled.
	Once bool
	// Replay carries something else than what the sources find; it implies Once,
	// and there is no page.
	Replay *Replay
	// Serving is called with the page's URL once it listens; may be nil.
	Serving func(url string)
}

// App is one service. Make it with New, use it once with Run.
type App struct {
	o        Options
	config   *config.Config // as it was started
	current  *config.Config // as it was last reloaded
	redact   *redact.Redactor
	replay   *replay // nil but for a replay
	state    *state.Store
	metrics  *metrics.Set
	cases    *window.Engine
	pipeline *pipeline.Pipeline
	rules    atomic.Pointer[Ruleset]
	watch    *watch
	loader   *loader
	// lookEvery is the constant, but for tests.
	lookEvery time.Duration
	reload    chan struct{}
	refused   atomic.Pointer[pipeline.Refusal] // the last change, if it was not taken
	shared    plugin.Shared
	sights    map[rules.Sight]bool        // what is kept of what the rules have seen
	store     atomic.Pointer[local.Store] // what the page reads
}

// New reads the configuration, compiles the rules and opens the state store.
func New(o Options) (*App, error) {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c, err := o.Load()
	if err != nil {
		return nil, err
	}
	if o.Replay != nil {
		o.Once, c.HTTP.Listen = true, ""
	}
	r := redactor(c.Redact)
	o.Log = slog.New(redact.Log(o.Log.Handler(), r))
	a := &App{o: o, redact: r, config: c, current: c, watch: newWatch(c), lookEvery: lookEvery, metrics: metrics.NewSet(), reload: make(chan struct{}, 1), loader: newLoader(r)}
	a.metrics.NewGauge("burstwatch_configuration_up", func() float64 {
		if a.refused.Load() != nil {
			return 0
		}
		return 1
	})
	if err := a.loadRules(c); err != nil {
		return nil, err
	}
	if err := o.FS.MkdirAll(c.DataDir, 0o750); err != nil {
		return nil, fmt.Errorf("make data_dir: %w", err)
	}
	if a.state, err = state.Open(o.FS, filepath.Join(c.DataDir, "state"), o.Log.With("part", "state")); err != nil {
		return nil, err
	}
	if o.Replay != nil {
		a.replay = &replay{Replay: *o.Replay}
		if err := a.prepare(c); err != nil {
			return nil, errors.Join(err, a.state.Close())
		}
	}
	if err := a.recallSights(); err != nil {
		return nil, errors.Join(err, a.state.Close())
	}
	a.cases, err = window.Open(a.state, a.rules.Load().Set, window.Options{
		Lateness: c.Lateness, Pace: window.DefaultPace, Page: strings.TrimSuffix(c.HTTP.URL, "/"), Now: o.Now, Log: o.Log.With("part", "rules"),
	})
	if err == nil {
		a.pipeline, err = pipeline.New(a.pipelineConfig(c))
	}
	if err != nil {
		return nil, errors.Join(err, a.state.Close())
	}
	return a, nil
}

// redactor is the common one unless something is added to it.
func redactor(o redact.Options) *redact.Redactor {
	if len(o.Keys)+len(o.Patterns) == 0 {
		return redact.Default()
	}
	return redact.New(o)
}

func (a *App) pipelineConfig(c *config.Config) pipeline.Config {
	return pipeline.Config{
		Open:         a.open(c),
		Specs:        a.loader.parsers,
		NewJudge:     a.newJudge,
		Cases:        cases{a.cases},
		Workers:      c.Workers,
		MaxRecord:    int(c.MaxRecord),
		Memory:       c.Memory,
		FS:           a.o.FS,
		DataDir:      c.DataDir,
		Quarantine:   c.Quarantine,
		State:        a.state,
		Redact:       a.redact,
		Log:          a.o.Log,
		Now:          a.o.Now,
		Rand:         rand.NewPCG(rand.Uint64(), rand.Uint64()),
		Metrics:      a.metrics,
		DrainTimeout: c.DrainTimeout,
		Once:         a.o.Once,
	}
}

// Run serves until ctx ends, then drains. It may be called once.
func (a *App) Run(ctx context.Context) error {
	serve, stop := context.WithCancel(ctx)
	served, err := a.serve(serve)
	if err != nil {
		stop()
		return errors.Join(err, a.state.Close())
	}
	reloaded := make(chan struct{})
	go func() { defer close(reloaded); a.reloadLoop(serve) }()
	err = a.pipeline.Run(ctx)
	stop()
	<-reloaded
	a.keepSights()
	if a.replay != nil {
		err = errors.Join(err, a.finishReplay())
	}
	return errors.Join(err, <-served, a.unread(), a.state.Close())
}

// open returns what makes the configured sources and sinks.
func (a *App) open(c *config.Config) func(context.Context) (pipeline.Parts, error) {
	return func(ctx context.Context) (parts pipeline.Parts, err error) {
		defer func() {
			if err != nil {
				closeAll(ctx, parts.Sinks)
			}
		}()
		if err := a.unread(); err != nil {
			return parts, err
		}
		for _, s := range c.SinkList {
			env := a.env(c, "sinks", s.Name)
			sink, err := s.Spec.New(env, s.Options)
			if err != nil {
				return parts, fmt.Errorf("sinks.%s: %w", s.Name, err)
			}
			parts.Sinks = append(parts.Sinks, pipeline.NamedSink{Name: s.Name, Sink: sink, Options: s.Delivery})
			if err := a.read(ctx, env, s); err != nil {
				return parts, fmt.Errorf("sinks.%s: %w", s.Name, err)
			}
		}
		if a.replay != nil {
			parts.Sources, err = a.replaySources()
			return parts, err
		}
		for _, s := range c.SourceList {
			source, err := s.Spec.New(a.env(c, "sources", s.Name), s.Options)
			if err != nil {
				return parts, fmt.Errorf("sources.%s: %w", s.Name, err)
			}
			parts.Sources = append(parts.Sources, pipeline.NamedSource{Name: s.Name, Source: source})
		}
		return parts, nil
	}
}

func closeAll(ctx context.Context, made []pipeline.NamedSink) {
	for _, s := range made {
		_ = s.Sink.Close(ctx)
	}
}

func (a *App) env(c *config.Config, kind, name string) plugin.Env {
	return plugin.Env{
		Name: name, Log: a.o.Log.With(kind[:len(kind)-1], name), FS: a.o.FS, DataDir: filepath.Join(c.DataDir, kind, name),
		State: a.state, Now: a.o.Now, Metrics: a.metrics, Shared: &a.shared, In: a.o.In,
		Datasets: catalog.Datasets(),
	}
}
