package generic

import (
	"bytes"

	"github.com/tidwall/pretty"

	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

var (
	kindEvent   = ecs.Constant("event")
	providerAWS = ecs.Constant("aws")
	levels      = func() (out [8]event.Value) {
		for i, name := range severities {
			out[i] = ecs.Constant(name)
		}
		return out
	}()
)

// writer appends fields in key order, leaving out those that are Null.
type writer []event.Field

func (w *writer) put(k event.Key, v event.Value) {
	if v.Kind != event.Null {
		*w = append(*w, event.Field{Key: k, Value: v})
	}
}

// Fields implements event.Schema.
func (c schema) Fields(dst []event.Field, original *event.Event, s *event.Scratch) []event.Field {
	original.DeliveryID = c.ID(original, s)
	var copied event.Event
	var slots [slotCount]event.Span
	ev := c.redacted(original, &copied, slots[:], s)
	names := constants[c.name]
	bus := c.name == dataEventBridge

	w := writer(dst)
	w.put(event.KeyTimestamp, event.At(moment(ev)))
	w = ecs.Object(w, ev, s)
	if bus {
		w.put(event.KeyAWSEventbridgeDetail, raw(ev.At(sDetail), '{'))
		w.put(event.KeyAWSEventbridgeDetailType, c.text(ev, sDetailType))
		w.put(event.KeyAWSEventbridgeResources, raw(ev.At(sResources), '['))
	}
	w = ecs.Burstwatch(w, ev, c.whole(ev), s)
	c.cloud(&w, ev, s)
	w = ecs.DataStream(w, names[0])
	w = ecs.ECSVersion(w)
	w.put(event.KeyEventCreated, event.At(ev.Created))
	w.put(event.KeyEventDataset, names[0])
	w.put(event.KeyEventHash, ecs.Hash(ev, s))
	w.put(event.KeyEventID, c.id(ev, s))
	w.put(event.KeyEventKind, kindEvent)
	w.put(event.KeyEventModule, names[1])
	w.put(event.KeyEventOriginal, event.Text(ev.Record))
	if bus {
		w.put(event.KeyEventProvider, c.text(ev, sSource))
	}
	w.put(event.KeyHostName, c.text(ev, sHost))
	c.log(&w, ev, s)
	w.put(event.KeyMessage, c.message(ev))
	w.put(event.KeyProcessName, c.text(ev, sProgram))
	w.put(event.KeyProcessPid, c.pid(ev))
	if bus {
		w.put(event.KeyRelatedEntity, raw(ev.At(sResources), '['))
	}
	return w
}

// log puts log.*.
func (c schema) log(w *writer, ev *event.Event, s *event.Scratch) {
	at := len(*w)
	*w = ecs.Log(*w, ev, s)
	path, offset := (*w)[at], (*w)[at+1]
	*w = append((*w)[:at], path)
	w.put(event.KeyLogLevel, c.level(ev))
	*w = append(*w, offset)
	if !c.json() {
		w.put(event.KeyLogSyslogAppname, c.text(ev, sProgram))
		w.put(event.KeyLogSyslogHostname, c.text(ev, sHost))
		w.put(event.KeyLogSyslogProcid, c.text(ev, sPID))
	}
}

// cloud puts cloud.*: as an EventBridge event says it, or as its origin does.
func (c schema) cloud(w *writer, ev *event.Event, s *event.Scratch) {
	w.put(event.KeyCloudAccountID, either(c.ofBus(ev, sAccount), ev.Origin.Account, s))
	if c.name == dataEventBridge || ev.Origin.Account != "" {
		w.put(event.KeyCloudProvider, providerAWS)
	}
	w.put(event.KeyCloudRegion, either(c.ofBus(ev, sRegion), ev.Origin.Region, s))
}

// ofBus is a slot that means what its name says in EventBridge events alone.
func (c schema) ofBus(ev *event.Event, slot int) event.Value {
	if c.name != dataEventBridge {
		return event.Value{}
	}
	return c.text(ev, slot)
}

// id is event.id: an EventBridge event's own, or that of the message.
func (c schema) id(ev *event.Event, s *event.Scratch) event.Value {
	own := c.ofBus(ev, sID)
	if m := ev.Origin.Message; m != nil {
		return either(own, m.ID, s)
	}
	return own
}

func either(v event.Value, named string, s *event.Scratch) event.Value {
	if v.IsNull() && named != "" {
		return event.Text(append(s.Alloc(len(named)), named...))
	}
	return v
}

// moment is the event's time, or when it was read where it has none: a document
// without @timestamp is refused by Elasticsearch's data streams.
func moment(ev *event.Event) int64 {
	if ev.Time != 0 {
		return ev.Time
	}
	return ev.Created
}

// whole is burstwatch.json: a record that is an object and nothing else.
func (c schema) whole(ev *event.Event) event.Value {
	if c.name != dataJSON {
		return event.Value{}
	}
	return raw(ev.Record, '{')
}

// raw is a JSON value that begins with the given bracket, Null for any other.
// A document is one line, so line ends of a pretty-printed value are left out.
func raw(value []byte, bracket byte) event.Value {
	if len(value) == 0 || value[0] != bracket {
		return event.Value{}
	}
	if bytes.IndexByte(value, '\n') >= 0 || bytes.IndexByte(value, '\r') >= 0 {
		value = pretty.Ugly(value)
	}
	return event.RawJSON(value)
}

// text is a slot as text; numbers are text too, objects and arrays are not.
func (c schema) text(ev *event.Event, slot int) event.Value {
	b := ev.At(slot)
	if b == nil {
		return event.Value{}
	}
	if !c.json() {
		return event.Text(b)
	}
	switch b[0] {
	case '"':
		return jsonscan.Value(b)
	case '{', '[':
		return event.Value{}
	}
	return event.Text(b)
}

func (c schema) message(ev *event.Event) event.Value {
	if v := c.text(ev, sMessage); !v.IsNull() || !c.json() {
		return v
	}
	switch b := ev.Record; b[0] {
	case '{', '[':
		return event.Value{}
	case '"': // an array's element
		return jsonscan.Value(b)
	default:
		return event.Text(b)
	}
}

func (c schema) level(ev *event.Event) event.Value {
	if c.json() {
		return c.text(ev, sLevel)
	}
	if ev.Flags == 0 {
		return event.Value{}
	}
	return levels[(ev.Flags-1)&7]
}

// pid is the process id where it is a number: some programs write a name there.
func (schema) pid(ev *event.Event) event.Value {
	b := ev.At(sPID)
	if len(b) == 0 || len(b) > 9 {
		return event.Value{}
	}
	n := int64(0)
	for _, c := range b {
		if c < '0' || c > '9' {
			return event.Value{}
		}
		n = 10*n + int64(c-'0')
	}
	return event.Int64(n)
}
