package vpcflow

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
)

// AppendDocument implements event.DocumentWriter for the records that nearly
// all of a default flow log consists of: IPv4, every column there, nothing to
// escape. The list of fields that Fields makes costs 50 stores of 48 bytes and
// as many look-ups; here what stands between two values is one constant.
//
// A fuzz test holds it to the same bytes as Fields.
func (schema) AppendDocument(dst []byte, ev *event.Event, s *event.Scratch) ([]byte, bool) { //nolint:funlen // a list, like Fields
	var f flow
	start, rejected, ok := f.common(ev)
	if !ok {
		return dst, false
	}
	end := ev.Time
	ev.DeliveryID = schema{}.ID(ev, s)
	o := ev.Origin
	d := slices.Grow(dst, 2048+3*len(ev.Record)+2*(len(o.Name)+len(o.Source)+len(o.Region)+len(o.Account)))

	d = append(d, `{"@timestamp":"`...)
	from := len(d)
	d = event.AppendTime(d, ev.Time)
	to := len(d)
	d = append(d, `","aws":{`...)
	d = appendObject(d, o.Name)
	d = append(d, `"vpcflow":{"account_id":"`...)
	d = append(d, f.full(colAccountID)...)
	if rejected {
		d = append(d, `","action":"REJECT`...)
	} else {
		d = append(d, `","action":"ACCEPT`...)
	}
	switch f.opened() {
	case theSource:
		d = append(d, `","initiator":"source`...)
	case theDestination:
		d = append(d, `","initiator":"destination`...)
	}
	d = append(d, `","interface_id":"`...)
	d = append(d, f.full(colInterfaceID)...)
	d = append(d, `","log_status":"`...)
	d = append(d, f.full(colLogStatus)...)
	d = append(d, `","version":"`...)
	d = append(d, f.full(colVersion)...)
	d = append(d, `"}},"burstwatch":{"delivery_id":"`...)
	d = hex.AppendEncode(d, ev.DeliveryID[:])
	d = append(d, `","record":`...)
	d = strconv.AppendInt(d, ev.Number, 10)
	d = append(d, `,"source":"`...)
	d = appendClean(d, o.Source)
	d = append(d, `"},"cloud":{`...)
	if id := f.account(); id != nil {
		d = append(d, `"account":{"id":"`...)
		d = append(d, id...)
		d = append(d, `"},`...)
	} else if o.Account != "" {
		d = append(d, `"account":{"id":"`...)
		d = appendClean(d, o.Account)
		d = append(d, `"},`...)
	}
	d = append(d, `"provider":"aws"`...)
	if o.Region != "" {
		d = append(d, `,"region":"`...)
		d = appendClean(d, o.Region)
		d = append(d, `"`...)
	}
	d = append(d, `},"data_stream":{"dataset":"aws.vpcflow","namespace":"default","type":"logs"},"destination":{"address":"`...)
	d = append(d, f.full(colDstAddr)...)
	d = append(d, `","ip":"`...)
	d = append(d, f.full(colDstAddr)...)
	d = append(d, `","port":`...)
	d = append(d, f.full(colDstPort)...)
	if rejected {
		d = append(d, `},"ecs":{"version":"8.11.0"},"event":{"action":"reject","category":["network"],"created":"`...)
	} else {
		d = append(d, `},"ecs":{"version":"8.11.0"},"event":{"action":"accept","category":["network"],"created":"`...)
	}
	d = s.AppendTime(d, ev.Created)
	d = append(d, `","dataset":"aws.vpcflow","duration":`...)
	if d = strconv.AppendInt(d, (end-start)/1e9, 10); end > start {
		d = append(d, "000000000"...)
	}
	d = append(d, `,"end":"`...)
	d = append(d, d[from:to]...)
	d = append(d, `","kind":"event","module":"aws","original":"`...)
	d = append(d, ev.Record...)
	if rejected {
		d = append(d, `","outcome":"failure","start":"`...)
	} else {
		d = append(d, `","outcome":"success","start":"`...)
	}
	d = appendTimeBeside(d, start, end, d[from:to])
	if rejected {
		d = append(d, `","type":["connection","denied"]},"log":{"file":{"path":"`...)
	} else {
		d = append(d, `","type":["connection","allowed"]},"log":{"file":{"path":"`...)
	}
	d = appendClean(d, o.Name)
	d = append(d, `"},"offset":`...)
	d = strconv.AppendInt(d, ev.Offset, 10)
	d = append(d, `},"network":{"bytes":`...)
	d = append(d, f.full(colBytes)...)
	if sum, ok := f.communityHash(); ok {
		d = append(d, `,"community_id":"1:`...)
		d = base64.StdEncoding.AppendEncode(d, sum[:])
		d = append(d, `"`...)
	}
	if way := f.direction(); way.Kind != event.Null {
		d = append(d, `,"direction":"`...)
		d = append(d, way.Bytes...)
		d = append(d, `"`...)
	}
	d = append(d, `,"iana_number":"`...)
	d = append(d, f.full(colProtocol)...)
	d = append(d, `","packets":`...)
	d = append(d, f.full(colPackets)...)
	if name := f.transport(); name.Kind != event.Null {
		d = append(d, `,"transport":"`...)
		d = append(d, name.Bytes...)
		d = append(d, `"`...)
	}
	d = append(d, `,"type":"ipv4"},"related":{"ip":["`...)
	a, b := f.at(colSrcAddr), f.at(colDstAddr)
	if string(a) > string(b) {
		a, b = b, a
	}
	d = append(d, a...)
	if string(a) != string(b) {
		d = append(d, `","`...)
		d = append(d, b...)
	}
	d = append(d, `"]},"source":{"address":"`...)
	d = append(d, f.full(colSrcAddr)...)
	d = append(d, `","bytes":`...)
	d = append(d, f.full(colBytes)...)
	d = append(d, `,"ip":"`...)
	d = append(d, f.full(colSrcAddr)...)
	d = append(d, `","packets":`...)
	d = append(d, f.full(colPackets)...)
	d = append(d, `,"port":`...)
	d = append(d, f.full(colSrcPort)...)
	d = append(d, `}}`...)
	return d, true
}

