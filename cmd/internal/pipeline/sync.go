package pipeline

import (
	"context"
	"time"
)

// syncEvery is how often checkpoints are synced while they move: what a crash
// costs is to read again what came in between.
const syncEvery = time.Second

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
