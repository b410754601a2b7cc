package event

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// Batch owns every byte that its events point to: the window they were parsed
// from, and what had to be allocated beside it. A worker fills it, holders
// share it read-only, and the last one to call Done gives it back.
//
// Whoever passes a batch to n holders calls Hold(n) first, then Done for
// itself. Memory that a client library may still read after its call returned
// (kafka-go after an expired context, net/http after Do) is copied or the
// batch kept held: recycling it would send another batch's bytes.
type Batch struct {
	// Buf is the window's memory. Bytes of it are never changed once an event
	// points to them.
	Buf []byte
	// Events are the parsed records, in the order of the origin.
	Events []Event
	// Rejects are stretches that could not be parsed, in the order of the origin.
	Rejects []Reject
	// Origin is the one origin of everything in the batch. Messages have origins
	// of their own, which their events and rejects name; then it is that of the
	// object that held them.
	Origin *Origin
	// Created is when the window was read, in nanoseconds since 1970 UTC.
	Created int64
	// Start and End are the uncompressed offsets that the batch covers: all
	// of the origin before End is in this batch or an earlier one. Of messages
	// they count these.
	Start, End int64
	// Rows is set where the offsets of events count rows, not bytes.
	Rows bool
	// Mark lets a parser go on at End after a restart (see parsers.Parser).
	Mark []byte

	slots   []Span
	extra   Scratch
	holders atomic.Int32
	mu      sync.Mutex
	err     error
	settled func(*Batch, error)
	poison  bool
}

// Reject is a stretch of the origin that could not be read as a record. It is
// kept, never dropped: the pipeline writes it to the quarantine.
type Reject struct {
	// Origin is where the stretch came from, nil for the batch's origin.
	Origin *Origin
	// Offset is where the stretch begins, in bytes of uncompressed content.
	Offset int64
	// Raw are its bytes, owned by the batch.
	Raw []byte
	// Reason says what is wrong and where, in the words of a person who never
	// saw the parser: "flow log line has 12 columns, its header 14".
	Reason string
	// Part counts the pieces of one over-sized record, which is never held in
	// memory whole: 0 for a whole reject, else 1, 2, 3 …; More says that
	// another piece follows.
	Part int
	More bool
}

// NewBatch returns an empty batch whose window has the given capacity. settled
// is called once, by the last holder, with the first error of any of them.
func NewBatch(capacity int, settled func(*Batch, error)) *Batch {
	b := &Batch{Buf: make([]byte, 0, capacity)}
	b.Reuse(settled)
	return b
}

// Reuse empties the batch for a new window, keeping its memory. Only the owner
// of a settled batch may call it.
func (b *Batch) Reuse(settled func(*Batch, error)) {
	if b.poison {
		fill(b.Buf[:cap(b.Buf)], 0xDB)
		fill(b.extra.block[:cap(b.extra.block)], 0xDB)
		clear(b.Events[:cap(b.Events)])
	}
	b.Buf, b.Events, b.Rejects, b.slots = b.Buf[:0], b.Events[:0], b.Rejects[:0], b.slots[:0]
	b.Origin, b.Mark, b.err = nil, nil, nil
	b.Created, b.Start, b.End, b.Rows = 0, 0, 0, false
	b.extra.Reset()
	b.settled = settled
	b.holders.Store(1)
}

// Poison makes Reuse overwrite recycled memory, so that a test sees whoever
// kept bytes too long. For tests.
func (b *Batch) Poison() { b.poison = true }

// Add appends an event with n empty slots and returns it. The pointer is good
// until the next Add.
func (b *Batch) Add(n int) *Event {
	if len(b.Events) < cap(b.Events) {
		b.Events = b.Events[:len(b.Events)+1]
	} else {
		b.Events = append(b.Events, Event{})
	}
	e := &b.Events[len(b.Events)-1]
	*e = Event{} // a literal with fields in it would be made on the stack and copied
	e.Origin, e.Created, e.Slots = b.Origin, b.Created, b.takeSlots(n)
	return e
}

// Drop removes the event that Add returned last.
func (b *Batch) Drop() { b.Events = b.Events[:len(b.Events)-1] }

// takeSlots hands out n cleared spans. A full slab is replaced by a larger one,
// not copied: earlier events keep pointing into the old one.
func (b *Batch) takeSlots(n int) []Span {
	if cap(b.slots)-len(b.slots) < n {
		b.slots = make([]Span, 0, max(4096, n, 2*cap(b.slots)))
	}
	at := len(b.slots)
	b.slots = b.slots[:at+n]
	s := b.slots[at : at+n : at+n]
	clear(s)
	return s
}

// Alloc returns n bytes of capacity with length 0 that live as long as the batch.
func (b *Batch) Alloc(n int) []byte { return b.extra.Alloc(n) }

// Memory is what the batch holds, in bytes, near enough to bound the memory of
// many. It is the owner's to ask, before the batch has other holders.
func (b *Batch) Memory() int {
	return cap(b.Buf) + cap(b.Events)*int(unsafe.Sizeof(Event{})) + cap(b.slots)*int(unsafe.Sizeof(Span{})) + b.extra.held
}

// Reject records a stretch that could not be read.
func (b *Batch) Reject(r Reject) { b.Rejects = append(b.Rejects, r) }

// OriginOf is where a reject of the batch came from.
func (b *Batch) OriginOf(r *Reject) *Origin {
	if r.Origin != nil {
		return r.Origin
	}
	return b.Origin
}

// Hold adds n holders. The caller must be one already.
func (b *Batch) Hold(n int) { b.holders.Add(int32(n)) }

// Done ends one hold. err says that this holder could not make the batch
// durable, which forbids the acknowledgement of its origin. After Done the
// caller touches nothing of the batch.
func (b *Batch) Done(err error) {
	if err != nil {
		b.mu.Lock()
		if b.err == nil {
			b.err = err
		}
		b.mu.Unlock()
	}
	switch n := b.holders.Add(-1); {
	case n < 0:
		panic("event: Batch.Done called more often than the batch was held")
	case n == 0 && b.settled != nil:
		b.mu.Lock()
		first := b.err
		b.mu.Unlock()
		b.settled(b, first)
	}
}

func fill(b []byte, c byte) {
	for i := range b {
		b[i] = c
	}
}