// common reads a record and reports whether AppendDocument can write it: then
// its time is its end.
func (f *flow) common(ev *event.Event) (start int64, rejected, ok bool) {
	if len(ev.Slots) != columnsV2 || ev.Flags != noteClean|noteFull || ev.Time == 0 {
		return 0, false, false
	}
	f.read(ev)
	start, ok = f.seconds(colStart)
	ok = ok && start <= ev.Time && f.src.size == 4 && f.dst.size == 4 && f.ports && f.protocol >= 0 &&
		canonicalDigits(f.full(colSrcPort)) && canonicalDigits(f.full(colDstPort)) &&
		f.num(colBytes).Kind != event.Null && f.num(colPackets).Kind != event.Null
	action := f.full(colAction)
	rejected = string(action) == "REJECT"
	return start, rejected, ok && (rejected || string(action) == "ACCEPT")
}

// appendTimeBeside appends a moment of whole seconds, knowing another and its
// text: mostly the day is the same.
func appendTimeBeside(d []byte, ns, other int64, text []byte) []byte {
	const day = 86400e9
	begin := other - other%day
	if ns < begin || ns >= begin+day || len(text) != len("2006-01-02T15:04:05Z") {
		return event.AppendTime(d, ns)
	}
	s := (ns - begin) / 1e9
	h, m := s/3600, s/60%60
	s %= 60
	d = append(d, text[:11]...)
	return append(d, byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10), ':', byte('0'+s/10), byte('0'+s%10), 'Z')
}

// full is a column that the record has.
func (f *flow) full(slot int) []byte {
	s := f.ev.Slots[slot]
	return f.ev.Record[s.Start:s.End]
}

// appendClean appends what did not come from the record.
func appendClean(d []byte, s string) []byte {
	from := len(d)
	d = append(d, s...)
	if !clean(d[from:]) {
		d = event.AppendEscaped(d[:from], []byte(s))
	}
	return d
}

// appendObject appends aws.s3 where the origin is an S3 object, as ecs.Object
// has it.
func appendObject(d []byte, name string) []byte {
	rest, ok := strings.CutPrefix(name, "s3://")
	if !ok {
		return d
	}
	bucket, key, _ := strings.Cut(rest, "/")
	d = append(d, `"s3":{"bucket":{"name":"`...)
	d = appendClean(d, bucket)
	d = append(d, `"},"object":{"key":"`...)
	d = appendClean(d, key)
	return append(d, `"}},`...)
}
