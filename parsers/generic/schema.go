package generic

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// The datasets.
const (
	dataEventBridge = "aws.eventbridge"
	dataJSON        = "generic.json"
	dataText        = "generic.text"
	dataAuth        = "linux.auth"
	dataSyslog      = "linux.syslog"
)

var datasets = []string{dataEventBridge, dataJSON, dataText, dataAuth, dataSyslog}

// constants are the values that name a dataset in its documents.
var constants = func() map[string][2]event.Value {
	m := map[string][2]event.Value{}
	for _, name := range datasets {
		module, _, _ := bytes.Cut([]byte(name), []byte("."))
		m[name] = [2]event.Value{ecs.Constant(name), event.Text(module)}
	}
	return m
}()

// schema is that of one dataset. Two of one family are equal, so that rules
// compiled for one serve events of the other.
type schema struct {
	name   string
	family // by value: two Specs' schemas must compare equal
}

func (f *family) schema(name string) schema { return schema{name, *f} }

// Dataset implements event.Schema.
func (c schema) Dataset() string { return c.name }

// Index implements event.Schema: rules pin nothing that all such records have.
func (c schema) Index() []string {
	if c.name == dataEventBridge {
		return []string{"detail-type", "source"}
	}
	return nil
}

func (c schema) json() bool { return c.name == dataJSON || c.name == dataEventBridge }

// ID implements event.Schema. An EventBridge event is one wherever it was kept.
func (c schema) ID(ev *event.Event, s *event.Scratch) event.ID {
	dataset := constants[c.name][0].Bytes
	if id := jsonscan.Value(ev.At(sID)); c.name == dataEventBridge && len(id.Bytes) > 0 {
		return event.HashID(s, dataset, id.Bytes)
	}
	var offset [8]byte
	binary.LittleEndian.PutUint64(offset[:], uint64(ev.Offset))
	return event.HashID(s, dataset, ev.Origin.Identity, offset[:], ev.Record)
}

// redacted is ev without secrets: itself, or into with a record of its own and
// slots that fit it.
func (c schema) redacted(ev, into *event.Event, slots []event.Span, s *event.Scratch) *event.Event {
	var out []byte
	var paths []string
	var changed bool
	if c.json() {
		out, paths, changed = c.redactor.JSON(s.Grab(), ev.Record)
	} else if out, changed = c.redactor.Text(s.Grab(), ev.Record); changed {
		paths = []string{"message"}
	}
	if !changed {
		return ev
	}
	damage := event.Damage{SHA256: sha256.Sum256(ev.Record)}
	if ev.Damage != nil {
		damage = *ev.Damage
	}
	damage.Redacted = paths
	ev.Damage = &damage
	*into = *ev
	into.Record, into.Slots = s.Copy(out), slots
	s.Release(out)
	if c.json() {
		fillJSON(into)
	} else {
		c.fillText(into)
	}
	return into
}
