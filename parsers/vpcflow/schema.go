package vpcflow

import (
	"encoding/binary"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/burstwatch/burstwatch/internal/ecs"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/redact"
)

// schema is the event.Schema of all flow logs, whatever their columns.
type schema struct{ redactor *redact.Redactor }

// Dataset is aws.vpcflow.
func (schema) Dataset() string { return dataset }

// Index names what rules for flow logs pin, in each of the names that they use.
func (schema) Index() []string {
	return []string{
		"destination.port", "dstport", "dst_port", "aws.vpcflow.reject_reason", "reject-reason",
		"aws.vpcflow.action", "action", "event.action", "network.transport", "network.iana_number", "protocol",
	}
}

var datasetBytes = []byte(dataset)

// ID hashes the place of the record at its origin, and the record itself: two
// files that begin alike have one identity. Of the record a short hash does, as
// it only has to tell two lines at the same place apart, and all then fits into
// one block of SHA-256.
func (schema) ID(ev *event.Event, s *event.Scratch) event.ID {
	var place [16]byte
	binary.LittleEndian.PutUint64(place[:], uint64(ev.Offset))
	binary.LittleEndian.PutUint64(place[8:], xxhash.Sum64(ev.Record))
	return event.HashID(s, datasetBytes, ev.Origin.Identity, place[:])
}

// Getter compiles a field name: a column's, with hyphens or underscores, or an
// ECS field's. Names with a hyphen that no documentation knows are looked for
// among the record's own columns.
func (x schema) Getter(name string) event.Getter {
	raw := canonical(name)
	if known, ok := aliases[raw]; ok {
		raw = known
	}
	if slot, ok := slotOf[raw]; ok {
		return columnGetter(slot)
	}
	if extra, ok := strings.CutPrefix(name, "aws.vpcflow.extra."); ok {
		return extraGetter(canonical(extra))
	}
	key, ok := event.KeyOf(name)
	if !ok {
		if strings.Contains(raw, "-") && !strings.Contains(raw, ".") {
			return extraGetter(raw)
		}
		return nil
	}
	if get := getters[key]; get != nil {
		return get
	}
	if !written[key] {
		return nil
	}
	return ecs.FromDocument(x, key)
}
