package rules

import (
	"slices"
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
	var s event.Scratch
	ev := event.Event{Schema: cloudtrail, Record: []byte(record)}
	var out []string
	for _, r := range j.Event(&ev, &s) {
		out = append(out, r.ID)
	}
	slices.Sort(out)
	return out
}
