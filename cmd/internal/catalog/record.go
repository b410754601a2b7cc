package catalog

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	"github.com/burstwatch/burstwatch/cmd/internal/reader"
	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

// ParseRecord turns one native record into events, as a source would have it:
// the cases of rules are read so. The dataset decides the parser; "" has it
// found out.
func ParseRecord(native []byte, dataset string) ([]*event.Event, error) {
	return parseRecord(Parsers(), native, dataset)
}

// RecordParser is ParseRecord by other parsers than the plain ones.
func RecordParser(specs []parsers.Spec) func(native []byte, dataset string) ([]*event.Event, error) {
	return func(native []byte, dataset string) ([]*event.Event, error) {
		return parseRecord(specs, native, dataset)
	}
}

func parseRecord(specs []parsers.Spec, native []byte, dataset string) ([]*event.Event, error) {
	r := reader.New(reader.Options{Specs: specs, MaxRecord: parsers.DefaultMaxRecord, Now: time.Now})
	o := &ingest.Object{
		Origin: &event.Origin{Source: "case", Name: "case", Identity: []byte("case"), Dataset: dataset},
		Body:   io.NopCloser(bytes.NewReader(native)), Size: int64(len(native)),
	}
	var out []*event.Event
	next := func() *event.Batch { return event.NewBatch(max(len(native)+1, 4096), nil) }
	err := r.Read(context.Background(), o, next, func(b *event.Batch) error {
		for i := range b.Rejects {
			return errors.New(b.Rejects[i].Reason)
		}
		for i := range b.Events {
			out = append(out, &b.Events[i])
		}
		return nil
	})
	return out, err
}
