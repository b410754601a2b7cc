package window

import (
	"encoding/binary"
	"sync"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules"
)

// What an alert says of a note's event is derived from its whole document, which
// takes longer than all else about a note, and few notes are ever shown. So a
// Worker of an engine that tells at the end notes the event as it was read, and
// the engine derives what is said of it where a case shows it, or before it goes
// to the store: what was read may hold a secret, and does not leave memory.

// What a Worker of such an engine notes of an event begins with one of these.
const (
	spoken = iota // what an alert says of it
	whole         // the event itself
)

// maxWhole is how large a record may be to be kept as it was read: what an alert
// says of an event has about this size at most.
const maxWhole = 8 << 10

// wholes are the schemas and origins of events that are kept whole, by number, and
// what derives from them what alerts say.
type wholes struct {
	mu      sync.Mutex
	schemas []event.Schema
	origins []*event.Origin
	numbers map[any]uint64 // of both

	judge   *rules.Judge
	scratch event.Scratch
}

// mostOrigins bounds the origins that are held for the sake of what is noted of
// them, about 10 MB: a scan may read any number of files.
const mostOrigins = 20_000

// number numbers a schema and an origin; ok is false where there are too many.
func (h *wholes) number(schema event.Schema, origin *event.Origin) (s, o uint64, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.numbers == nil {
		h.numbers = map[any]uint64{}
	}
	s, ok = h.numbers[schema]
	if !ok {
		s = uint64(len(h.schemas))
		h.schemas, h.numbers[schema] = append(h.schemas, schema), s
	}
	o, ok = h.numbers[origin]
	if !ok && len(h.origins) == mostOrigins {
		return 0, 0, false
	}
	if !ok {
		o = uint64(len(h.origins))
		h.origins, h.numbers[origin] = append(h.origins, origin), o
	}
	return s, o, true
}

// appendWhole writes an event; one that cannot be kept as it is, as what alerts
// say of it.
func (w *Worker) appendWhole(dst []byte, ev *event.Event, s *event.Scratch) []byte {
	if len(ev.Record) == 0 || len(ev.Record) > maxWhole || ev.Names != nil || ev.Damage != nil || ev.Made != nil {
		return w.judge.About(append(dst, spoken), ev, s)
	}
	schema, origin, ok := w.e.wholes.number(ev.Schema, ev.Origin)
	if !ok {
		return w.judge.About(append(dst, spoken), ev, s)
	}
	dst = append(dst, whole)
	dst = binary.AppendUvarint(binary.AppendUvarint(dst, schema), origin)
	for _, n := range [...]int64{ev.Time, ev.Created, ev.Offset, ev.Number} {
		dst = binary.AppendVarint(dst, n)
	}
	dst = binary.AppendUvarint(dst, uint64(ev.Flags))
	dst = binary.LittleEndian.AppendUint64(dst, ev.Recurs)
	dst = binary.AppendUvarint(dst, uint64(len(ev.Slots)))
	for _, x := range ev.Slots {
		dst = binary.AppendUvarint(binary.AppendUvarint(dst, uint64(x.Start)), uint64(x.End))
	}
	return append(dst, ev.Record...)
}

// say is what an alert says of an event that a Worker noted; nil of none.
func (e *Engine) say(noted []byte) []byte {
	if len(noted) == 0 || noted[0] == spoken {
		return noted[min(1, len(noted)):]
	}
	h := &e.wholes
	if h.judge == nil {
		h.judge = e.rules.Load().set.Judge()
	}
	h.scratch.Reset()
	ev := h.read(noted[1:])
	return h.judge.About(nil, &ev, &h.scratch)
}

// read reads an event that appendWhole wrote. It shares the memory of b.
func (h *wholes) read(b []byte) (ev event.Event) {
	unsigned := func() uint64 {
		x, n := binary.Uvarint(b)
		b = b[n:]
		return x
	}
	signed := func() int64 {
		x, n := binary.Varint(b)
		b = b[n:]
		return x
	}
	schema, origin := unsigned(), unsigned()
	h.mu.Lock()
	ev.Schema, ev.Origin = h.schemas[schema], h.origins[origin]
	h.mu.Unlock()
	ev.Time, ev.Created, ev.Offset, ev.Number = signed(), signed(), signed(), signed()
	ev.Flags = uint32(unsigned())
	ev.Recurs, b = binary.LittleEndian.Uint64(b), b[8:]
	ev.Slots = make([]event.Span, unsigned())
	for i := range ev.Slots {
		ev.Slots[i] = event.Span{Start: uint32(unsigned()), End: uint32(unsigned())}
	}
	ev.Record = b
	return ev
}
