package pipeline

import (
	"errors"

	"github.com/burstwatch/burstwatch/internal/event"
)

// worker reads one object: it makes batches, has them judged and rendered, and
// hands them to the sinks. It lives as long as the object is open, and holds
// one of the processor's slots except while it waits for a log to grow.
type worker struct {
	g      *generation
	source *intake
	flight *flight
	window int
	held   int64   // bytes that the last batch took, documents included
	cur    *parcel // being filled
	coming *parcel // to be filled after it
	carry  carry
	noter  noter
	tools  *tools
}

// read reads the object and says how it ended. It has a slot when it is called.
func (g *generation) read(src *intake, f *flight) {
	o := f.object
	defer g.slots.Release(1)
	g.p.turn.take("worker", o.Origin.Name)
	w := &worker{g: g, source: src, flight: f, window: firstWindow(o.Size, g.window),
		noter: noter{logs: &g.p.logs, source: src.Name, now: g.p.Now}}
	w.tools = g.readers.get()
	own := *o
	own.Body, own.Messages = g.lent(f)
	err := guard(func() error { return w.tools.Read(g.soft, &own, w.next, w.out) })
	var died *panicked
	if !errors.As(err, &died) {
		g.readers.put(w.tools) // one that panicked is not used again
	}
	w.endCarry(err)
	if err != nil && g.soft.Err() == nil {
		src.log.Error("object not finished: it is read again", "object", o.Origin.Name, "error", err)
	}
	src.rests(f, err)
	w.flight.land(err)
}

func (w *worker) turn() { w.g.p.turn.take("worker", w.flight.object.Origin.Name) }

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
	found := w.judge(b)
	w.render(b)
	w.source.count(b, found)
	w.note(b)
	w.held = w.g.pool.charge(c, found)
	w.flight.add(c)
	if found != nil && w.g.owner != nil {
		b.Hold(1)
		w.g.owner.add(found, b.Done)
	}
	w.deliver(b, c.place)
	b.Done(nil)
	return nil
}

// deliver hands the batch to every sink and to the quarantine, and waits for
// those that have no room. All of them have it by then, or it is lost to this run
// and its object not acknowledged.
func (w *worker) deliver(b *event.Batch, at *place) {
	type offered struct {
		to *outlet
		d  *delivery
	}
	var events []offered
	for _, o := range w.g.outlets {
		if d := o.share(b); d != nil {
			events = append(events, offered{o, d})
		}
	}
	b.Hold(len(events))
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
