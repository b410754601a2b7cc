package app

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
	"github.com/burstwatch/burstwatch/cmd/internal/web"
	"github.com/burstwatch/burstwatch/internal/state"
)

// askEvery is how often a service that stands by asks whether it is needed.
const askEvery = time.Second

// StandBy returns when no other process works on the data_dir, or with ctx's
// error. The lease is the lock of the state store, because what a service must
// have to go on (positions, what rules remember, alerts and events that no sink
// has yet) lies beside it: whoever has one has the other.
func StandBy(ctx context.Context, o Options) error {
	c, err := o.Load()
	if err != nil {
		return err
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	dir := filepath.Join(c.DataDir, "state")
	o.Log.Info("standing by: another process works on the data_dir", "data_dir", c.DataDir)
	hidden := hint(ctx, o, c)
	defer hidden()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		held, err := state.InUse(o.FS, dir)
		if err != nil || !held {
			o.Log.Info("taking over", "data_dir", c.DataDir)
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// hint serves a page that says no more than that the service stands by, for
// whoever asks whether it is alive. On the machine of the one that works the
// address is taken, and there is none.
func hint(ctx context.Context, o Options, c *config.Config) (end func()) {
	if c.HTTP.Listen == "" {
		return func() {}
	}
	page, err := web.New(web.Config{
		Listen: c.HTTP.Listen, Token: c.HTTP.Token, Version: o.Version, Log: o.Log.With("part", "page"), Now: o.Now,
		Status: func() pipeline.Status { return pipeline.Status{State: "standing by"} },
		Ready:  func() error { return errors.New("another process works on the data_dir; this one stands by") },
	})
	if err != nil {
		o.Log.Warn("no page while standing by", "error", err)
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	_, served, err := page.Start(ctx)
	if err != nil {
		cancel()
		o.Log.Info("no page while standing by", "error", err)
		return func() {}
	}
	return func() {
		cancel()
		if err := <-served; err != nil {
			o.Log.Warn("the page while standing by ended", "error", err)
		}
	}
}
