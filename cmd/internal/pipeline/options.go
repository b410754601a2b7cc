package pipeline

import (
	"errors"
	"fmt"
	"time"

	"github.com/burstwatch/burstwatch/internal/plugin"
)

// SinkOptions are what every sink of the configuration takes, whatever its
// type. Start from DefaultSinkOptions.
type SinkOptions struct {
	Only     Only     `yaml:"only" doc:"What the sink gets: events, alerts or all."`
	Datasets []string `yaml:"datasets" doc:"Only events of these datasets; a trailing * matches the rest of a name. Alerts are not filtered. Empty means all."`
	Buffer   Buffer   `yaml:"buffer" doc:"What may wait for the sink, and where, before sources have to wait."`
	Batch    Batch    `yaml:"batch" doc:"How much is written at once."`
	Retry    Retry    `yaml:"retry" doc:"What happens when the sink fails. Events are tried again for as long as it takes."`
}

// Only says which kinds of event a sink gets.
type Only string

// The kinds.
const (
	All    Only = "all"
	Alerts Only = "alerts"
	Events Only = "events"
)

// Buffer bounds what waits for a sink. In memory either bound makes sources wait;
// alerts are not counted, and pass.
type Buffer struct {
	Type      BufferType  `yaml:"type" doc:"disk: while the sink is down its events go to a spool below data_dir, so that sources and other sinks go on; memory: they wait in memory, and their sources with them."`
	MaxEvents int         `yaml:"max_events" doc:"Events that may wait in memory."`
	MaxBytes  plugin.Size `yaml:"max_bytes" doc:"Bytes of documents that may wait in memory."`
	MaxSize   plugin.Size `yaml:"max_size" doc:"Size of the spool on disk."`
	WhenFull  WhenFull    `yaml:"when_full" doc:"block: sources wait until the sink takes what is there. Nothing is ever dropped, so there is no other."`
}

// BufferType says where events wait for a sink that is down.
type BufferType string

// The types.
const (
	Disk   BufferType = "disk"
	Memory BufferType = "memory"
)

// WhenFull says what happens when a buffer is full.
type WhenFull string

// Block makes sources wait.
const Block WhenFull = "block"

// Batch bounds one write to a sink.
type Batch struct {
	MaxEvents int           `yaml:"max_events" doc:"Most events in one write."`
	MaxBytes  plugin.Size   `yaml:"max_bytes" doc:"Most bytes of documents in one write, unless one event alone is larger."`
	Timeout   time.Duration `yaml:"timeout" doc:"How long an event waits for others to fill the write. Nothing waits while a source has to."`
}

// Retry paces what is tried again: the n-th wait is random between nothing and
// initial_backoff * 2^n, at most max_backoff.
type Retry struct {
	InitialBackoff time.Duration `yaml:"initial_backoff" doc:"Longest wait after the first failure."`
	MaxBackoff     time.Duration `yaml:"max_backoff" doc:"Longest wait after any failure."`
	Timeout        time.Duration `yaml:"timeout" doc:"How long one write may take before it counts as failed."`
}

// Quarantine bounds what could not be parsed, or was refused by a sink.
type Quarantine struct {
	MaxBytes plugin.Size `yaml:"max_bytes" doc:"Size on disk at which the quarantine is full: sources then wait until files are removed from it."`
}

// DefaultSinkOptions suit a local sink and a small machine.
func DefaultSinkOptions() SinkOptions {
	return SinkOptions{
		Only:   All,
		Buffer: Buffer{Type: Disk, MaxEvents: 20_000, MaxBytes: 32e6, MaxSize: 1e9, WhenFull: Block},
		Batch:  Batch{MaxEvents: 2_000, MaxBytes: 4e6, Timeout: time.Second},
		Retry:  Retry{InitialBackoff: 500 * time.Millisecond, MaxBackoff: 30 * time.Second, Timeout: time.Minute},
	}
}

// DefaultQuarantine is large, because a full one stops the pipeline.
func DefaultQuarantine() Quarantine { return Quarantine{MaxBytes: 10e9} }

// Validate reports every fault as a plugin.FieldError.
func (o SinkOptions) Validate() error {
	var errs []error
	bad := func(wrong bool, key, reason string) {
		if wrong {
			errs = append(errs, plugin.FieldError{Key: key, Reason: reason})
		}
	}
	bad(o.Only != All && o.Only != Alerts && o.Only != Events, "only",
		fmt.Sprintf("%q is none of all, alerts, events", o.Only))
	bad(o.Only == Alerts && len(o.Datasets) > 0, "datasets", "filters events, but the sink gets alerts only")
	bad(o.Buffer.Type != Disk && o.Buffer.Type != Memory, "buffer.type", fmt.Sprintf("%q is none of disk, memory", o.Buffer.Type))
	bad(o.Buffer.MaxSize < 1<<20, "buffer.max_size", "must be at least 1MiB")
	bad(o.Buffer.WhenFull != Block, "buffer.when_full", fmt.Sprintf("%q is not possible: nothing is dropped here, so that it is block", o.Buffer.WhenFull))
	bad(o.Buffer.MaxEvents < 1, "buffer.max_events", "must be at least 1")
	bad(o.Buffer.MaxBytes < 1, "buffer.max_bytes", "must be at least 1 B")
	bad(o.Batch.MaxEvents < 1, "batch.max_events", "must be at least 1")
	bad(o.Batch.MaxBytes < 1, "batch.max_bytes", "must be at least 1 B")
	bad(o.Batch.Timeout < 0, "batch.timeout", "must not be negative")
	bad(o.Retry.InitialBackoff <= 0, "retry.initial_backoff", "must be more than nothing, such as 500ms")
	bad(o.Retry.MaxBackoff < o.Retry.InitialBackoff, "retry.max_backoff", "must not be less than retry.initial_backoff")
	bad(o.Retry.Timeout <= 0, "retry.timeout", "must be more than nothing, such as 1m")
	for i, d := range o.Datasets {
		bad(d == "", fmt.Sprintf("datasets[%d]", i), "is empty")
	}
	return errors.Join(errs...)
}

// Validate reports every fault as a plugin.FieldError.
func (q Quarantine) Validate() error {
	if q.MaxBytes < 1<<20 {
		return plugin.FieldError{Key: "max_bytes", Reason: "must be at least 1MiB"}
	}
	return nil
}
