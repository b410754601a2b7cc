package rules

import (
	"hash/maphash"
	"slices"
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// plain is a schema over JSON records whose fields are all raw. It knows no
// field whose name begins with "no_".
type plain struct {
	dataset string
	index   []string
}

func (p *plain) Dataset() string { return p.dataset }
func (p *plain) Index() []string { return p.index }

func (p *plain) Getter(name string) event.Getter {
	if len(name) > 3 && name[:3] == "no_" {
		return nil
	}
	path := jsonscan.CompilePath(name)
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
		return path.Append(dst, ev.Record, s)
	})
}

func (p *plain) Fields(dst []event.Field, ev *event.Event, s *event.Scratch) []event.Field {
	ev.DeliveryID = p.ID(ev, s)
	return append(dst, event.Field{Key: event.KeyEventOriginal, Value: event.Text(ev.Record)})
}

func (p *plain) ID(ev *event.Event, s *event.Scratch) event.ID { return event.HashID(s, ev.Record) }

var cloudtrail = &plain{"aws.cloudtrail", []string{"eventName", "eventSource"}}

// recurring is plain with slots for what its rules are filed by, and a part, "who"
// and "ip", of which it is known that it comes again.
type recurring struct{ plain }

var (
	recurringTrail = &recurring{*cloudtrail}
	recurringSeed  = maphash.MakeSeed()
)

// event is an event of the record, whose slots are the fields of the index.
func (p *recurring) event(record []byte) event.Event {
	ev := event.Event{Schema: p, Record: record, Slots: make([]event.Span, len(p.index))}
	for it := jsonscan.Object(record); it.Next(); {
		if i := slices.Index(p.index, string(it.Key)); i >= 0 && string(it.Value) != "null" {
			ev.Slots[i] = event.Span{Start: uint32(it.At), End: uint32(it.At + len(it.Value))}
		}
	}
	return ev
}

func (p *recurring) Getter(name string) event.Getter {
	if i := slices.Index(p.index, name); i >= 0 {
		return slotOf(i)
	}
	return p.plain.Getter(name)
}

func (p *recurring) Recurs(name string) bool { return p.PartOf(name) != event.Whole }

func (p *recurring) PartOf(name string) event.Part {
	first, _, _ := strings.Cut(name, ".")
	return map[string]event.Part{"who": event.Caller, "ip": event.Address}[first]
}

func (p *recurring) Recurring(ev *event.Event) uint64 { return p.Part(ev, event.Whole) }

func (p *recurring) Part(ev *event.Event, of event.Part) (hash uint64) {
	for it := jsonscan.Object(ev.Record); it.Next(); {
		if part := p.PartOf(string(it.Key)); part != event.Whole && (of == event.Whole || of == part) {
			hash = 31*hash + maphash.Bytes(recurringSeed, it.Key) + 7*maphash.Bytes(recurringSeed, it.Value)
		}
	}
	return hash
}

type slotOf int

func (i slotOf) Slot() int { return int(i) }

func (i slotOf) Append(dst []event.Value, ev *event.Event, _ *event.Scratch) []event.Value {
	if raw := ev.At(int(i)); raw != nil {
		dst = jsonscan.AppendValues(dst, raw)
	}
	return dst
}

// judges compiles rules written in YAML; none may be refused.
func compiled(t testing.TB, o Options, docs ...string) *Set {
	t.Helper()
	p := &Pack{}
	for _, d := range docs {
		docs := sigma.Parse("test.yml", []byte(d))
		for _, r := range docs.Refused {
			t.Fatal(r.Error())
		}
		p.Rules = append(p.Rules, docs.Rules...)
	}
	s, err := Compile(p, []event.Schema{cloudtrail}, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// matches are the ids of the rules that a record matches.
func matches(j *Judge, record string) []string {
	return matchesOf(j, &event.Event{Schema: cloudtrail, Record: []byte(record)})
}

func matchesOf(j *Judge, ev *event.Event) []string {
	var s event.Scratch
	var out []string
	for _, r := range j.Event(ev, &s) {
		out = append(out, r.ID)
	}
	slices.Sort(out)
	return out
}
