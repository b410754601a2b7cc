package pipeline

import (
	"context"
	"time"
)

// turn is called by each goroutine of the pipeline when it goes on after having
// waited for another one. It is nil but in the simulation, which there decides
// who goes first: without it two that are woken at once would run in any order,
// and a seed would not replay.
type turn func(kind, name string)

func (t turn) take(kind, name string) {
	if t != nil {
		t(kind, name)
	}
}

// await returns when notified, at the time wake (zero: never), or when ctx ends.
func (t turn) await(ctx context.Context, notify <-chan struct{}, wake time.Time, kind, name string) {
	var timer <-chan time.Time
	if !wake.IsZero() {
		clock := time.NewTimer(time.Until(wake))
		defer clock.Stop()
		timer = clock.C
	}
	select {
	case <-notify:
	case <-timer:
	case <-ctx.Done():
	}
	t.take(kind, name)
}

// rest waits, or returns when ctx ends.
func (t turn) rest(ctx context.Context, d time.Duration, kind, name string) {
	t.await(ctx, nil, time.Now().Add(d), kind, name)
}
