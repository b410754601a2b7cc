package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
)

// worker reads one object: it makes batches, has them judged and rendered, and
// hands them to the sinks. It lives as long as the object is open, and holds
// one of the processor's slots except while it waits for a log to grow.
type worker struct {
	g       *generation
	source  *intake
	flight  *flight
	window  int
	held    int64   // bytes that the last batch took, documents included
	cur     *parcel // being filled
	coming  *parcel // to be filled after it
	carry   carry
	noter   noter
	fields  []event.Field
	scratch event.Scratch
}

// read reads the object and says how it ended. It has a slot when it is called.
func (g *generation) read(src *intake, o *ingest.Object) {
	defer g.slots.Release(1)
	g.p.turn.take("worker", o.Origin.Name)
	w := &worker{g: g, source: src, flight: &flight{object: o, source: src}, window: firstWindow(o.Size, g.window),
		noter: noter{logs: &g.p.logs, source: src.Name, now: g.p.Now}}
	r := g.readers.get()
	body := &body{ReadCloser: o.Body, g: g, name: o.Origin.Name}
	own := *o
	own.Body = body.as(o.Body)
	err := guard(func() error { return r.Read(g.soft, &own, w.next, w.out) })
	var died *panicked
	if !errors.As(err, &died) {
		g.readers.put(r) // one that panicked is not used again
	}
	w.endCarry(err)
	if err != nil && g.soft.Err() == nil {
		src.log.Error("object not finished: it is read again", "object", o.Origin.Name, "error", err)
	}
	w.flight.land(err)
}

func (w *worker) turn() { w.g.p.turn.take("worker", w.flight.object.Origin.Name) }

// panicked is a panic as an error.
type panicked struct {
	value any
	stack []byte
}

// Error is what was panicked with.
func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// LogValue is the panic with where it happened.
func (p *panicked) LogValue() slog.Value {
	return slog.GroupValue(slog.String("panic", p.Error()), slog.String("stack", string(p.stack)))
}

// guard calls f and makes a panic an error: one record that a parser fails on
// must not end the program.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicked{r, debug.Stack()}
		}
	}()
	return f()
}

func firstWindow(size int64, most int) int {
	w := smallestWindow
	for int64(w) < 4*size && w < most {
		w *= 2
	}
	return min(w, most)
}

// next is an empty batch: a larger one when the last was filled, a smaller one
// when little came or its documents took much.
func (w *worker) next() *event.Batch {
	if w.cur != nil {
		switch n := len(w.cur.batch.Buf); {
		case n > w.window/2 && w.held < largeBatch/2:
			w.window = min(2*w.window, w.g.window)
		case n < w.window/4 || w.held > largeBatch:
			w.window = max(w.window/2, min(smallestWindow, w.g.window))
		}
	}
	c := w.g.pool.get(w.g.soft, w.window, w.turn)
	if w.cur == nil {
		w.cur = c
	} else {
		w.coming = c
	}
	return c.batch
}

// out takes a filled batch: what it holds is safe from here on, or its object
// is not acknowledged.
func (w *worker) out(b *event.Batch) error {
	c := w.cur
	w.cur, w.coming = w.coming, nil
	if b != c.batch {
		return errors.New("the reader handed on batches out of order")
	}
	if err := w.g.hard.Err(); err != nil {
		b.Done(nil) // it is in no flight: this only gives it back
		return err
	}
	w.judge(b)
	w.source.count(b)
	w.noter.note(b)
	w.render(b)
	w.held = w.g.pool.charge(c)
	w.flight.add(c)
	w.deliver(b, c.place)
	b.Done(nil)
	return nil
}

// judge has the rules make alerts. If they panic the events go on without:
// losing them would be worse, and the log says so.
func (w *worker) judge(b *event.Batch) {
	if len(b.Events) == 0 {
		return
	}
	j := w.g.p.judges.get()
	if j == nil {
		return
	}
	err := guard(func() error { j.Batch(b); return nil })
	if err != nil {
		w.g.p.judges.failed.Add(1)
		w.source.log.Error("the rules failed on a batch: its events are delivered unjudged",
			"object", b.Origin.Name, "offset", b.Start, "error", err)
		return
	}
	w.g.p.judges.put(j)
}

// render writes the documents that a sink will read.
func (w *worker) render(b *event.Batch) {
	for _, a := range b.Alerts {
		w.fields = b.Render(a, w.fields, &w.scratch)
	}
	var last event.Schema
	wanted := false
	for i := range b.Events {
		e := &b.Events[i]
		if e.Schema != last {
			last, wanted = e.Schema, w.g.wanted(e.Schema.Dataset())
		}
		if wanted {
			w.scratch.Reset()
			w.fields = b.Render(e, w.fields, &w.scratch)
		}
	}
}

// deliver hands the batch to every sink and to the quarantine, alerts first, and
// waits for those that have no room. All of them have it by then, or it is lost
// to this run and its object not acknowledged.
func (w *worker) deliver(b *event.Batch, at *place) {
	type offered struct {
		to *outlet
		d  *delivery
	}
	var alerts, events []offered
	for _, o := range w.g.outlets {
		e, a := o.share(b)
		if a != nil {
			alerts = append(alerts, offered{o, a})
		}
		if e != nil {
			events = append(events, offered{o, e})
		}
	}
	b.Hold(len(alerts) + len(events))
	for _, a := range alerts {
		a.to.offer(a.d)
	}
	w.quarantine(b, at)
	tickets := make([]*ticket, len(events))
	for i, e := range events {
		tickets[i] = e.to.offer(e.d)
	}
	for i, t := range tickets {
		if t != nil {
			w.wait(events[i].to, t)
		}
	}
}

// wait waits until the queue has room for what the ticket stands for.
func (w *worker) wait(o *outlet, t *ticket) {
	select {
	case <-t.taken:
		w.turn()
	case <-w.g.hard.Done():
		w.turn()
		if o.queue.withdraw(t) {
			o.giveUp(t.delivery, len(t.delivery.events))
		}
	}
}

// body gives the worker's slot back while it waits for a log to grow.
type body struct {
	io.ReadCloser
	g    *generation
	name string
	idle bool
}

// Read reads; after ErrIdle it waits without a slot.
func (b *body) Read(p []byte) (int, error) {
	wait := b.idle
	if wait {
		b.g.slots.Release(1)
	}
	n, err := b.ReadCloser.Read(p)
	b.idle = errors.Is(err, ingest.ErrIdle)
	if wait {
		// Not given up when the pipeline stops: run releases the slot.
		_ = b.g.slots.Acquire(context.Background(), 1)
		b.g.p.turn.take("worker", b.name)
	}
	return n, err
}

// as is the body with what else the object's own can do: Parquet is read at
// offsets.
func (b *body) as(from io.ReadCloser) io.ReadCloser {
	if at, ok := from.(io.ReaderAt); ok {
		return struct {
			*body
			io.ReaderAt
		}{b, at}
	}
	return b
}
