package enrich

import (
	"sync/atomic"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Enricher makes enriched schemas. It has one for each schema that it was made
// with, always the same, so that they can be compared as schemas are; what is
// known can be exchanged while workers read. It is safe for all workers at once.
type Enricher struct {
	known   atomic.Pointer[Knowledge]
	swaps   atomic.Uint64 // how often that changed
	schemas map[event.Schema]*schema
}

// New makes an Enricher of schemas, which must be comparable. It knows nothing
// until Swap.
func New(schemas []event.Schema) *Enricher {
	e := &Enricher{schemas: make(map[event.Schema]*schema, len(schemas))}
	for _, base := range schemas {
		if e.schemas[base] == nil {
			e.schemas[base] = newSchema(e, base)
		}
	}
	return e
}

// Schema is the enriched schema that stands before base. A schema that the
// Enricher was not made with is returned as it is.
func (e *Enricher) Schema(base event.Schema) event.Schema {
	if s := e.schemas[base]; s != nil {
		return s
	}
	return base
}

// Swap exchanges what is known and returns what was. nil knows nothing. Events
// under way get the one or the other, each field by itself.
func (e *Enricher) Swap(k *Knowledge) *Knowledge {
	// Whoever sees the new number finds the new knowledge, so that nothing is
	// remembered under it that was derived of the old.
	defer e.swaps.Add(1)
	return e.known.Swap(k)
}

// Known is what is known now.
func (e *Enricher) Known() *Knowledge { return e.known.Load() }
