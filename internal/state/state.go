// Package state keeps what must survive a crash: checkpoints of sources now,
// windows and the outbox of the stateful rules later, all in one embedded store
// (Pebble), so that they can be committed together.
//
// It imports nothing of ours. Sources get it through plugin.Env; the pipeline
// commits to it.
package state

// Store is one open state store. It is safe for concurrent use.
type Store struct{}
