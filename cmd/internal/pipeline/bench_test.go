package pipeline

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/cmd/internal/reader"
	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

const benchLines = 100_000

func benchText() string {
	return strings.Repeat("a line of some length, as logs have them: 123456789012\n", benchLines)
}

// BenchmarkReaderAlone is what the pipeline stands on: read, parse and render.
func BenchmarkReaderAlone(b *testing.B) {
	text := benchText()
	r := reader.New(reader.Options{Specs: lineSpecs(), MaxRecord: parsers.DefaultMaxRecord, Now: time.Now})
	var fields []event.Field
	var scratch event.Scratch
	free := event.NewBatch(DefaultWindow, nil)
	spare := event.NewBatch(DefaultWindow, nil)
	b.ReportAllocs()
	for b.Loop() {
		o := &ingest.Object{Origin: &event.Origin{Name: "o", Identity: []byte("o")}, Body: io.NopCloser(strings.NewReader(text)), Size: -1}
		err := r.Read(context.Background(), o, func() *event.Batch {
			free, spare = spare, free
			free.Reuse(nil)
			return free
		}, func(batch *event.Batch) error {
			for i := range batch.Events {
				scratch.Reset()
				fields = batch.Render(&batch.Events[i], fields, &scratch)
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchLines, "ns/event")
}

type nullSink struct{}

func (nullSink) Write(context.Context, []*event.Event) error { return nil }
func (nullSink) Close(context.Context) error                 { return nil }

// BenchmarkPipeline is the same with everything between: judging nothing,
// queues, two sinks that take all, acknowledgement.
func BenchmarkPipeline(b *testing.B) {
	text := benchText()
	b.ReportAllocs()
	for b.Loop() {
		src := &memSource{texts: []string{text}}
		p, err := New(Config{
			Open: func(context.Context) (Parts, error) {
				return Parts{from(src), []NamedSink{named("a", nullSink{}), named("b", nullSink{})}}, nil
			},
			Specs: lineSpecs(), Workers: 1, FS: vfs.NewMem(), DataDir: "data", Log: slog.New(slog.DiscardHandler), Now: time.Now, Once: true,
		})
		if err != nil {
			b.Fatal(err)
		}
		if err := p.Run(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchLines, "ns/event")
}
