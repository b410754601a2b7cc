package scan

import (
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules"
)

// maxShown bounds how many events of one case are printed.
const maxShown = 1000

// shownEvent is an event of the case that --show asked for.
type shownEvent struct {
	time int64
	id   uint64
	doc  []byte
}

// match takes note of an event and the rules that it matched. What is not shown
// is only counted: a common rule of low level may match most records, and to
// find out whose they are would cost more than to parse them.
func (w *worker) match(ev *event.Event, matched []*rules.Rule) error {
	shown := false
	for _, rule := range matched {
		if rule.Level >= w.s.o.MinLevel {
			shown = true
			continue
		}
		w.tally.hidden[rule]++
		w.tally.alert(ev)
	}
	if !shown {
		return nil
	}
	who := w.judge.Subject(ev, &w.scratch)
	record := w.identity(ev)
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	for _, rule := range matched {
		if rule.Level < w.s.o.MinLevel {
			continue
		}
		if err := w.s.match(w, ev, record, rule, who); err != nil {
			return err
		}
	}
	return nil
}

// identity tells one record from another: a hash of the id that its origin
// gave it, else of its place. The delivery id would do, but costs more than all
// else that a match costs, and a common rule may match most records.
func (w *worker) identity(ev *event.Event) uint64 {
	if ev.Schema != w.schema {
		w.schema, w.id = ev.Schema, ev.Schema.Getter("event.id")
	}
	if w.id != nil {
		if w.values = w.id.Append(w.values[:0], ev, &w.scratch); len(w.values) > 0 {
			return xxhash.Sum64(w.values[0].Bytes)
		}
	}
	return xxhash.Sum64(ev.Origin.Identity) + uint64(ev.Offset)*0x9E3779B97F4A7C15
}

func (s *scan) match(w *worker, ev *event.Event, record uint64, rule *rules.Rule, who rules.Subject) error {
	if s.groups.repeat(rule, record) {
		return nil
	}
	w.tally.alert(ev)
	g := s.groups.find(rule, who)
	g.Count++
	if g.Count == 1 || ev.Time < g.First {
		g.First = ev.Time
	}
	g.Last = max(g.Last, ev.Time)
	if s.o.Show != "" && s.wants(g) {
		s.show(w, ev, record)
	}
	sample := g.Sample == nil || ev.Time < g.sampleTime || ev.Time == g.sampleTime && record < g.sampleID
	lines := s.o.NDJSON && !s.o.Events && s.o.Show == ""
	if !sample && !lines {
		return nil
	}
	alert := w.judge.Alerts(ev, []*rules.Rule{rule})[0]
	if sample {
		g.Sample, g.sampleTime, g.sampleID = alert, ev.Time, record
	}
	if !lines {
		return nil
	}
	return s.sorted.add(alert.Time, alert.DeliveryID.String(), event.AppendDocument(nil, alert.Made))
}

// wants reports whether --show asked for this case.
func (s *scan) wants(g *Group) bool {
	return strings.HasPrefix(g.ID, strings.TrimPrefix(s.o.Show, "A-"))
}

func (s *scan) show(w *worker, ev *event.Event, record uint64) {
	if len(s.shown) >= maxShown {
		return
	}
	w.fields = ev.Schema.Fields(w.fields[:0], ev, &w.scratch)
	s.shown = append(s.shown, shownEvent{ev.Time, record, event.AppendDocument(nil, w.fields)})
}
