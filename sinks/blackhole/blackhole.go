// Package blackhole is the sink that throws away what it takes: to try sources
// and rules, or to measure them, before there is a destination.
//
// It reads no documents, so none are made for it. Everything else happens as for
// any sink: what it took counts as delivered and is acknowledged to its source,
// which will not bring it again.
//
// It imports internal/ and the stage's door. The catalogue in cmd offers it.
package blackhole

import (
	"context"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/sinks"
)

// Options are the sink's keys: it has none.
type Options struct{}

// Spec offers the sink.
func Spec() plugin.Spec[sinks.Sink] {
	return plugin.Define("blackhole", "Throws events and alerts away: to try sources and rules. Their sources take them for delivered.", Options{},
		func(plugin.Env, Options) (sinks.Sink, error) { return sink{}, nil })
}

type sink struct{}

// Write implements sinks.Sink.
func (sink) Write(context.Context, []*event.Event) error { return nil }

// Close implements sinks.Sink.
func (sink) Close(context.Context) error { return nil }

// Undocumented implements sinks.Undocumented.
func (sink) Undocumented() {}
