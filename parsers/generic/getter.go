package generic

import (
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// Getter implements event.Schema. A record in JSON may have any field, at any
// path; where it has none of that name, the name is one of ECS. Text has those
// of ECS alone.
func (c schema) Getter(name string) event.Getter {
	key, ok := event.KeyOf(name)
	if !c.json() {
		if !ok || !textKeys[key] {
			return nil
		}
		return c.field(key)
	}
	path := jsonscan.CompilePath(name)
	if !ok {
		return event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
			return path.Append(dst, ev.Record, s)
		})
	}
	field := c.field(key)
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
		if out := path.Append(dst, ev.Record, s); len(out) > len(dst) {
			return out
		}
		return field.Append(dst, ev, s)
	})
}

// field reads an ECS field: those that rules for text ask for by themselves,
// the others out of all of them.
func (c schema) field(key event.Key) event.Getter {
	read := map[event.Key]func(*event.Event) event.Value{
		event.KeyMessage:     c.message,
		event.KeyHostName:    func(ev *event.Event) event.Value { return c.text(ev, sHost) },
		event.KeyProcessName: func(ev *event.Event) event.Value { return c.text(ev, sProgram) },
		event.KeyProcessPid:  c.pid,
		event.KeyLogLevel:    c.level,
		event.KeyTimestamp:   func(ev *event.Event) event.Value { return event.At(moment(ev)) },
	}[key]
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
		if read != nil {
			if v := read(ev); !v.IsNull() {
				dst = append(dst, v)
			}
			return dst
		}
		for _, f := range c.Fields(nil, ev, s) {
			switch {
			case f.Key != key:
			case f.Value.Kind == event.JSON:
				return jsonscan.AppendValues(dst, f.Value.Bytes)
			default:
				return append(dst, f.Value)
			}
		}
		return dst
	})
}

// textKeys are the fields that a line of text can have.
var textKeys = map[event.Key]bool{
	event.KeyTimestamp: true, event.KeyAWSS3BucketName: true, event.KeyAWSS3ObjectKey: true,
	event.KeyBurstwatchDeliveryID: true, event.KeyBurstwatchRecord: true, event.KeyBurstwatchRedacted: true,
	event.KeyBurstwatchRepaired: true, event.KeyBurstwatchSource: true,
	event.KeyCloudAccountID: true, event.KeyCloudProvider: true, event.KeyCloudRegion: true,
	event.KeyDataStreamDataset: true, event.KeyDataStreamNamespace: true, event.KeyDataStreamType: true, event.KeyECSVersion: true,
	event.KeyEventCreated: true, event.KeyEventDataset: true, event.KeyEventHash: true, event.KeyEventID: true, event.KeyEventKind: true,
	event.KeyEventModule: true, event.KeyEventOriginal: true, event.KeyHostName: true,
	event.KeyLogFilePath: true, event.KeyLogLevel: true, event.KeyLogOffset: true,
	event.KeyLogSyslogAppname: true, event.KeyLogSyslogHostname: true, event.KeyLogSyslogProcid: true,
	event.KeyMessage: true, event.KeyProcessName: true, event.KeyProcessPid: true,
}
