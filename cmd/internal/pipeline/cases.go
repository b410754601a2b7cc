package pipeline

import (
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/window"
)

// Judge has the rules look at events.
type Judge interface {
	// Batch returns what Cases shall remember of b.Events, nil for nothing.
	Batch(b *event.Batch) Found
}

// Found is what a Judge found in one batch. It may point into the batch, which
// is held until what was found is committed.
type Found interface {
	// Size is about what it holds, in bytes; Matches how often a rule matched.
	Size() int
	Matches() int
}

// Cases is the one owner of what rules remember; the engine of rules/window is
// one. All but Stats is called from one goroutine.
type Cases interface {
	// Commit makes durable what was found, and the alerts that come of it. After
	// an error it is called again with the same.
	Commit(found []Found, frontiers []window.Frontier) error
	// Flush makes alerts of what waits to be told.
	Flush() error
	// Wake is when Commit is to be called though nothing came; zero: never.
	Wake() time.Time
	// Pending are alerts that are durable and not yet dropped, from a number on,
	// and Drop removes those that every sink has.
	Pending(from uint64, most int) ([]window.Alert, error)
	Drop(numbers []uint64) error
	// Stats are figures for status and metrics.
	Stats() window.Stats
}
