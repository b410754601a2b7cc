package app

import (
	"context"

	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
)

// Reload asks for the configuration and the rules to be read again. It returns
// at once; what comes of it is logged. A faulty configuration changes nothing.
func (a *App) Reload() {
	select {
	case a.reload <- struct{}{}:
	default: // one is pending already, and will read what this one would
	}
}

func (a *App) reloadLoop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.reload:
			if err := a.reloadOnce(ctx); err != nil {
				a.o.Log.Error("the configuration was not reloaded; what ran before goes on", "error", err)
				continue
			}
			a.o.Log.Info("configuration reloaded")
		}
	}
}

// reloadOnce reads everything before it changes anything. data_dir, http and
// memory need a restart: what lies under them is open.
func (a *App) reloadOnce(ctx context.Context) error {
	c, err := a.o.Load()
	if err != nil {
		return err
	}
	if c.DataDir != a.config.DataDir || c.HTTP != a.config.HTTP {
		a.o.Log.Warn("data_dir and http change with a restart only")
		c.DataDir, c.HTTP = a.config.DataDir, a.config.HTTP
	}
	if err := a.loadRules(c); err != nil {
		return err
	}
	return a.pipeline.Reload(ctx, pipeline.Change{NewJudge: a.newJudge, Open: a.open(c)})
}
