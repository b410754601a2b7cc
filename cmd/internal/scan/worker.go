package scan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"

	"github.com/burstwatch/burstwatch/cmd/internal/reader"
	"github.com/burstwatch/burstwatch/ingest/file"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/window"
)

// writeSize is how much output a worker gathers before it writes: fewer and
// larger writes cost less system time.
const writeSize = 256 << 10

// worker reads one file after the other. Nothing of it is shared while a batch
// is judged; the scan's lock is taken for matches, full output and ends of files.
type worker struct {
	s       *scan
	number  int // among the workers
	reader  *reader.Reader
	rules   *window.Worker // nil where only matches are counted
	judge   *rules.Judge   // for --show, and where only matches are counted
	group   []byte
	scratch event.Scratch
	fields  []event.Field
	batches [2]*event.Batch // the one being filled, and the one carried from
	turn    int
	out     []byte
	tally   tally
	from    int64
	to      int64
}

func newWorker(s *scan, number int) *worker {
	w := &worker{s: s, number: number, reader: newReader(s.o), judge: s.o.Rules.Judge(), tally: newTally(), from: math.MinInt64, to: math.MaxInt64}
	if s.engine != nil {
		w.rules = s.engine.Worker()
	}
	for i := range w.batches {
		w.batches[i] = event.NewBatch(reader.DefaultWindow, nil)
	}
	if !s.o.From.IsZero() {
		w.from = s.o.From.UnixNano()
	}
	if !s.o.To.IsZero() {
		w.to = s.o.To.UnixNano()
	}
	return w
}

func (w *worker) run(ctx context.Context) error {
	for i, more := w.s.share.next(w.number); more; i, more = w.s.share.next(w.number) {
		if err := w.file(ctx, i); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if w.rules != nil {
		if err := w.s.remember(w.rules.Last()); err != nil {
			return err
		}
	}
	return w.flush()
}

// file reads one file. A file that fails is reported and costs itself alone.
func (w *worker) file(ctx context.Context, i int) error {
	found := w.s.files[i]
	o, err := w.s.open(i)
	if err != nil {
		w.s.skip(found.Path, err)
		return nil
	}
	if w.s.o.Dataset != "" || w.s.o.Format != "" {
		o.Origin.Dataset, o.Origin.Format = w.s.o.Dataset, w.s.o.Format
	}
	w.s.begin(found.Path)
	var stop error
	err = w.reader.Read(ctx, o, w.next, func(b *event.Batch) error {
		stop = w.batch(b)
		return stop
	})
	if err == nil {
		err = w.flush()
		stop = err
	}
	w.s.end(w, found)
	if err == nil || stop != nil || ctx.Err() != nil {
		return errors.Join(stop, ctx.Err())
	}
	w.s.skip(found.Path, err)
	return nil
}

// next alternates between two batches: the reader carries the end of one
// window to the next, so that one is not enough, and hands each on before it
// asks for the one after, so that two are.
func (w *worker) next() *event.Batch {
	w.turn ^= 1
	b := w.batches[w.turn]
	b.Reuse(nil)
	return b
}

func (w *worker) batch(b *event.Batch) error {
	for i := range b.Rejects {
		if err := w.s.reject(b.OriginOf(&b.Rejects[i]), &b.Rejects[i]); err != nil {
			return err
		}
		if b.Rejects[i].Part <= 1 {
			w.tally.rejects++
		}
	}
	if w.rules != nil {
		w.rules.Begin(b)
	}
	for i := range b.Events {
		ev := &b.Events[i]
		w.scratch.Reset()
		if ev.Time < w.from || ev.Time >= w.to {
			w.tally.outside++
			continue
		}
		w.tally.add(ev, &w.scratch)
		w.rule(ev)
		if !w.s.o.Events {
			continue
		}
		if w.s.o.Sort {
			if err := w.sort(ev); err != nil {
				return err
			}
			continue
		}
		w.out, w.fields = event.AppendEvent(w.out, ev, w.fields, &w.scratch)
		w.out = append(w.out, '\n')
		if len(w.out) >= writeSize {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	if w.rules == nil {
		return nil
	}
	return w.s.remember(w.rules.End())
}

// rule judges one event.
func (w *worker) rule(ev *event.Event) {
	if w.rules != nil {
		w.match(ev, w.rules.Event(ev, &w.scratch))
		return
	}
	n := len(w.judge.Event(ev, &w.scratch))
	w.tally.matched += int64(n)
}

// flush writes whole lines; those of one file stay in their order, because one
// worker reads it.
func (w *worker) flush() error {
	if len(w.out) == 0 {
		return nil
	}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	_, err := w.s.o.Out.Write(w.out)
	w.out = w.out[:0]
	if err != nil {
		return fmt.Errorf("write events: %w", err)
	}
	return nil
}

func (s *scan) begin(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = path
}

func (s *scan) end(w *worker, f file.Found) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally.take(&w.tally)
	s.done++
	s.bytes += max(0, f.Size)
}

// skip notes a file that was asked for and could not be read.
func (s *scan) skip(path string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reason := err.Error()
	if p := (*fs.PathError)(nil); errors.As(err, &p) && p.Path == path {
		reason = p.Err.Error() // the path is said beside it
	}
	s.skipped = append(s.skipped, file.Skipped{Path: path, Reason: reason, Failed: true})
}
