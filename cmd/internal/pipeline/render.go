package pipeline

import (
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
)

// judge has the rules look at the events. If they panic the events go on without:
// losing them would be worse, and the log says so.
func (w *worker) judge(b *event.Batch) (found Found) {
	if len(b.Events) == 0 {
		return nil
	}
	j := w.g.p.judges.get()
	if j == nil {
		return nil
	}
	err := guard(func() error { found = j.Batch(b); return nil })
	if err != nil {
		w.g.p.judges.failed.Add(1)
		w.source.log.Error("the rules failed on a batch: its events are delivered unjudged",
			"object", b.Origin.Name, "offset", b.Start, "error", err)
		return nil
	}
	w.g.p.judges.put(j)
	return found
}

// note counts the batch by log. A getter that panics costs a number in the
// status, no event.
func (w *worker) note(b *event.Batch) {
	if err := guard(func() error { w.noter.note(b); return nil }); err != nil {
		w.source.log.Error("the lag of a log is not known", "object", b.Origin.Name, "offset", b.Start, "error", err)
	}
}

// render writes the documents that a sink will read.
func (w *worker) render(b *event.Batch) {
	if guard(func() error { w.renderFrom(b, 0, len(b.Events)); return nil }) == nil {
		return
	}
	// One of them cannot be rendered. It costs itself alone.
	var broken []int
	for i := range b.Events {
		if err := guard(func() error { w.renderFrom(b, i, i+1); return nil }); err != nil {
			w.source.log.Error("no document can be made of a record: it goes to quarantine",
				"object", b.Origin.Name, "offset", b.Events[i].Offset, "error", err)
			b.Reject(event.Reject{Offset: b.Events[i].Offset, Raw: b.Events[i].Record, Reason: "no document can be made of it: " + err.Error()})
			broken = append(broken, i)
		}
	}
	for _, i := range slices.Backward(broken) {
		b.Events = slices.Delete(b.Events, i, i+1)
	}
}

// renderFrom renders the events from from to to that some sink wants.
func (w *worker) renderFrom(b *event.Batch, from, to int) {
	var last event.Schema
	wanted := false
	for i := from; i < to; i++ {
		e := &b.Events[i]
		if e.Schema != last {
			last, wanted = e.Schema, w.g.wanted(e.Schema.Dataset())
		}
		if wanted {
			w.tools.scratch.Reset()
			w.tools.fields = b.Render(e, w.tools.fields, &w.tools.scratch)
		}
	}
}
