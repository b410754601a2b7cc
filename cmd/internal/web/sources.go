package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
	"github.com/burstwatch/burstwatch/sinks/local"
)

// A log is fresh while its last event is not older than fresh: CloudTrail comes
// up to 15 minutes late, and a quiet account has a few events an hour. Beyond
// silent nobody can call it quiet any more.
const (
	fresh  = time.Hour
	silent = 24 * time.Hour
)

// logLine is one log: what a source brings of one dataset, account and region.
type logLine struct {
	pipeline.LogStatus
	Lag time.Duration
	// State is fresh, late, silent, broken or finished.
	State string
	// Total are the records since the start, or those ever stored if that is more.
	Total int64
}

type sourcesPage struct {
	frame
	Status pipeline.Status
	Logs   []logLine
	Rules  Rules
	Store  *local.Info
	States map[string]int
}

func (s *Server) sources(w http.ResponseWriter, r *http.Request) {
	page := &sourcesPage{frame: s.frame("Sources", "sources"), Status: s.Status(), Rules: s.Rules(), States: map[string]int{}}
	page.Reloads = true
	ctx, cancel := context.WithTimeout(r.Context(), queryTime)
	defer cancel()
	store := s.Store()
	var err error
	if page.Logs, err = s.logs(ctx, store); err == nil && store != nil {
		var info local.Info
		info, err = store.Info(ctx)
		page.Store = &info
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	for _, l := range page.Logs {
		page.States[l.State]++
	}
	s.render(w, http.StatusOK, "sources", page)
}

// logs joins what the pipeline has seen since its start with what the store
// remembers of before.
func (s *Server) logs(ctx context.Context, store Store) ([]logLine, error) {
	type key struct{ source, dataset, account, region string }
	status, now := s.Status(), s.Now()
	lines := map[key]*logLine{}
	for _, l := range status.Logs {
		lines[key{l.Source, l.Dataset, l.Account, l.Region}] = &logLine{LogStatus: l}
	}
	if store != nil {
		origins, err := store.Sources(ctx)
		if err != nil {
			return nil, err
		}
		for _, o := range origins {
			k := key{o.Source, o.Dataset, o.Account, o.Region}
			if lines[k] == nil {
				lines[k] = &logLine{LogStatus: pipeline.LogStatus{Source: o.Source, Dataset: o.Dataset, Account: o.Account, Region: o.Region, LastRead: o.Stored}}
			}
			l := lines[k]
			l.Total = o.Events
			if o.Last.After(l.LastEvent) {
				l.LastEvent = o.Last
			}
		}
	}
	out := make([]logLine, 0, len(lines))
	for _, l := range lines {
		l.judge(now, status.Sources)
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b logLine) int {
		return cmp.Or(cmp.Compare(urgency[a.State], urgency[b.State]), cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Account, b.Account),
			cmp.Compare(a.Region, b.Region), cmp.Compare(a.Source, b.Source))
	})
	return out, nil
}

// urgency sorts what needs somebody to the top.
var urgency = map[string]int{"broken": 0, "silent": 1, "late": 2, "fresh": 3, "finished": 4}

func (l *logLine) judge(now time.Time, sources []pipeline.SourceStatus) {
	l.Lag = l.LogStatus.Lag(now)
	l.Total = max(l.Total, l.Records)
	switch {
	case l.Broken != "":
		l.State = "broken"
	case l.LastEvent.IsZero() && l.Frontier.IsZero():
		l.State = "silent"
	case l.Lag <= fresh:
		l.State = "fresh"
	case l.Lag <= silent:
		l.State = "late"
	default:
		l.State = "silent"
	}
	for _, s := range sources {
		if s.Name == l.Source && s.State == "finished" {
			l.State = "finished"
		}
	}
}
