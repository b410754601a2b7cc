package scan

import (
	"fmt"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/window"
)

// maxShown bounds how many events of one case are printed.
const maxShown = 1000

// shownEvent is an event of the case that --show asked for.
type shownEvent struct {
	time int64
	id   event.ID
	doc  []byte
}

// match takes note of an event and the rules that it matched. Cases are the
// engine's; what is not shown is only counted: a common rule of low level may
// match most records, and to find out whose they are would cost more than to
// parse them.
func (w *worker) match(ev *event.Event, matched []*rules.Rule) {
	for _, rule := range matched {
		w.tally.match(ev)
		switch {
		case rule.Level < w.s.o.MinLevel:
			w.tally.hidden[rule.Level]++
		case w.s.o.Show != "" && w.s.wants(w.caseOf(ev, rule)):
			w.show(ev)
		}
	}
}

// caseOf is the id of the case of a match.
func (w *worker) caseOf(ev *event.Event, rule *rules.Rule) string {
	who := w.judge.SubjectOf(rule, w.judge.Subject(ev, &w.scratch), ev, &w.scratch)
	w.group = who.Group(w.group[:0])
	return rules.CaseName(rules.CaseID(rule.ID, w.group, nil, rules.Bucket(ev.Time, rules.Span)))
}

// wants reports whether --show asked for a case.
func (s *scan) wants(id string) bool {
	return strings.HasPrefix(id, strings.TrimPrefix(s.o.Show, "A-"))
}

// show keeps an event of the case that was asked for.
func (w *worker) show(ev *event.Event) {
	w.fields = ev.Schema.Fields(w.fields[:0], ev, &w.scratch)
	e := shownEvent{ev.Time, ev.DeliveryID, event.AppendDocument(nil, w.fields)}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	if _, again := w.s.shown[e.id]; !again && len(w.s.shown) < maxShown {
		w.s.shown[e.id] = e
	}
}

// cases gathers what the engine has found, when everything is read.
func (s *scan) cases() error {
	lines := s.o.NDJSON && !s.o.Events && s.o.Show == ""
	return s.engine.Finish(func(r *rules.Rule, alert *event.Event) error {
		s.noteGap(alert)
		g := newGroup(r, alert)
		if g.Level < s.o.MinLevel {
			s.tally.hidden[g.Level] += g.Count
			return nil
		}
		s.tally.alerts++
		s.worst = max(s.worst, g.Level)
		if lines {
			return s.sorted.add(alert.Time, g.ID, event.AppendDocument(nil, alert.Made))
		}
		s.groups.add(g)
		return nil
	})
}

// remember hands what a batch brought to the engine.
func (s *scan) remember(f *window.Found) error {
	if f == nil {
		return nil
	}
	if err := s.engine.Commit([]*window.Found{f}, nil); err != nil {
		return fmt.Errorf("remember what was found: %w", err)
	}
	return nil
}
