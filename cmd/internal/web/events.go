package web

import (
	"net/http"
	"time"

	"github.com/burstwatch/burstwatch/sinks/local"
)

type eventsPage struct {
	frame
	*asked
	Events []local.EventRow
	Older  string
	Chart  *chart
	// Coarse says that the chart counts more than the list shows.
	Coarse bool
}

func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	a, err := s.asked(r.URL)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	ctx, cancel, store := s.reading(w, r, "events")
	if store == nil {
		return
	}
	defer cancel()
	page := &eventsPage{frame: s.frame("Events", "events"), asked: &a}
	list, next, err := store.Events(ctx, a.Filter)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page.Events = list
	if next != "" {
		page.Older = a.With("after", next)
	}
	bars, err := store.EventHistogram(ctx, a.Filter, mostBars)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page.Chart = drawn(bars, func(from, to time.Time) string {
		return a.With("range", "", "from", fieldTime(from), "to", fieldTime(to))
	})
	f := a.Filter
	page.Coarse = f.Text != "" || f.User != "" || f.SourceIP != "" || f.Action != "" || f.Outcome != "" || f.Region != "" || f.Production != ""
	s.render(w, http.StatusOK, "events", page)
}

type eventPage struct {
	frame
	*local.EventRow
	Record *record
	Trails []trail
}

func (s *Server) event(w http.ResponseWriter, r *http.Request) {
	ctx, cancel, store := s.reading(w, r, "events")
	if store == nil {
		return
	}
	defer cancel()
	e, err := store.Event(ctx, r.PathValue("id"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	as := &local.Alert{AlertRow: local.AlertRow{First: e.Time, Last: e.Time, User: e.User, SourceIP: e.SourceIP, Account: e.Account}}
	s.render(w, http.StatusOK, "event", &eventPage{frame: s.frame("Event", "events"), EventRow: e, Record: newRecord(e.Doc), Trails: trails(as)})
}
