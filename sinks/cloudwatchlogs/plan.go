package cloudwatchlogs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/sinks"
)

// Limits of PutLogEvents, as its API reference has them.
const (
	maxEvents = 10_000
	maxBytes  = 1_048_576
	overhead  = 26 // that each event counts besides its message
	maxSpan   = 24 * time.Hour
	oldest    = 14 * 24 * time.Hour
	newest    = 2 * time.Hour
	// margin keeps away from limits that the service's own clock decides.
	margin = 5 * time.Minute
)

// place is a stream.
type place struct{ group, stream string }

// late is the stream of what CloudWatch Logs would not take under its own time.
func (p place) late() place { return place{p.group, p.stream + "-late"} }

// item is one log event.
type item struct {
	at   int // its place in the events
	to   place
	time int64 // milliseconds since 1970
	text string
	stub bool // it stands for a document that is elsewhere
	late bool
}

func (it *item) size() int { return len(it.text) + overhead }

// item makes the log event of an event. The text is a copy: the SDK may send
// what it was given after it has returned on an expired context.
func (s *Sink) item(i int, ev *event.Event, part *sinks.PartialError) item {
	it := item{at: i, to: place{s.options.AlertGroup, s.options.Stream}, time: ev.Time / 1e6, text: string(ev.Doc)}
	if !ev.Alert {
		it.to.group = strings.ReplaceAll(s.options.Group, "{dataset}", ev.Schema.Dataset())
	}
	if it.size() > maxBytes {
		part.Reject = append(part.Reject, sinks.Rejected{Index: i, Reason: fmt.Sprintf(
			"the document has %d bytes, CloudWatch Logs takes %d: it is kept here whole, and named in log group %s", len(ev.Doc), maxBytes-overhead, it.to.group)})
		it.text, it.stub = stub(ev), true
	}
	now := s.now()
	at := time.UnixMilli(it.time)
	if at.Before(now.Add(margin-s.reach())) || at.After(now.Add(newest-margin)) {
		it.to, it.time, it.late = it.to.late(), now.UnixMilli(), true
	}
	return it
}

// reach is how far back the groups take events.
func (s *Sink) reach() time.Duration {
	if kept := time.Duration(s.options.Retention) * 24 * time.Hour; kept > 0 {
		return min(oldest, kept)
	}
	return oldest
}

// stub is what stands for a document that is too large: where and when it was,
// and under which id the whole of it is in quarantine.
func stub(ev *event.Event) string {
	b := event.AppendTime([]byte(`{"@timestamp":"`), ev.Time)
	b = fmt.Appendf(b, `","burstwatch":{"delivery_id":"%s","elsewhere":"quarantine"}`, ev.DeliveryID)
	if ev.Schema != nil {
		b = event.AppendEscaped(append(b, `,"event":{"dataset":"`...), []byte(ev.Schema.Dataset()))
		b = append(b, `"}`...)
	} else if id := gjson.GetBytes(ev.Doc, "studio.alert.id").Str; id != "" {
		b = event.AppendEscaped(append(b, `,"studio":{"alert":{"id":"`...), []byte(id))
		b = append(b, `"}}`...)
	}
	return string(append(b, '}'))
}

// batch is what one request holds.
type batch struct {
	to    place
	items []item
}

// plan lays items into batches: by stream, in order of time, within the limits.
func plan(items []item) (out []batch) {
	slices.SortStableFunc(items, func(a, b item) int {
		return cmp.Or(cmp.Compare(a.to.group, b.to.group), cmp.Compare(a.to.stream, b.to.stream), cmp.Compare(a.time, b.time))
	})
	size := 0
	for from, i := 0, 0; i <= len(items); i++ {
		if i < len(items) && i > from && items[i].to == items[from].to && i-from < maxEvents && size+items[i].size() <= maxBytes &&
			items[i].time-items[from].time < maxSpan.Milliseconds() {
			size += items[i].size()
			continue
		}
		if i > from {
			out = append(out, batch{items[from].to, items[from:i]})
		}
		if from = i; i < len(items) {
			size = items[i].size()
		}
	}
	return out
}
