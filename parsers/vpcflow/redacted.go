package vpcflow

import (
	"crypto/sha256"

	"github.com/burstwatch/burstwatch/internal/event"
)

// clean is the event without secrets. AWS writes none into a flow log, but a
// column is text that somebody else may have written, and what is written out is
// redacted whatever it is. Nearly always it is ev itself: the record is looked at
// once, by the redactor's filter. Where a secret reached over several columns,
// which column is which is not known any more, and only the record is kept.
func (x schema) clean(ev *event.Event) *event.Event {
	line, changed := x.redactor.Text(nil, ev.Record)
	if !changed {
		return ev
	}
	c := *ev
	c.Record, c.Slots, c.Flags = line, make([]event.Span, len(ev.Slots)), ev.Flags&^noteClean
	c.Damage = &event.Damage{SHA256: sha256.Sum256(ev.Record)}
	if ev.Damage != nil {
		*c.Damage = *ev.Damage
	}
	c.Damage.Redacted = []string{"event.original"}
	before, after := words(ev.Record, nil, len(ev.Record)), words(line, nil, len(line))
	if len(before) != len(after) {
		return &c
	}
	column := map[uint32]event.Span{}
	for i, w := range before {
		column[w.Start] = after[i]
	}
	for i, s := range ev.Slots {
		if s.End > 0 {
			c.Slots[i] = column[s.Start]
		}
	}
	return &c
}
