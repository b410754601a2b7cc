package ecs

import (
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// FromDocument reads a field that rules seldom ask for out of all those of the
// event: right for everything that a document may hold, and as dear as one.
func FromDocument(schema event.Schema, key event.Key) event.Getter {
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
		for _, f := range schema.Fields(nil, ev, s) {
			if f.Key != key {
				continue
			}
			if f.Value.Kind == event.JSON {
				return jsonscan.AppendValues(dst, f.Value.Bytes)
			}
			return append(dst, f.Value)
		}
		return dst
	})
}
