package pipeline

import "context"

// Change is what a reload brings. What is nil stays as it is.
type Change struct {
	// NewJudge replaces Config.NewJudge, without a pause.
	NewJudge func() Judge
	// Open replaces Config.Open: everything in flight is drained, the sinks are
	// closed and the sources and sinks made anew. If that fails, those from
	// before are made again.
	Open func(ctx context.Context) (Parts, error)
}
