package pipeline

import (
	"context"
	"errors"
	"fmt"
)

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
