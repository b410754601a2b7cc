package cloudtrail

import (
	"bytes"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// class is what a JSON object is that was scanned with recordNode.
type class uint8

const (
	isSomething    class = iota
	isRecord             // a CloudTrail record
	isWrapped            // an EventBridge event with a CloudTrail record as its detail
	isBusEvent           // another EventBridge event
	isDigest             // a CloudTrail digest
	isNotification       // an S3, SQS … notification, whose keys look much like CloudTrail's
)

func (p *parser) classify(e *event.Event) class {
	has := func(s int) bool { return e.Slots[s].End != 0 }
	switch {
	case has(sEventVersion) && (has(sEventName) || has(sEventID) || has(sInsightDetails)), has(sEventName) && has(sEventSource):
		if bytes.HasPrefix(e.At(sEventSource), []byte(`"aws:`)) {
			return isNotification
		}
		return isRecord
	case has(sWrapped):
		return p.classifyBusEvent(e)
	case has(sBusSource) && has(sDetailType):
		return isBusEvent
	case bytes.Contains(e.Record, []byte("digest")) && p.hasDigest(e.Record):
		return isDigest
	}
	return isSomething
}

// classifyBusEvent looks into the detail of an EventBridge event. The detail
// type says it, but rules may rewrite events and samples leave it out; a field
// eventName alone does not, because other services have one too.
func (p *parser) classifyBusEvent(e *event.Event) class {
	detail := e.At(sWrapped)
	slots := make([]event.Span, slotCount)
	p.scan.begin(false)
	if detail[0] == '{' {
		if _, f := p.scan.object(detail, 0, recordNode, slots); f != jsonscan.OK {
			return isSomething
		}
	}
	named := slots[sEventName].End != 0 || slots[sInsightDetails].End != 0
	switch {
	case named && bytes.HasSuffix(e.At(sDetailType), []byte(`via CloudTrail"`)), named && slots[sEventVersion].End != 0:
		return isWrapped
	case e.Slots[sBusSource].End != 0 && e.Slots[sDetailType].End != 0:
		return isBusEvent
	}
	return isSomething
}

// fill fills the empty slots of an event from its record.
func (s *scanner) fill(e *event.Event, wrapped bool) {
	s.begin(false)
	s.object(e.Record, 0, recordNode, e.Slots)
	if wrapped {
		s.unwrap(e)
		return
	}
	s.note(e)
	e.Slots[sBody] = event.Span{End: uint32(len(e.Record))}
}

// unwrap fills the slots from the detail of an EventBridge event, relative to
// the whole event, which stays the record. What stands around the detail has
// members of the same names (resources), so that one scan of the whole is not
// enough.
func (s *scanner) unwrap(e *event.Event) {
	kept := [...]int{sWrapped, sDetailType, sBusSource}
	var spans [len(kept)]event.Span
	for i, slot := range kept {
		spans[i] = e.Slots[slot]
	}
	clear(e.Slots)
	body := spans[0]
	s.begin(false)
	s.object(e.Record[:body.End], int(body.Start), recordNode, e.Slots)
	for i, slot := range kept {
		e.Slots[slot] = spans[i]
	}
	e.Slots[sBody] = body
	s.note(e)
}

// hasDigest reports whether record is a digest file's object.
func (p *parser) hasDigest(record []byte) bool {
	slots := make([]event.Span, slotCount)
	p.scan.begin(false)
	_, f := p.scan.object(record, 0, digestNode, slots)
	return f == jsonscan.OK && slots[dStartTime].End != 0 && slots[dEndTime].End != 0 && slots[dLogFiles].End != 0
}

// digest fills the slots of a digest.
func (p *parser) digest(e *event.Event) {
	clear(e.Slots)
	e.Slots = e.Slots[:digestSlots:digestSlots]
	p.scan.fillDigest(e)
}

// fillDigest fills the empty slots of a digest.
func (s *scanner) fillDigest(e *event.Event) {
	s.begin(false)
	s.object(e.Record, 0, digestNode, e.Slots)
	e.Slots[dBody] = event.Span{End: uint32(len(e.Record))}
	s.note(e)
}

// timeOf reads the time in a slot; 0 where there is none that can be read.
func timeOf(e *event.Event, slot int) int64 {
	raw := e.At(slot)
	if len(raw) < 2 || raw[0] != '"' {
		return 0
	}
	t, ok := event.ParseTime(raw[1 : len(raw)-1])
	if !ok && bytes.IndexByte(raw, '\\') >= 0 {
		t, _ = event.ParseTime(event.AppendUnescaped(nil, raw[1:len(raw)-1]))
	}
	return t
}

// letter reads an element of an array whose elements hold their record as a
// string: an event of CloudWatch Logs, or an answer of LookupEvents.
func (p *parser) letter(i int) (int, bool) {
	b := p.limited(i)
	n, f := jsonscan.Skip(b, 0)
	switch {
	case p.incomplete(i, f):
		return i, false
	case f != jsonscan.OK:
		return p.stretch(i, p.fault(i, n, f))
	}
	p.open(b[:n:n], i)
	return i + n, true
}

func (p *parser) open(raw []byte, i int) {
	name := "message"
	if p.mode == inLookups {
		name = "CloudTrailEvent"
	}
	var text []byte
	for it := jsonscan.Object(raw); it.Next(); {
		if jsonscan.Is(it.Key, name) {
			text = it.Value
		}
	}
	if len(text) == 0 || text[0] != '"' {
		p.reject(i, i+len(raw), "valid JSON but not a CloudTrail record: no string "+name)
		return
	}
	inside := text[1 : len(text)-1]
	record := bytes.TrimSpace(event.AppendUnescaped(p.batch.Alloc(len(inside)), inside))
	if bytes.HasPrefix(record, []byte("CWL CONTROL MESSAGE")) {
		return // CloudWatch Logs tries whether the destination can be reached
	}
	p.opened(record, raw, i)
}

// opened reads the record that a letter held.
func (p *parser) opened(record, raw []byte, i int) {
	if len(record) == 0 || record[0] != '{' {
		p.reject(i, i+len(raw), "the message is not a CloudTrail record: no JSON object")
		return
	}
	e := p.batch.Add(slotCount)
	p.scan.begin(false)
	n, f := p.scan.object(record, 0, recordNode, e.Slots)
	switch {
	case f != jsonscan.OK:
		p.batch.Drop()
		p.reject(i, i+len(raw), "the message is not a CloudTrail record: "+f.At(int64(n)).Error()+" of the message")
	case n != len(record):
		p.batch.Drop()
		p.reject(i, i+len(raw), "the message is not a CloudTrail record: something stands behind the JSON object")
	default:
		p.scan.note(e)
		p.accept(e, record, raw, i)
	}
}
