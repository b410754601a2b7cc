package vpcflow

import (
	"bytes"
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
)

// AppendDocument implements event.DocumentWriter for the records that nearly
// all of a default flow log consists of: IPv4, every column there, nothing to
// escape. What stands between two values is one constant, or one text of the
// origin, and these and columns are copied 32 bytes at a time whatever their
// length: a call to copy eight bytes costs more than that.
//
// A fuzz test holds it to the same bytes as Fields.
func (x schema) AppendDocument(dst []byte, ev *event.Event, more []event.Field, s *event.Scratch) ([]byte, bool) {
	m := memoryOf(s)
	if len(more) == 0 {
		return x.appendAlone(dst, ev, m, s)
	}
	if !m.insert.prepare(more) {
		return dst, false
	}
	if out, ok := x.appendAlone(dst, ev, m, s); ok && m.insert.fit() {
		return m.insert.into(out), true
	}
	return dst, false
}

// appendAlone is AppendDocument without more fields; it notes where those would
// stand.
func (x schema) appendAlone(dst []byte, ev *event.Event, m *memory, s *event.Scratch) ([]byte, bool) { //nolint:funlen // a list, like Fields
	var f flow
	gap := &m.insert.at
	start, verdict, inside, ok := f.common(ev, m)
	if !ok || x.clean(ev) != ev {
		return dst, false
	}
	ev.DeliveryID = x.ID(ev, s)
	t := &m.texts
	t.refresh(ev, s)
	v := &verdicts[verdict]
	// Room for all constants and short columns; what may be longer is counted.
	dst = slices.Grow(dst, 1280+len(ev.Record)+t.size())
	b, n := dst[:cap(dst)], len(dst)
	rec := ev.Record[:cap(ev.Record)]

	n = lit(b, n, litTimestamp)
	at := n
	n = m.day.moment(b, n, ev.Time)
	end := (*[20]byte)(b[at:])
	n = long(b, n, t.begin)
	n = word(b, n, rec, ev.Slots[colAccountID])
	n = long(b, n, v.initiator[f.opened()])
	n = word(b, n, rec, ev.Slots[colInterfaceID])
	n = lit(b, n, litStatus)
	n = word(b, n, rec, ev.Slots[colLogStatus])
	n = lit(b, n, litVersion)
	n = word(b, n, rec, ev.Slots[colVersion])
	n = long(b, n, litDelivery)
	n = hexadecimal(b, n, &ev.DeliveryID)
	n = lit(b, n, litRecord)
	n = integer(b, n, ev.Number)
	if f.account() != nil {
		n = long(b, n, t.known)
		n = word(b, n, rec, ev.Slots[colAccountID])
		gap[behindAccount] = n + len(`"`)
		n = long(b, n, t.place)
	} else {
		gap[behindAccount] = nowhere
		n = long(b, n, t.unknown)
	}
	n = word(b, n, rec, ev.Slots[colDstAddr])
	gap[behindDestination] = n + len(`"`)
	n = lit(b, n, litIP)
	n = word(b, n, rec, ev.Slots[colDstAddr])
	n = lit(b, n, litPort)
	n = word(b, n, rec, ev.Slots[colDstPort])
	n = long(b, n, t.event[verdict])
	n = nanoseconds(b, n, ev.Time-start)
	n = lit(b, n, litEnd)
	*(*[20]byte)(b[n:]) = *end
	n = long(b, n+len(end), litOriginal)
	n += copy(b[n:], ev.Record)
	n = long(b, n, v.outcome)
	n = m.day.moment(b, n, start)
	n = long(b, n, t.log[verdict])
	n = integer(b, n, ev.Offset)
	n = lit(b, n, litBytes)
	n = word(b, n, rec, ev.Slots[colBytes])
	if end, ok := f.appendCommunity(b, lit(b, n, litCommunity), m); ok {
		n = lit(b, end, litQuote)
	}
	n = long(b, n, litDirections[inside])
	n = word(b, n, rec, ev.Slots[colProtocol])
	n = lit(b, n, litPackets)
	n = word(b, n, rec, ev.Slots[colPackets])
	if t := f.transport(); t.Kind != event.Null {
		n = lit(b, n, litTransport)
		n += copy(b[n:], t.Bytes)
		n = lit(b, n, litQuote)
	}
	n = long(b, n, litRelated)
	low, high := f.sorted()
	n = word(b, n, rec, ev.Slots[low])
	if f.src.b != f.dst.b {
		n = lit(b, n, litComma)
		n = word(b, n, rec, ev.Slots[high])
	}
	n = lit(b, n, litSourceAddress)
	n = word(b, n, rec, ev.Slots[colSrcAddr])
	gap[behindSource] = n + len(`"`)
	n = lit(b, n, litSourceBytes)
	n = word(b, n, rec, ev.Slots[colBytes])
	gap[behindBytes] = n
	n = lit(b, n, litSourceIP)
	n = word(b, n, rec, ev.Slots[colSrcAddr])
	n = lit(b, n, litSourcePackets)
	n = word(b, n, rec, ev.Slots[colPackets])
	n = lit(b, n, litSourcePort)
	n = word(b, n, rec, ev.Slots[colSrcPort])
	gap[atEnd] = n
	n = lit(b, n, litLast)
	return b[:n], true
}

