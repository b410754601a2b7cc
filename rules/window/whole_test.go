package window

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
)

// namedSchema is a schema of which only the name matters.
type namedSchema struct {
	event.Schema
	name string
}

// TestAnEventThatIsKeptWholeIsTheSameEvent: what alerts say of it is derived from
// what is read here.
func TestAnEventThatIsKeptWholeIsTheSameEvent(t *testing.T) {
	// What is not written: Names, Damage and Made, for which nothing is kept whole,
	// and Doc, DeliveryID and Alert, which nobody has made yet.
	if n := reflect.TypeFor[event.Event]().NumField(); n != 10+6 {
		t.Errorf("an event has %d fields: is the new one written?", n)
	}
	schemas := []event.Schema{&namedSchema{name: "one"}, &namedSchema{name: "other"}}
	origins := []*event.Origin{nil, {Name: "a file"}, {Name: "another"}}
	rapid.Check(t, func(t *rapid.T) {
		w := &Worker{e: &Engine{}}
		for range rapid.IntRange(1, 4).Draw(t, "events") {
			ev := event.Event{
				Schema: rapid.SampledFrom(schemas).Draw(t, "schema"), Origin: rapid.SampledFrom(origins).Draw(t, "origin"),
				Record: rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "record"), Slots: []event.Span{},
				Time: rapid.Int64().Draw(t, "time"), Created: rapid.Int64().Draw(t, "created"), Offset: rapid.Int64().Draw(t, "offset"),
				Number: rapid.Int64().Draw(t, "number"), Flags: rapid.Uint32().Draw(t, "flags"), Recurs: rapid.Uint64().Draw(t, "recurs"),
			}
			for range rapid.IntRange(0, 5).Draw(t, "slots") {
				ev.Slots = append(ev.Slots, event.Span{Start: rapid.Uint32().Draw(t, "start"), End: rapid.Uint32().Draw(t, "end")})
			}
			noted := w.appendWhole(nil, &ev, &event.Scratch{})
			if got := w.e.wholes.read(noted[1:]); noted[0] != whole || !reflect.DeepEqual(got, ev) {
				t.Fatalf("%+v is read as %+v", ev, got)
			}
		}
	})
}

func TestNoMoreOriginsAreHeldThanThereIsRoomFor(t *testing.T) {
	var h wholes
	first := &event.Origin{}
	for n := range mostOrigins + 2 {
		origin := &event.Origin{}
		if n == 0 {
			origin = first
		}
		if _, _, ok := h.number(nil, origin); ok != (n < mostOrigins) {
			t.Fatalf("of the origin after %d others: %t", n, ok)
		}
	}
	if _, number, ok := h.number(nil, first); !ok || number != 0 {
		t.Errorf("the first is number %d, %t", number, ok)
	}
}
