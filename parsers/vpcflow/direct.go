package vpcflow

import (
	"bytes"
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
)

// AppendDocument implements event.DocumentWriter for the records that nearly
// all of a default flow log consists of: IPv4, every column there, nothing to
// escape. What stands between two values is one constant, and constants and
// columns are copied 32 bytes at a time whatever their length: a call to copy
// eight bytes costs more than that.
//
// A fuzz test holds it to the same bytes as Fields.
func (x schema) AppendDocument(dst []byte, ev *event.Event, s *event.Scratch) ([]byte, bool) { //nolint:funlen // a list, like Fields
	var f flow
	start, verdict, ok := f.common(ev)
	if !ok || x.clean(ev) != ev {
		return dst, false
	}
	o := ev.Origin
	name, source := s.Escape(o.Name), s.Escape(o.Source)
	ev.DeliveryID = x.ID(ev, s)
	// Room for all constants and short columns; what may be longer is counted.
	dst = slices.Grow(dst, 1536+len(ev.Record)+2*len(name)+len(source)+6*(len(o.Account)+len(o.Region)))
	b, n := dst[:cap(dst)], len(dst)
	rec := ev.Record[:cap(ev.Record)]

	n = lit(b, n, litTimestamp)
	at := n
	n = len(event.AppendTime(b[:n], ev.Time))
	end := b[at:n]
	n = lit(b, n, litAWS)
	if object, ok := bytes.CutPrefix(name, s3Scheme); ok {
		n = len(appendObject(b[:n], object))
	}
	n = lit(b, n, litAccount)
	n = word(b, n, rec, ev.Slots[colAccountID])
	n = lit(b, n, verdict.action)
	n = long(b, n, litInitiator[f.opened()])
	n = word(b, n, rec, ev.Slots[colInterfaceID])
	n = lit(b, n, litStatus)
	n = word(b, n, rec, ev.Slots[colLogStatus])
	n = lit(b, n, litVersion)
	n = word(b, n, rec, ev.Slots[colVersion])
	n = long(b, n, litDelivery)
	n = hexadecimal(b, n, &ev.DeliveryID)
	n = lit(b, n, litRecord)
	n = integer(b, n, ev.Number)
	n = lit(b, n, litSource)
	n += copy(b[n:], source)
	n = lit(b, n, litCloud)
	if id := f.account(); id != nil {
		n = lit(b, n, litCloudAccount)
		n = word(b, n, rec, ev.Slots[colAccountID])
		n = lit(b, n, litQuoteBrace)
	} else if o.Account != "" {
		n = lit(b, n, litCloudAccount)
		n = len(event.AppendEscaped(b[:n], []byte(o.Account)))
		n = lit(b, n, litQuoteBrace)
	}
	n = lit(b, n, litProvider)
	if o.Region != "" {
		n = lit(b, n, litRegion)
		n = len(event.AppendEscaped(b[:n], []byte(o.Region)))
		n = lit(b, n, litQuote)
	}
	n = long(b, n, litDestination)
	n = word(b, n, rec, ev.Slots[colDstAddr])
	n = lit(b, n, litIP)
	n = word(b, n, rec, ev.Slots[colDstAddr])
	n = lit(b, n, litPort)
	n = word(b, n, rec, ev.Slots[colDstPort])
	n = long(b, n, verdict.event)
	n = len(s.AppendTime(b[:n], ev.Created))
	n = long(b, n, litDuration)
	if d := ev.Time - start; d == 0 {
		n = lit(b, n, litZero)
	} else {
		n = integer(b, n, d/1e9)
		n = lit(b, n, litBillion)
	}
	n = lit(b, n, litEnd)
	n += copy(b[n:], end)
	n = long(b, n, litOriginal)
	n += copy(b[n:], ev.Record)
	n = long(b, n, verdict.outcome)
	n = len(appendTimeBeside(b[:n], start, ev.Time, end))
	n = long(b, n, verdict.types)
	n += copy(b[n:], name)
	n = lit(b, n, litOffset)
	n = integer(b, n, ev.Offset)
	n = lit(b, n, litBytes)
	n = word(b, n, rec, ev.Slots[colBytes])
	if end, ok := f.appendCommunity(b, lit(b, n, litCommunity), s); ok {
		n = lit(b, end, litQuote)
	}
	if way := f.direction(); way.Kind != event.Null {
		n = lit(b, n, litDirection)
		n += copy(b[n:], way.Bytes)
		n = lit(b, n, litQuote)
	}
	n = lit(b, n, litIANA)
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
	n = lit(b, n, litSourceBytes)
	n = word(b, n, rec, ev.Slots[colBytes])
	n = lit(b, n, litSourceIP)
	n = word(b, n, rec, ev.Slots[colSrcAddr])
	n = lit(b, n, litSourcePackets)
	n = word(b, n, rec, ev.Slots[colPackets])
	n = lit(b, n, litSourcePort)
	n = word(b, n, rec, ev.Slots[colSrcPort])
	n = lit(b, n, litLast)
	return b[:n], true
}

// common reads a record and reports whether AppendDocument can write it: then
// its time is its end.
func (f *flow) common(ev *event.Event) (start int64, v *verdictText, ok bool) {
	if len(ev.Slots) != columnsV2 || ev.Flags != noteClean|noteFull || ev.Time == 0 || cap(ev.Record) < len(ev.Record)+step {
		return 0, nil, false
	}
	f.read(ev)
	start, ok = f.seconds(colStart)
	ok = ok && start <= ev.Time && f.src.size == 4 && f.dst.size == 4 && f.ports && f.protocol >= 0 &&
		f.short(colVersion) && f.short(colAccountID) && f.short(colInterfaceID) && f.short(colLogStatus) && f.short(colProtocol) &&
		canonicalDigits(f.full(colSrcPort)) && canonicalDigits(f.full(colDstPort)) && f.isNumber(colBytes) && f.isNumber(colPackets)
	switch string(f.full(colAction)) {
	case "ACCEPT":
		return start, &accepted, ok
	case "REJECT":
		return start, &rejected, ok
	}
	return 0, nil, false
}

// full is a column that the record has.
func (f *flow) full(slot int) []byte {
	s := f.ev.Slots[slot]
	return f.ev.Record[s.Start:s.End]
}

func (f *flow) short(slot int) bool { return f.ev.Slots[slot].Len() <= step }

func (f *flow) isNumber(slot int) bool {
	b := f.full(slot)
	_, ok := whole(b)
	return ok && canonicalDigits(b)
}

// sorted are the slots of the two addresses, in the order of their texts.
func (f *flow) sorted() (low, high int) {
	if string(f.full(colSrcAddr)) <= string(f.full(colDstAddr)) {
		return colSrcAddr, colDstAddr
	}
	return colDstAddr, colSrcAddr
}

// appendTimeBeside appends a moment of whole seconds, knowing another and its
// text: mostly the day is the same.
func appendTimeBeside(d []byte, ns, other int64, text []byte) []byte {
	const day = 86400e9
	begin := other - other%day
	if ns < begin || ns >= begin+day || len(text) != len("2006-01-02T15:04:05Z") {
		return event.AppendTime(d, ns)
	}
	s := uint32((ns - begin) / 1e9)
	h, m := s/3600, s/60%60
	s %= 60
	d = append(d, text[:11]...)
	return append(d, byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10), ':', byte('0'+s/10), byte('0'+s%10), 'Z')
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
