package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/cmd/internal/scan"
	"github.com/burstwatch/burstwatch/parsers/vpcflow"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// options are the flags as they are meant; what cannot be meant is an error.
func (f scanFlags) options(std Streams, paths []string) (scan.Options, *sigma.Level, error) {
	o := scan.Options{
		Paths: paths, In: std.In, Err: std.Err, Dataset: f.dataset, Format: f.layout,
		Workers: f.workers, Events: f.events, Sort: f.sort, Show: f.show, Width: std.Width, Color: std.Terminal && os.Getenv("NO_COLOR") == "",
		Verbose: f.verbose, MaxRecord: int(f.maxRecord), Now: time.Now,
	}
	switch f.format {
	case "":
		o.NDJSON = !std.Terminal
	case "ndjson", "json":
		o.NDJSON = true
	case "table":
	default:
		return o, nil, fmt.Errorf("--format %s: want table or ndjson", f.format)
	}
	if std.ErrTerminal && !f.noProgress {
		o.Progress = progressBar(std.Err)
	}
	if err := errors.Join(f.records(), f.period(&o)); err != nil {
		return o, nil, err
	}
	var err error
	if o.MinLevel, err = level("--min-level", f.minLevel, defaultLevel(o.NDJSON)); err != nil {
		return o, nil, err
	}
	if f.failOn == "" {
		o.MatchesOnly = o.Events && o.Show == ""
		return o, nil, nil
	}
	failOn, err := level("--fail-on", f.failOn, sigma.High)
	return o, &failOn, err
}

// records checks what is said of the records and how they are read.
func (f scanFlags) records() error {
	if f.sort && !f.events {
		return errors.New("--sort is for --events: alerts are sorted anyway")
	}
	if f.workers < 0 {
		return fmt.Errorf("--workers %d: want 0, one for each processor, or more", f.workers)
	}
	if f.maxRecord < 1 {
		return fmt.Errorf("--max-record %s: want at least 1 B", f.maxRecord.Exact())
	}
	if err := knownDataset(f.dataset); err != nil {
		return err
	}
	if err := vpcflow.CheckFormat(f.layout); err != nil {
		return fmt.Errorf("--columns: %w", err)
	}
	return nil
}

// knownDataset refuses a --dataset that no parser makes; "" is none.
func knownDataset(name string) error {
	if known := catalog.Datasets(); name != "" && !slices.Contains(known, name) {
		return fmt.Errorf("--dataset %s: known are %s", name, strings.Join(known, ", "))
	}
	return nil
}

// period sets the time of what is judged.
func (f scanFlags) period(o *scan.Options) (err error) {
	if o.From, err = moment("--from", f.from); err != nil {
		return err
	}
	if o.To, err = moment("--to", f.to); err != nil {
		return err
	}
	if !o.From.IsZero() && !o.To.IsZero() && !o.From.Before(o.To) {
		return fmt.Errorf("--from %s --to %s: nothing lies between them", f.from, f.to)
	}
	return nil
}

// defaultLevel keeps a person's screen to what matters, and hides nothing from
// a program.
func defaultLevel(ndjson bool) sigma.Level {
	if ndjson {
		return sigma.Informational
	}
	return sigma.Medium
}

func level(flag, text string, none sigma.Level) (sigma.Level, error) {
	if text == "" {
		return none, nil
	}
	l, ok := sigma.ParseLevel(text)
	if !ok {
		return l, fmt.Errorf("%s %s: want informational, low, medium, high or critical", flag, text)
	}
	return l, nil
}

func moment(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.UTC); err == nil {
			return t, nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil {
		return time.Now().Add(-d), nil
	}
	return time.Time{}, fmt.Errorf("%s %s: want a day such as 2026-11-05, a time such as 2026-11-05T14:00:00Z, or a duration such as 36h", flag, text)
}
