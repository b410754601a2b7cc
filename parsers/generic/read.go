package generic

import (
	"math"

	"github.com/tidwall/gjson"

	"github.com/burstwatch/burstwatch/internal/event"
)

// The slots. Those of JSON hold whole values, quotes and all; those of text
// hold what they say.
const (
	sTime = iota
	sMessage
	sLevel
	sHost
	sProgram
	sPID
	// Of EventBridge events:
	sDetail
	sDetailType
	sSource
	sID
	sAccount
	sRegion
	sResources
	slotCount
)

// slotOf are the members of an object that are read, by their names. Of several
// that mean the same the first one of these counts (see rank).
var slotOf = map[string]struct{ slot, rank int }{
	"@timestamp": {sTime, 0}, "timestamp": {sTime, 1}, "time": {sTime, 2}, "eventTime": {sTime, 3}, "event_time": {sTime, 4},
	"ts": {sTime, 5}, "date": {sTime, 6}, "datetime": {sTime, 7}, "Timestamp": {sTime, 8}, "Time": {sTime, 9}, "_time": {sTime, 10},
	"message": {sMessage, 0}, "msg": {sMessage, 1}, "Message": {sMessage, 2}, "log": {sMessage, 3},
	"level": {sLevel, 0}, "severity": {sLevel, 1}, "lvl": {sLevel, 2}, "Level": {sLevel, 3},
	"hostname": {sHost, 0}, "host": {sHost, 1}, "Hostname": {sHost, 2},
	"detail": {sDetail, 0}, "detail-type": {sDetailType, 0}, "source": {sSource, 0}, "id": {sID, 0},
	"account": {sAccount, 0}, "region": {sRegion, 0}, "resources": {sResources, 0},
}

// readJSON fills in the schema, slots and time of a JSON record.
func (f *family) readJSON(ev *event.Event) {
	fillJSON(ev)
	name := dataJSON
	if ev.Slots[sDetailType].End > 0 && ev.Slots[sSource].End > 0 && ev.Slots[sDetail].End > 0 {
		name = dataEventBridge
	}
	ev.Schema = f.schema(name)
	ev.Time = timeOf(ev.At(sTime))
}

func fillJSON(ev *event.Event) {
	clear(ev.Slots)
	var ranks [slotCount]int
	gjson.ParseBytes(ev.Record).ForEach(func(key, value gjson.Result) bool {
		s, ok := slotOf[key.Str]
		if !ok || value.Type == gjson.Null || ev.Slots[s.slot].End > 0 && ranks[s.slot] < s.rank {
			return true
		}
		if s.slot == sTime && timeOf([]byte(value.Raw)) == 0 {
			return true
		}
		ev.Slots[s.slot] = event.Span{Start: uint32(value.Index), End: uint32(value.Index + len(value.Raw))}
		ranks[s.slot] = s.rank
		return true
	})
}

// timeOf reads a JSON value as a time: RFC 3339, or a number of seconds,
// milliseconds, microseconds or nanoseconds since 1970, which their size tells
// apart from 1973 to 5138. 0 where it is none.
func timeOf(raw []byte) int64 {
	if len(raw) < 2 {
		return 0
	}
	if raw[0] == '"' {
		ns, ok := event.ParseTime(raw[1 : len(raw)-1])
		if !ok {
			return 0
		}
		return ns
	}
	v := gjson.ParseBytes(raw)
	if v.Type != gjson.Number || v.Num < 1e8 || v.Num > 9.2e18 {
		return 0
	}
	scale := int64(1)
	for limit := 1e17; v.Num < limit && scale < 1e9; limit /= 1e3 {
		scale *= 1e3
	}
	whole := math.Trunc(v.Num)
	return v.Int()*scale + int64(math.Round((v.Num-whole)*float64(scale)))
}

// readText fills in the schema, slots and time of a line.
func (p *parser) readText(ev *event.Event) {
	name := p.family.fillText(ev)
	switch p.origin.Dataset { // declared by the source, which knows better
	case dataAuth, dataSyslog, dataText:
		name = p.origin.Dataset
	}
	ev.Schema = p.family.schema(name)
}

// fillText fills slots and time, and says which dataset the line looks like.
func (*family) fillText(ev *event.Event) string {
	clear(ev.Slots)
	read := ev.Created
	if ev.Origin != nil && ev.Origin.Message != nil && ev.Origin.Message.Time != 0 {
		read = ev.Origin.Message.Time
	}
	l, ok := readSyslog(ev.Record, read)
	if !ok {
		ev.Slots[sMessage] = event.Span{End: uint32(len(ev.Record))}
		return dataText
	}
	ev.Time = l.time
	put := func(slot int, part []byte) {
		if len(part) > 0 {
			// A part is a piece of the record: what is behind it tells where.
			start := cap(ev.Record) - cap(part)
			ev.Slots[slot] = event.Span{Start: uint32(start), End: uint32(start + len(part))}
		}
	}
	put(sHost, l.host)
	put(sProgram, l.program)
	put(sPID, l.pid)
	put(sMessage, l.message)
	ev.Flags = uint32(l.priority + 1)
	if l.auth() {
		return dataAuth
	}
	return dataSyslog
}
