// Package scan reads files, folders or standard input without any
// configuration, judges every record, and reports: alerts grouped by rule,
// principal and source, a time line, and a receipt that accounts for every file
// and record. It keeps no state and changes nothing but the files it is told to
// write.
//
// It imports the stages and internal/; the scan command calls it.
package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/burstwatch/burstwatch/cmd/internal/reader"
	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/ingest/file"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/parsers"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/sigma"
	"github.com/burstwatch/burstwatch/rules/window"
)

// Options say what to scan and what to print.
type Options struct {
	// Paths are files, folders or - for standard input.
	Paths []string
	In    io.Reader
	// Dataset and Format declare what the records are; empty: found out.
	Dataset, Format string
	Specs           []parsers.Spec
	Rules           *rules.Set
	// Refused are the rules that could not be loaded, for the receipt.
	Refused []rules.Refusal
	// Workers read files side by side; 0: one for each processor.
	Workers int
	// From and To bound the time of what is judged: From ≤ time < To. Zero: open.
	From, To time.Time
	// Events prints every ECS event instead of the alerts.
	Events bool
	// Sort prints the events in the order of their time, when all is read; else those
	// of one file stay together. What does not fit into memory is sorted on disk.
	Sort bool
	// MatchesOnly counts what rules match and makes no cases of it: with Events,
	// where nobody sees them. Stateful rules are not judged then.
	MatchesOnly bool
	// NDJSON prints one alert a line, in the order of event time, instead of the report.
	NDJSON bool
	// MinLevel hides what is below.
	MinLevel sigma.Level
	// Show prints one case with its events, as NDJSON the alert first: a short or
	// long id, "" for all.
	Show string
	// Command is what was typed before the paths, such as burstwatch scan --studio
	// FILE: the report ends with it. nil: no next command is printed.
	Command []string
	// Out takes the data; Err what could not be read.
	Out, Err io.Writer
	// Quarantine takes the records that could not be read, as NDJSON; may be nil.
	Quarantine io.Writer
	// QuarantineName is what the receipt calls it.
	QuarantineName string
	// Progress is called now and then from one goroutine; may be nil.
	Progress func(Progress)
	// Width is the terminal's columns; Color says whether it has colours.
	Width int
	Color bool
	// Verbose names every file that was skipped.
	Verbose   bool
	MaxRecord int
	Now       func() time.Time
}

// Progress is how far a scan has come.
type Progress struct {
	Files, FilesDone int
	Bytes, BytesDone int64
	Records, Alerts  int64
	// Current is a file being read.
	Current string
}

// Result is what a scan found, as the exit code needs it.
type Result struct {
	// Complete is false where a record or file could not be read.
	Complete bool
	// Worst is the highest level of any alert; Alerts is the number of cases.
	Worst  sigma.Level
	Alerts int64
}

// scan is one scan under way.
type scan struct {
	o       Options
	started time.Time
	files   []file.Found
	skipped []file.Skipped
	share   *share

	engine *window.Engine

	mu      sync.Mutex // guards what follows and Out
	tally   tally
	groups  groups
	gaps    []string // what could not be judged, in words
	worst   sigma.Level
	sorted  sorter
	shown   map[event.ID]shownEvent
	current string
	done    int
	bytes   int64
}

// Run scans. It fails only where it cannot go on at all: nothing to scan, Out
// broken, ctx ended.
func Run(ctx context.Context, o Options) (Result, error) {
	if o.Show != "" {
		o.MinLevel = sigma.Informational
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	s := &scan{o: o, started: o.Now(), tally: newTally(), shown: map[event.ID]shownEvent{}}
	var err error
	if s.files, s.skipped, err = file.List(o.Paths); err != nil {
		return Result{}, err
	}
	defer s.sorted.close()
	if err := s.judge(ctx); err != nil {
		return Result{}, err
	}
	if err := s.report(); err != nil {
		return Result{}, fmt.Errorf("write the report: %w", err)
	}
	return s.result(), nil
}

// judge reads everything and gathers the cases. What is remembered meanwhile
// lies in a temporary folder when it is too much for memory.
func (s *scan) judge(ctx context.Context) (err error) {
	if s.o.MatchesOnly {
		return s.readAll(ctx)
	}
	store, err := state.OpenTemporary(slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	s.engine, err = window.Open(store, s.o.Rules, window.Options{
		AtEnd: true, MinLevel: s.o.MinLevel, NoEvidence: s.o.Show == "" && (!s.o.NDJSON || s.o.Events), Now: s.o.Now,
	})
	if err != nil {
		return err
	}
	if err := s.readAll(ctx); err != nil {
		return err
	}
	if err := s.cases(); err != nil || s.o.Show == "" {
		return err
	}
	return s.recall(ctx)
}

func (s *scan) result() Result {
	r := Result{Complete: s.tally.rejects == 0 && !s.unread(), Alerts: s.tally.alerts, Worst: s.worst}
	for level, n := range s.tally.hidden {
		if n > 0 {
			r.Worst = max(r.Worst, sigma.Level(level))
			r.Alerts = max(r.Alerts, 1)
		}
	}
	return r
}

// unread reports whether a file that was asked for could not be read. A file
// that is no log by its name is passed over without harm.
func (s *scan) unread() bool {
	for _, k := range s.skipped {
		if k.Failed {
			return true
		}
	}
	return false
}

// readAll runs the workers over the files, each in the order of the times in
// their names.
func (s *scan) readAll(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	failed := make(chan error, s.o.Workers)
	workers := min(s.o.Workers, max(1, len(s.files)))
	s.share = newShare(s.files, workers)
	for number := range workers {
		w := newWorker(s, number)
		group.Go(func() {
			if err := w.run(ctx); err != nil {
				cancel()
				failed <- err
			}
		})
	}
	ticks := s.startProgress(ctx)
	group.Wait()
	cancel()
	<-ticks
	close(failed)
	return first(failed)
}

// first prefers the reason of a failure to "context canceled", which the other
// workers report because of it.
func first(failed <-chan error) error {
	var err error
	for e := range failed {
		if err == nil || errors.Is(err, context.Canceled) {
			err = e
		}
	}
	return err
}

// startProgress reports until ctx ends; the channel is closed after the last report.
func (s *scan) startProgress(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	if s.o.Progress == nil {
		close(done)
		return done
	}
	go func() {
		defer close(done)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.o.Progress(s.progress())
			case <-ctx.Done():
				s.o.Progress(s.progress())
				return
			}
		}
	}()
	return done
}

func (s *scan) progress() Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := Progress{Files: len(s.files), FilesDone: s.done, BytesDone: s.bytes, Records: s.tally.records, Alerts: s.tally.found, Current: s.current}
	for _, f := range s.files {
		p.Bytes += max(0, f.Size)
	}
	return p
}

// open opens the file of that index.
func (s *scan) open(i int) (*ingest.Object, error) {
	f := s.files[i]
	if f.Path == "-" {
		return file.Stdin(s.o.In, "scan"), nil
	}
	return file.Open(f.Path, "scan")
}

func newReader(o Options) *reader.Reader {
	return reader.New(reader.Options{Specs: o.Specs, MaxRecord: o.MaxRecord, Now: o.Now})
}
