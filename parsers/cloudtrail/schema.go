package cloudtrail

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/redact"
)

// schema is aws.cloudtrail's. It is a value, not a pointer: two of one
// redactor are equal, so that rules compiled for one serve events of the other.
type schema struct{ redactor *redact.Redactor }

// Dataset implements event.Schema.
func (schema) Dataset() string { return Dataset }

// Index implements event.Schema.
func (schema) Index() []string { return []string{"eventName", "eventSource"} }

// ID implements event.Schema.
func (schema) ID(ev *event.Event, s *event.Scratch) event.ID {
	return identify(dataset, text(ev.At(sEventID)), ev, s)
}

var (
	dataset       = ecs.Constant(Dataset)
	digestDataset = ecs.Constant(DigestDataset)
)

// identify makes a delivery id of the origin's own id, so that an event that
// two trails bring is one; without one, of where the record stood and what it
// was.
func identify(dataset event.Value, own []byte, ev *event.Event, s *event.Scratch) event.ID {
	if len(own) > 0 {
		if bytes.IndexByte(own, '\\') >= 0 {
			own = event.AppendUnescaped(s.Alloc(len(own)), own)
		}
		return event.HashID(s, dataset.Bytes, own)
	}
	var offset [8]byte
	binary.LittleEndian.PutUint64(offset[:], uint64(ev.Offset))
	return event.HashID(s, dataset.Bytes, ev.Origin.Identity, offset[:], ev.Record)
}

// redacted returns the event without secrets: ev itself where it holds none,
// else into, whose record is a copy in s and whose slots are yet to be filled.
// What the record was is noted in ev.Damage.
func redacted(ev, into *event.Event, r *redact.Redactor, s *event.Scratch) *event.Event {
	out, paths, changed := r.JSON(s.Grab(), ev.Record)
	if !changed {
		return ev
	}
	damage := event.Damage{SHA256: sha256.Sum256(ev.Record)}
	if ev.Damage != nil {
		damage = *ev.Damage
	}
	damage.Redacted = paths
	ev.Damage = &damage
	*into = *ev
	into.Record = s.Copy(out)
	s.Release(out)
	return into
}

// redacted is ev without secrets; it may use into and slots.
func (c schema) redacted(ev, into *event.Event, slots []event.Span, s *event.Scratch) *event.Event {
	e := redacted(ev, into, c.redactor, s)
	if e != ev {
		var again scanner
		e.Slots = slots
		again.fill(e, ev.Slots[sBody].Start > 0)
	}
	return e
}
