package cloudtrail

import (
	"bytes"
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
	return identify(dataset, word(ev, sEventID, s), ev, s)
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
