package pipeline

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/cmd/internal/reader"
	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/parsers"
	"github.com/burstwatch/burstwatch/sinks"
)

// Config is what a pipeline is made of.
type Config struct {
	// Open makes the sources and sinks. Run calls it first, and again on a
	// reload, when the sinks that it made before are closed: two instances of
	// one sink would fight for one file.
	Open func(ctx context.Context) (Parts, error)
	// Specs are the log families, in the order in which equal claims are settled.
	Specs []parsers.Spec
	// NewJudge makes a judge; each is used by one goroutine at a time. nil
	// judges nothing.
	NewJudge func() Judge
	// Cases remembers what judges find, and makes the alerts of it. nil
	// remembers nothing.
	Cases Cases
	// Workers is how many objects are read at once. 0 means one for each
	// processor.
	Workers int
	// Window is the size of a batch's buffer and MaxRecord that of the largest
	// record, in bytes. 0 means the defaults.
	Window, MaxRecord int
	// Memory bounds the batches in flight, in bytes, documents included; each
	// reader may exceed it by one batch, and the garbage collector doubles it.
	// 0 means DefaultMemory.
	Memory plugin.Size
	// FS and DataDir are where the quarantine lies.
	FS      vfs.FS
	DataDir string
	// Quarantine bounds it.
	Quarantine Quarantine
	// State is synced from time to time and when the pipeline ends; sources
	// write their checkpoints to it lazily. nil if nothing is kept.
	State Syncer
	// Redact takes secrets out of what goes to the quarantine.
	Redact Redactor
	Log    *slog.Logger
	// Now is the clock for what is stamped. Waiting goes by package time.
	Now func() time.Time
	// Rand seeds the jitter of every wait.
	Rand rand.Source
	// Metrics gets a writer that reports Status. May be nil.
	Metrics *metrics.Set
	// DrainTimeout is how long a stop may take before what is still in flight
	// is given up: unacknowledged, to be read again. 0 means DefaultDrainTimeout.
	DrainTimeout time.Duration
	// Once ends Run when every source has returned and everything is settled.
	Once bool
}

// Defaults of Config.
const (
	DefaultWindow       = reader.DefaultWindow
	DefaultMemory       = 8 << 20
	DefaultDrainTimeout = 30 * time.Second
)

// Parts are the two ends of a pipeline.
type Parts struct {
	Sources []NamedSource
	Sinks   []NamedSink
}

// NamedSource is a source under the name that the configuration gives it.
type NamedSource struct {
	Name   string
	Source ingest.Source
}

// NamedSink is a sink under the name that the configuration gives it, with
// what it wants and how it is to be fed. The pipeline closes it.
type NamedSink struct {
	Name    string
	Sink    sinks.Sink
	Options SinkOptions
}

// Syncer makes durable what was written to it before the call.
type Syncer interface{ Sync() error }

// Redactor takes secrets out of text.
type Redactor interface {
	// Text appends b without its secrets to dst and says whether there were any.
	Text(dst, b []byte) (out []byte, changed bool)
}
