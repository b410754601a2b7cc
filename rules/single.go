package rules

import "github.com/burstwatch/burstwatch/internal/event"

// Batch appends to b.Alerts an alert for each match, each a case of its own.
func (j *Judge) Batch(b *event.Batch) {
	var s event.Scratch
	for i := range b.Events {
		s.Reset()
		ev := &b.Events[i]
		if matched := j.Event(ev, &s); len(matched) > 0 {
			b.Alerts = append(b.Alerts, j.Alerts(ev, matched)...)
		}
	}
}

// Alerts makes an alert for each of the rules that ev matched.
func (j *Judge) Alerts(ev *event.Event, matched []*Rule) []*event.Event {
	var s event.Scratch
	var t Teller
	out := make([]*event.Event, len(matched))
	id := ev.Schema.ID(ev, &s)
	for i, r := range matched {
		out[i] = t.Alert(r, &Telling{
			ID: CaseID(r.ID, id[:], nil, 0), Revision: 1, State: Final, Count: 1, First: ev.Time, Last: ev.Time, Created: ev.Created,
			Sample: j.Sample(nil, ev, r), Evidence: [][]byte{j.Evidence(nil, ev, &s)},
		})
		out[i].Origin = ev.Origin
	}
	return out
}