// common reads a record and reports whether AppendDocument can write it: then
// its time is its end. verdict is the place of its action in verdicts, inside
// that of its addresses in litDirections.
func (f *flow) common(ev *event.Event, m *memory) (start int64, verdict, inside int, ok bool) {
	if len(ev.Slots) != columnsV2 || ev.Flags != noteClean|noteFull || ev.Time <= 0 || cap(ev.Record) < len(ev.Record)+step {
		return 0, 0, 0, false
	}
	f.ev = ev
	rec := ev.Record[:cap(ev.Record)]
	src := m.address(rec, ev.Slots[colSrcAddr])
	if src == nil {
		return 0, 0, 0, false
	}
	f.src.size, *(*[4]byte)(f.src.b[:]) = 4, src.b
	if src.inside {
		inside = 1
	}
	dst := m.address(rec, ev.Slots[colDstAddr]) // may be where src was
	if dst == nil {
		return 0, 0, 0, false
	}
	f.dst.size, *(*[4]byte)(f.dst.b[:]) = 4, dst.b
	if dst.inside {
		inside |= 2
	}
	f.readNumbers()
	start, ok = f.seconds(colStart)
	ok = ok && start <= ev.Time && f.ports && f.protocol >= 0 &&
		f.short(colVersion) && f.short(colAccountID) && f.short(colInterfaceID) && f.short(colLogStatus) && f.short(colProtocol) &&
		canonicalDigits(f.full(colSrcPort)) && canonicalDigits(f.full(colDstPort)) && f.isNumber(colBytes) && f.isNumber(colPackets)
	switch string(f.full(colAction)) {
	case "ACCEPT":
		return start, 0, inside, ok
	case "REJECT":
		return start, 1, inside, ok
	}
	return 0, 0, 0, false
}

// full is a column that the record has.
func (f *flow) full(slot int) []byte {
	s := f.ev.Slots[slot]
	return f.ev.Record[s.Start:s.End]
}

func (f *flow) short(slot int) bool { return f.ev.Slots[slot].Len() <= step }

func (f *flow) isNumber(slot int) bool {
	b := f.full(slot)
	return isWhole(b) && canonicalDigits(b)
}

// sorted are the slots of the two addresses, in the order of their texts.
func (f *flow) sorted() (low, high int) {
	if string(f.full(colSrcAddr)) <= string(f.full(colDstAddr)) {
		return colSrcAddr, colDstAddr
	}
	return colDstAddr, colSrcAddr
}

var s3Scheme = []byte("s3://")

// appendObject appends aws.s3 of an S3 object, bucket and key, as ecs.Object
// has it. The name is escaped already.
func appendObject(d, object []byte) []byte {
	bucket, key, _ := bytes.Cut(object, []byte("/"))
	d = append(append(d, `"s3":{"bucket":{"name":"`...), bucket...)
	d = append(append(d, `"},"object":{"key":"`...), key...)
	return append(d, `"}},`...)
}
