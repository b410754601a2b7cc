// Package reader turns one object that a source found into batches of events:
// it decodes (gzip, zstd, Parquet), tells the dataset, and runs the parser over
// windows of bounded size.
//
// It imports ingest, parsers and internal/. The pipeline runs one Reader in
// each worker; scan does the same without the pipeline's sinks.
package reader

import (
	"context"
	"errors"
	"time"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

// Options are what a Reader is made with.
type Options struct {
	// Specs are the log families, in the order in which equal claims are settled.
	Specs []parsers.Spec
	// Window is how many bytes a batch's Buf holds at first; it grows, up to
	// MaxRecord, only for a record that does not fit.
	Window int
	// MaxRecord is the largest record in bytes.
	MaxRecord int
	// Now is the clock for event.created.
	Now func() time.Time
}

// Reader reads objects, one after the other. It is owned by one worker.
type Reader struct{ o Options }

// New makes a Reader.
func New(o Options) *Reader { return &Reader{o: o} }

// Read reads o from o.From to its end and closes its Body. It asks next for an
// empty batch, fills it and hands it to out, in order; batches in which nothing
// lies are handed on too if they move End. Corrupt content is rejected into
// batches with its reason, never dropped; Read fails only where the object has
// to be read again: ctx ended, out failed, or Body failed with something other
// than its content being corrupt.
func (r *Reader) Read(ctx context.Context, o *ingest.Object, next func() *event.Batch, out func(*event.Batch) error) error {
	return errors.New("reader: not built yet")
}
