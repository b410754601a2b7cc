// Package plugin is the one shape in which sources and sinks are offered: a
// [Spec] is a plugin's name, its options with their defaults, its documentation
// and its constructor in one value. The catalogue in cmd lists them; nothing
// registers itself.
//
// It imports internal/state for the store that plugins get. Every source and
// sink imports it.
package plugin

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/internal/state"
)

// Spec describes one kind of plugin whose instances are of type T.
type Spec[T any] struct {
	// Name is the type as the configuration names it.
	Name string
	// Summary is one sentence for the reference page and for error messages.
	Summary string
	// Options returns a new pointer to the options struct, defaults filled in.
	// Its fields carry yaml tags, and doc tags for the reference page.
	Options func() any
	// New makes an instance. options is what Options returned, with the
	// configuration read into it and validated.
	New func(env Env, options any) (T, error)
	// Setup installs elsewhere what instances rely on (templates, topics), and
	// changes nothing that is right already; nil where there is nothing. It
	// says in one sentence what was refused and which right is missing.
	Setup func(ctx context.Context, env Env, options any) error
	// Check tries to reach what an instance would read or write, with the rights
	// that it needs, and changes nothing; nil where nothing is to be reached.
	Check func(ctx context.Context, env Env, options any) error
}

// Define makes a Spec of a constructor that takes its own options type O.
func Define[O, T any](name, summary string, defaults O, make func(Env, O) (T, error)) Spec[T] {
	return Spec[T]{
		Name:    name,
		Summary: summary,
		Options: func() any { o := defaults; return &o },
		New: func(env Env, options any) (T, error) {
			o, ok := options.(*O)
			if !ok {
				var none T
				return none, fmt.Errorf("%s: options are a %T, not a %T", name, options, o)
			}
			return make(env, *o)
		},
	}
}

// With makes a Setup or Check of a function that takes its own options type O.
func With[O any](name string, f func(context.Context, Env, O) error) func(context.Context, Env, any) error {
	return func(ctx context.Context, env Env, options any) error {
		o, ok := options.(*O)
		if !ok {
			return fmt.Errorf("%s: options are a %T, not a %T", name, options, o)
		}
		return f(ctx, env, *o)
	}
}

// Validator is implemented by options that can be wrong in ways that their
// types don't show. Every fault is returned at once, joined by errors.Join; a
// fault that belongs to one key is a [FieldError].
type Validator interface{ Validate() error }

// FieldError is a fault of one key of the options.
type FieldError struct {
	// Key is the yaml key, dotted where nested.
	Key string
	// Reason says what is wrong with it, in the words of the user.
	Reason string
}

// Error is the key and the reason.
func (e FieldError) Error() string { return e.Key + ": " + e.Reason }

// Env is what an instance may use of the program around it.
type Env struct {
	// Name is the instance's name in the configuration.
	Name string
	// Log carries the instance's name already.
	Log *slog.Logger
	// FS is the file system to write durable data through, so that tests can
	// make it forget what was not synced.
	FS vfs.FS
	// DataDir is the instance's own folder of durable data; it may not exist yet.
	DataDir string
	// State keeps checkpoints; nil where the command keeps none (scan).
	State *state.Store
	// Now is the clock for what is stamped. Waiting goes by package time,
	// which tests make virtual.
	Now func() time.Time
	// Metrics is the set that the instance's metrics belong to.
	Metrics *metrics.Set
	// Datasets are those of the program's parsers, for destinations that want to
	// know them beforehand; others may come.
	Datasets []string
	// Shared holds what all instances have in common, see [Share]; nil where there is one instance.
	Shared *Shared
	// In is the program's standard input.
	In io.Reader
}
