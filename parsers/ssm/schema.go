package ssm

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"

	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/internal/redact"
)

// schema is the dataset's. It is a value: two of one redactor are equal, so that
// rules compiled for one serve events of the other.
type schema struct{ redactor *redact.Redactor }

// Dataset implements event.Schema.
func (schema) Dataset() string { return Dataset }

// Index implements event.Schema: rules pin nothing that all records have.
func (schema) Index() []string { return nil }

var dataset = ecs.Constant(Dataset)

// ID implements event.Schema: chunks have no id of their own.
func (schema) ID(ev *event.Event, s *event.Scratch) event.ID {
	var offset [8]byte
	binary.LittleEndian.PutUint64(offset[:], uint64(ev.Offset))
	return event.HashID(s, dataset.Bytes, ev.Origin.Identity, offset[:], ev.Record)
}

// reading is an event without its secrets.
type reading struct {
	ev    *event.Event
	text  bool
	shown []byte // what a terminal showed
}

// read takes the secrets out of an event and says so in it.
func (c schema) read(original *event.Event) *reading {
	r := &reading{ev: original, text: original.Flags&isText != 0}
	record, paths := c.clean(r)
	if paths == nil {
		return r
	}
	damage := event.Damage{SHA256: sha256.Sum256(original.Record)}
	if original.Damage != nil {
		damage = *original.Damage
	}
	damage.Redacted = paths
	original.Damage = &damage
	copied := *original
	copied.Record = record
	r.ev = &copied
	return r
}

// clean is the record without secrets, and where they were: found as it stands,
// and in what is shown of it, which takes the record's place where that shows
// more.
func (c schema) clean(r *reading) (record []byte, paths []string) {
	record = r.ev.Record
	if r.text {
		out, changed := c.redactor.Text(nil, record)
		shown, more := c.cleanShown(show(out))
		r.shown = shown
		switch {
		case more:
			return shown, []string{"message"}
		case changed:
			return out, []string{"message"}
		}
		return record, nil
	}
	out, paths, changed := c.redactor.JSON(nil, record)
	shown, more := c.cleanShown(show(dataOf(out)))
	r.shown = shown
	if more {
		out = withData(out, shown)
		if !slices.Contains(paths, "sessionData") {
			paths = append(paths, "sessionData")
		}
	}
	if !changed && !more {
		return record, nil
	}
	return out, paths
}

// cleanShown takes the secrets out of what is shown. What one pass uncovers the
// next one takes.
func (c schema) cleanShown(text []byte) (out []byte, changed bool) {
	for range 4 {
		a, some := c.redactor.Text(nil, text)
		b, more := keyLines(a, redact.Marker)
		if !some && !more {
			break
		}
		text, changed = b, true
	}
	return text, changed
}

// dataOf is what a chunk's sessionData holds, one line end between two elements.
func dataOf(record []byte) (sent []byte) {
	for it := jsonscan.Object(record); it.Next(); {
		if !jsonscan.Is(it.Key, "sessionData") {
			continue
		}
		for _, v := range jsonscan.AppendValues(nil, it.Value) {
			if len(sent) > 0 {
				sent = append(sent, '\n')
			}
			switch v.Kind {
			case event.Escaped:
				sent = event.AppendUnescaped(sent, v.Bytes)
			case event.String, event.JSON:
				sent = append(sent, v.Bytes...)
			}
		}
	}
	return sent
}

// withData is a chunk with other lines for all that its sessionData held.
func withData(record, shown []byte) (out []byte) {
	var lines []string
	for line := range bytes.SplitSeq(shown, []byte("\n")) {
		lines = append(lines, string(line))
	}
	data, err := json.Marshal(lines)
	if err != nil {
		data = []byte("[]")
	}
	at := 0
	for it := jsonscan.Object(record); it.Next(); {
		if jsonscan.Is(it.Key, "sessionData") {
			out = append(append(out, record[at:it.At]...), data...)
			at = it.At + len(it.Value)
		}
	}
	return append(out, record[at:]...)
}
