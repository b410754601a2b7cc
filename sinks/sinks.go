// Package sinks is the last stage: it makes events durable somewhere else, one
// destination a folder.
//
// Sinks know only internal/. Batching, retry with backoff, queues, quarantine
// and acknowledgement are the pipeline's, once for all of them: a sink only
// says, truthfully, what became of the events that it was given.
package sinks

import (
	"context"
	"fmt"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Sink is one destination. The pipeline calls it from one goroutine at a time.
type Sink interface {
	// Write makes the events durable; nil says that all of them are. Each has
	// its Doc rendered, but for a sink that is [Undocumented]. The events and their bytes belong to the pipeline and
	// may be recycled once Write has returned: whoever hands them to a library
	// that may read later copies them.
	//
	// A [*PartialError] gives the verdict event by event; any other error
	// means that none can be taken as durable and all are tried again. Writing
	// an event twice must do no harm where the destination can tell.
	Write(ctx context.Context, events []*event.Event) error

	// Close releases the destination. Everything that Write said was durable stays so.
	Close(ctx context.Context) error
}

// Undocumented is implemented by a sink that reads no documents: where no other
// sink wants an event, its Doc is not rendered. Such a sink must not fail, for
// what has no document can neither be spooled nor put in quarantine.
type Undocumented interface {
	Sink
	Undocumented()
}

// PartialError says which events of a Write are not durable; all others are.
type PartialError struct {
	// Retry are the indexes that may succeed later.
	Retry []int
	// Reject are those that never will; they go to quarantine.
	Reject []Rejected
	// Err is why those in Retry failed; nil if there are none.
	Err error
}

// Rejected is one event that the destination will never take.
type Rejected struct {
	Index  int
	Reason string
}

// Error counts what failed.
func (e *PartialError) Error() string {
	return fmt.Sprintf("%d events to try again (%v), %d rejected for good", len(e.Retry), e.Err, len(e.Reject))
}

// Unwrap returns the reason of the retries.
func (e *PartialError) Unwrap() error { return e.Err }
