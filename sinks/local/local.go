// Package local is the sink that people search: events and alerts in one SQLite
// file, for the page, for status, and for a small studio that has no other
// place for them.
//
// Write is one transaction, synced when it returns. An event that is there
// already, by its delivery id, is not stored again; of an alert the newest
// revision stands. Retention by age and size deletes little by little beside
// the writing and gives the space back to the disk; the events behind an alert
// stay as long as the alert.
//
// [Store] reads, also while another process writes. The package knows documents
// only and imports internal/ and the stage's door; the catalogue in cmd offers
// the sink, the page and status read the store.
//
// SQLite works on the operating system's files, not through plugin.Env.FS.
package local

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/sinks"
)

// Options are the sink's keys.
type Options struct {
	Path         string        `yaml:"path" doc:"The SQLite file; empty: local.db in the sink's folder of data_dir."`
	MaxSize      plugin.Size   `yaml:"max_size" doc:"Above this the oldest events are deleted, those behind an alert last; 0 is no limit."`
	MaxAge       time.Duration `yaml:"max_age" doc:"Events older than this, by their own time, are deleted unless an alert rests on them; 0 is never. 720h are 30 days."`
	AlertsMaxAge time.Duration `yaml:"alerts_max_age" doc:"Alerts older than this are deleted with the events behind them; 0 is never."`
	Search       bool          `yaml:"search" doc:"Keep a full-text index of events. Without it text is searched in alerts only, and writing is about three times as fast."`
}

// Defaults are the options that the configuration leaves out.
func Defaults() Options { return Options{MaxSize: 10e9, Search: true} }

// minSize is the smallest limit that leaves room for the file's own structure.
const minSize = 10e6

// Validate returns every fault at once.
func (o *Options) Validate() error {
	var faults []error
	if o.MaxSize != 0 && o.MaxSize < minSize {
		faults = append(faults, plugin.FieldError{Key: "max_size", Reason: "want 0 (no limit) or at least 10MB"})
	}
	if o.MaxAge != 0 && o.MaxAge < time.Hour {
		faults = append(faults, plugin.FieldError{Key: "max_age", Reason: "want 0 (never) or at least 1h"})
	}
	if o.AlertsMaxAge != 0 && o.AlertsMaxAge < time.Hour {
		faults = append(faults, plugin.FieldError{Key: "alerts_max_age", Reason: "want 0 (never) or at least 1h"})
	}
	if o.AlertsMaxAge != 0 && o.MaxAge > o.AlertsMaxAge {
		faults = append(faults, plugin.FieldError{Key: "alerts_max_age", Reason: "must not be less than max_age: alerts outlive their events, not the other way round"})
	}
	return errors.Join(faults...)
}

// File is the store's file; dataDir is the sink's own folder (plugin.Env.DataDir).
func (o Options) File(dataDir string) string {
	if o.Path != "" {
		return o.Path
	}
	return filepath.Join(dataDir, "local.db")
}

// Spec offers the sink.
func Spec() plugin.Spec[sinks.Sink] {
	return plugin.Define("local", "Keeps events and alerts in a SQLite file that the page searches.", Defaults(),
		func(env plugin.Env, o Options) (sinks.Sink, error) { return Open(context.Background(), env, o) })
}
