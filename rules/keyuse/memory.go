package keyuse

import (
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
)

// memory is what a reader remembers from one call to the next: the same callers
// use the same keys by the thousand. It only saves time.
type memory struct {
	words   map[string]string
	callers event.Parts[*caller]
	targets map[string]*target // nil of a resource that is no key
	// resources are the keys in what a record has as its resources, by its text:
	// the calls of one key all have the same.
	resources map[string][]target
}

// maxKnown bounds each of its maps: who writes logs chooses names.
const maxKnown = 1 << 12

// word is text as a string.
func (m *memory) word(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	w, ok := m.words[string(text)]
	if !ok {
		if m.words == nil || len(m.words) >= maxKnown {
			m.words = map[string]string{}
		}
		w = string(text)
		m.words[w] = w
	}
	return w
}

// caller is who called.
func (m *memory) caller(r *reader, ev *event.Event, s *event.Scratch) *caller {
	if r.columns.recurring == nil {
		return r.readCaller(ev, s)
	}
	at, known := m.callers.At(s.Part(r.columns.recurring, ev, event.Caller))
	if !known {
		*at = r.readCaller(ev, s)
	}
	return *at
}

// longest is the longest text of resources that is remembered.
const longest = 1 << 10

// learn remembers the keys in the text of resources; it may be none.
func (m *memory) learn(text []byte, keys []target) {
	if len(text) == 0 || len(text) > longest {
		return
	}
	if m.resources == nil || len(m.resources) >= maxKnown {
		m.resources = map[string][]target{}
	}
	m.resources[string(text)] = slices.Clone(keys)
}

// target is the key that a resource's ARN names, nil if it names none.
func (m *memory) target(d *Detector, arn []byte, s *event.Scratch) *target {
	t, ok := m.targets[string(arn)]
	if !ok {
		if m.targets == nil || len(m.targets) >= maxKnown {
			m.targets = map[string]*target{}
		}
		name := string(arn)
		if isKey(name) {
			found := d.target(name, "")
			found.rate = newRated(found.name, s)
			t = &found
		}
		m.targets[name] = t
	}
	return t
}
