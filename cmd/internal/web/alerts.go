package web

import (
	"context"
	"net/http"
	"time"

	"github.com/burstwatch/burstwatch/internal/summary"
	"github.com/burstwatch/burstwatch/sinks/local"
)

// alertLine is one line of the list: a group, or a case.
type alertLine struct {
	local.AlertRow
	Cases, Matches   int64
	Earliest, Latest time.Time
	Level            string
	Members          string // the address of the group's cases, "" for a single one
}

// levelCount is one level for the summary above the list.
type levelCount struct {
	Level string
	Count int64
	Href  string
	On    bool
}

type alertsPage struct {
	frame
	*asked
	Lines  []alertLine
	Older  string
	Chart  *chart
	Levels []levelCount
	Values local.Values
	Empty  *emptyState
}

// States are those that a list can be narrowed to.
func (*alertsPage) States() []string { return []string{"provisional", "final", "retracted", "any"} }

// emptyState is what a person sees before the first alert.
type emptyState struct {
	Rules Rules
	Logs  []logLine
}

func (s *Server) alerts(w http.ResponseWriter, r *http.Request) {
	a, err := s.asked(r.URL)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	ctx, cancel, store := s.reading(w, r, "alerts")
	if store == nil {
		return
	}
	defer cancel()
	page := &alertsPage{frame: s.frame("Alerts", "alerts"), asked: &a}
	page.Reloads = a.Filter.Cursor == ""
	if err := page.fill(ctx, store); err != nil {
		s.fail(w, r, err)
		return
	}
	if len(page.Lines) == 0 && !a.Narrowed() {
		logs, err := s.logs(ctx, store)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		page.Empty = &emptyState{Rules: s.Rules(), Logs: logs}
	}
	s.render(w, http.StatusOK, "alerts", page)
}

func (p *alertsPage) fill(ctx context.Context, store Store) (err error) {
	var next string
	if p.Each {
		next, err = p.cases(ctx, store)
	} else {
		next, err = p.groups(ctx, store)
	}
	if err != nil {
		return err
	}
	if next != "" {
		p.Older = p.With("after", next)
	}
	f := p.Filter
	f.Cursor, f.MinSeverity = "", 0
	bars, err := store.AlertHistogram(ctx, f, mostBars)
	if err != nil {
		return err
	}
	p.levels(bars)
	p.Chart = drawn(p.only(bars), func(from, to time.Time) string {
		return p.With("range", "", "from", fieldTime(from), "to", fieldTime(to))
	})
	p.Values, err = store.AlertValues(ctx)
	return err
}

func (p *alertsPage) groups(ctx context.Context, store Store) (string, error) {
	list, next, err := store.AlertGroups(ctx, p.Filter)
	for i := range list {
		g := &list[i]
		line := alertLine{AlertRow: g.AlertRow, Cases: g.Cases, Matches: g.Matches, Earliest: g.Earliest, Latest: g.Latest, Level: levelOf(g.Worst)}
		if g.Cases > 1 {
			line.Members = p.With("group", "none", "rule", g.RuleID, "user", g.Who(), "ip", g.SourceIP)
		}
		p.Lines = append(p.Lines, line)
	}
	return next, err
}

func (p *alertsPage) cases(ctx context.Context, store Store) (string, error) {
	list, next, err := store.Alerts(ctx, p.Filter)
	for i := range list {
		c := &list[i]
		p.Lines = append(p.Lines, alertLine{AlertRow: *c, Cases: 1, Matches: c.Count, Earliest: c.First, Latest: c.Last, Level: levelOf(c.Severity)})
	}
	return next, err
}

// levels counts the cases of each level, whatever level is chosen.
func (p *alertsPage) levels(bars []local.Bar) {
	for i := len(summary.Levels) - 1; i >= 0; i-- {
		c := levelCount{Level: summary.Levels[i], On: p.Level == summary.Levels[i]}
		for _, b := range bars {
			c.Count += b.Levels[i]
		}
		c.Href = p.With("level", c.Level)
		if c.On {
			c.Href = p.With("level", "")
		}
		p.Levels = append(p.Levels, c)
	}
}

// only takes the levels below the chosen one off the bars.
func (p *alertsPage) only(bars []local.Bar) []local.Bar {
	for i := range bars {
		for j, l := range summary.Levels {
			if summary.SeverityOf(l) < p.Filter.MinSeverity {
				bars[i].Count -= bars[i].Levels[j]
				bars[i].Levels[j] = 0
			}
		}
	}
	return bars
}

// levelOf is the name of a severity.
func levelOf(severity int64) string {
	name := summary.Levels[0]
	for _, l := range summary.Levels {
		if summary.SeverityOf(l) <= severity {
			name = l
		}
	}
	return name
}
