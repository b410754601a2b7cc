package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
)

// lookEvery is how often the studio file and the databases of locations are
// looked at for changes.
const lookEvery = 10 * time.Second

// Reload asks for the configuration and the rules to be read again. It returns
// at once; what comes of it is logged, and a refusal shown in the status until a
// change is taken. A faulty configuration changes nothing.
func (a *App) Reload() {
	select {
	case a.reload <- struct{}{}:
	default: // one is pending already, and will read what this one would
	}
}

func (a *App) reloadLoop(ctx context.Context) {
	tick := time.NewTicker(a.lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.reload:
			if err := a.took(a.reloadOnce(ctx)); err != nil {
				a.o.Log.Error("the configuration was not reloaded; what ran before goes on", "error", err)
				continue
			}
			a.o.Log.Info("configuration reloaded")
		case <-tick.C:
			a.keepSights()
			changed := a.watch.changed()
			if len(changed) == 0 {
				continue
			}
			if err := a.took(a.knowAgain(ctx)); err != nil {
				a.o.Log.Error("a changed file was not taken; what was known before stays in force", "file", strings.Join(changed, ", "), "error", err)
				continue
			}
			a.o.Log.Info("what is known of the studio was read again", "file", strings.Join(changed, ", "))
		}
	}
}

// took remembers for the status whether a change was taken, and returns why not.
func (a *App) took(err error) error {
	if err == nil {
		a.refused.Store(nil)
		return nil
	}
	why, _ := a.redact.Text(nil, []byte(err.Error()))
	a.refused.Store(&pipeline.Refusal{Time: a.o.Now(), Error: string(why)})
	return err
}

// reloadOnce reads everything before it changes anything; if the sources and
// sinks cannot be opened, rules and knowledge are those from before as well.
func (a *App) reloadOnce(ctx context.Context) error {
	c, err := a.o.Load()
	if err != nil {
		return err
	}
	if stay := keep(a.config, c); len(stay) > 0 {
		a.o.Log.Warn("these change with a restart only, and stay as they were", "settings", strings.Join(stay, ", "))
	}
	before, w := a.rules.Load(), newWatch(c) // before they are read, so that no change goes unnoticed
	if err := a.loadRules(c); err != nil {
		return err
	}
	if err := a.pipeline.Reload(ctx, pipeline.Change{Open: a.open(c)}); err != nil {
		a.restore(before)
		return err
	}
	if err := a.judgeAnew(ctx); err != nil {
		a.restore(before)
		return err
	}
	a.current, a.watch = c, w
	return nil
}

// knowAgain reads the studio file, the databases and the rules again, and
// leaves sources and sinks alone.
func (a *App) knowAgain(ctx context.Context) error {
	before := a.rules.Load()
	if err := a.loadRules(a.current); err != nil {
		return err
	}
	if err := a.judgeAnew(ctx); err != nil {
		a.restore(before)
		return err
	}
	return nil
}

// judgeAnew brings the rules that were loaded into force. It comes after all
// else that can fail: what is remembered of rules that are no more is removed.
func (a *App) judgeAnew(ctx context.Context) error {
	if err := a.cases.Replace(a.rules.Load().Set); err != nil {
		return fmt.Errorf("replace the rules: %w", err)
	}
	return a.pipeline.Reload(ctx, pipeline.Change{NewJudge: a.newJudge})
}

// restore puts rules, and what they know, back in force.
func (a *App) restore(set *Ruleset) {
	a.loader.enricher.Swap(set.Known)
	a.rules.Store(set)
}

// keep takes over what lies under everything that is open, and names what was
// to be other than it is.
func keep(running, c *config.Config) (named []string) {
	note := func(name string, changed bool) {
		if changed {
			named = append(named, name)
		}
	}
	note("data_dir", c.DataDir != running.DataDir)
	note("http", c.HTTP != running.HTTP)
	note("workers", c.Workers != running.Workers)
	note("lateness", c.Lateness != running.Lateness)
	note("max_record", c.MaxRecord != running.MaxRecord)
	note("memory", c.Memory != running.Memory)
	note("drain_timeout", c.DrainTimeout != running.DrainTimeout)
	note("redact", !slices.Equal(c.Redact.Keys, running.Redact.Keys) || !slices.Equal(c.Redact.Patterns, running.Redact.Patterns))
	note("quarantine", c.Quarantine != running.Quarantine)
	c.DataDir, c.HTTP, c.Workers, c.MaxRecord = running.DataDir, running.HTTP, running.Workers, running.MaxRecord
	c.Redact = running.Redact
	c.Memory, c.DrainTimeout, c.Quarantine, c.Lateness = running.Memory, running.DrainTimeout, running.Quarantine, running.Lateness
	return named
}
