package keyuse

import "github.com/burstwatch/burstwatch/internal/event"

// memory is what a reader remembers from one call to the next: the same callers
// use the same keys by the thousand. It only saves time.
type memory struct {
	words   map[string]string
	callers event.Parts[*caller]
	targets map[string]*target // nil of a resource that is no key
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
	at, known := m.callers.At(s.Recurring(r.columns.recurring, ev))
	if !known {
		*at = r.readCaller(ev, s)
	}
	return *at
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
