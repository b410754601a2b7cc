package local

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// AlertGroup is the cases of one rule about one subject from one address, so
// that a loop of a thousand denials is one line of a list.
type AlertGroup struct {
	// AlertRow is the case that was stored last.
	AlertRow
	// Cases are how many there are, Matches the sum of their counts.
	Cases, Matches int64
	// Earliest and Latest are the first and last time of any of them.
	Earliest, Latest time.Time
	// Worst is the highest severity of any of them.
	Worst int64
}

// AlertGroups lists groups, the one with the latest case first unless the
// filter says otherwise. next goes on
// where the list ends. Alerts that arrive between two calls may move a group.
func (s *Store) AlertGroups(ctx context.Context, f Filter) (list []AlertGroup, next string, err error) {
	w, err := f.alerts()
	if err != nil {
		return nil, "", err
	}
	skip := int64(0)
	if f.Cursor != "" {
		if skip, _, err = cursor(f.Cursor + ".0"); err != nil || skip < 0 {
			return nil, "", fmt.Errorf("%w: %q is no place to go on from", ErrFilter, f.Cursor)
		}
	}
	order := "latest DESC, newest DESC"
	switch {
	case f.Worst:
		order = "worst DESC, " + order
	case f.Oldest:
		order = "latest, newest"
	}
	//nolint:gosec // every value is a parameter
	query := `WITH g AS (
		SELECT max(key) AS newest, count(*) AS cases, sum(count) AS matches, min(first_time) AS earliest, max(last_time) AS latest, max(severity) AS worst
		FROM alerts WHERE ` + w.text() + ` GROUP BY rule_id, coalesce(subject, user), source_ip ORDER BY ` + order + ` LIMIT ? OFFSET ?)
		SELECT ` + alertFields + `, g.cases, g.matches, g.earliest, g.latest, g.worst
		FROM g JOIN alerts ON alerts.key = g.newest ORDER BY ` + order
	rows, err := s.db.QueryContext(ctx, query, append(w.args, f.limit()+1, skip)...)
	if err != nil {
		return nil, "", explain(s.file, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if len(list) == f.limit() {
			return list, strconv.FormatInt(skip+int64(len(list)), 10), nil
		}
		var g AlertGroup
		var earliest, latest int64
		if err := g.scan(rows, &g.Cases, &g.Matches, &earliest, &latest, &g.Worst); err != nil {
			return nil, "", explain(s.file, err)
		}
		g.Earliest, g.Latest = at(earliest), at(latest)
		list = append(list, g)
	}
	return list, "", explain(s.file, rows.Err())
}

// Bar is one stretch of a histogram.
type Bar struct {
	// From is its begin; it ends where the next begins.
	From time.Time
	// Count is what lies in it; for alerts, Levels are the cases by level,
	// in the order of summary.Levels.
	Count  int64
	Levels [5]int64
}

// levelOf is the place of a severity in summary.Levels.
const levelOf = `CASE WHEN severity >= 99 THEN 4 WHEN severity >= 73 THEN 3 WHEN severity >= 47 THEN 2 WHEN severity >= 21 THEN 1 ELSE 0 END`

// AlertHistogram counts the cases of a filter in at most bars stretches of
// equal length, from the filter's From (or the oldest) to its To (or the newest).
// Stretches are whole minutes, hours or days where that fits.
func (s *Store) AlertHistogram(ctx context.Context, f Filter, bars int) ([]Bar, error) {
	w, err := f.alerts()
	if err != nil {
		return nil, err
	}
	var oldest, newest sql.NullInt64
	if err := s.db.QueryRowContext(ctx, "SELECT min(time), max(time) FROM alerts WHERE "+w.text(), w.args...).Scan(&oldest, &newest); err != nil {
		return nil, explain(s.file, err)
	}
	out, width := frame(f.From, f.To, oldest, newest, bars, time.Minute)
	if len(out) == 0 {
		return nil, nil
	}
	rows, err := s.db.QueryContext(ctx, "SELECT (time - ?) / ? AS bar, "+levelOf+" AS l, count(*) FROM alerts WHERE "+w.text()+" GROUP BY bar, l", //nolint:gosec // every value is a parameter
		append([]any{out[0].From.UnixNano(), int64(width)}, w.args...)...)
	if err != nil {
		return nil, explain(s.file, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var bar, level, n int64
		if err := rows.Scan(&bar, &level, &n); err != nil {
			return nil, explain(s.file, err)
		}
		if bar >= 0 && bar < int64(len(out)) {
			out[bar].Count += n
			out[bar].Levels[level] += n
		}
	}
	return out, explain(s.file, rows.Err())
}

// EventHistogram counts events by whole hours or more, in at most bars
// stretches. Of the filter it heeds From, To, Dataset and Account.
func (s *Store) EventHistogram(ctx context.Context, f Filter, bars int) ([]Bar, error) {
	var w where
	w.equal(f.Dataset, "dataset")
	w.equal(f.Account, "account")
	hour := int64(time.Hour)
	if !f.From.IsZero() {
		w.add("hour >= ?", floorDiv(f.From.UnixNano(), hour))
	}
	if !f.To.IsZero() {
		w.add("hour < ?", floorDiv(f.To.UnixNano()+hour-1, hour))
	}
	rows, err := s.db.QueryContext(ctx, "SELECT hour, sum(events) FROM hours WHERE "+w.text()+" GROUP BY hour ORDER BY hour", w.args...) //nolint:gosec // every value is a parameter
	if err != nil {
		return nil, explain(s.file, err)
	}
	defer func() { _ = rows.Close() }()
	type count struct{ hour, n int64 }
	var counts []count
	for rows.Next() {
		var c count
		if err := rows.Scan(&c.hour, &c.n); err != nil {
			return nil, explain(s.file, err)
		}
		counts = append(counts, c)
	}
	if err := rows.Err(); err != nil || len(counts) == 0 {
		return nil, explain(s.file, err)
	}
	oldest := sql.NullInt64{Int64: counts[0].hour * hour, Valid: true}
	newest := sql.NullInt64{Int64: counts[len(counts)-1].hour * hour, Valid: true}
	out, width := frame(f.From, f.To, oldest, newest, bars, time.Hour)
	for _, c := range counts {
		if bar := (c.hour*hour - out[0].From.UnixNano()) / int64(width); bar >= 0 && bar < int64(len(out)) {
			out[bar].Count += c.n
		}
	}
	return out, nil
}

// widths are what a stretch may be long.
var widths = []time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 7 * 24 * time.Hour, 28 * 24 * time.Hour, 364 * 24 * time.Hour, 3640 * 24 * time.Hour,
}

// frame lays out empty stretches.
func frame(from, to time.Time, oldest, newest sql.NullInt64, bars int, least time.Duration) ([]Bar, time.Duration) {
	if !oldest.Valid {
		return nil, 0
	}
	first, last := oldest.Int64, newest.Int64
	if !from.IsZero() {
		first = from.UnixNano()
	}
	if !to.IsZero() {
		last = max(to.UnixNano()-1, first)
	}
	for _, width := range widths {
		w := int64(width)
		begin := floorDiv(first, w)
		n := floorDiv(last, w) - begin + 1
		if width < least || n > int64(bars) && width < widths[len(widths)-1] {
			continue
		}
		out := make([]Bar, min(n, int64(bars)))
		for i := range out {
			out[i].From = at((begin + int64(i)) * w)
		}
		return out, width
	}
	return nil, 0
}

// Values are what lists of alerts can be filtered by, each sorted.
type Values struct {
	Controls, Accounts, Productions, Rules []string
}

// most values of one kind that are offered.
const mostValues = 500

// AlertValues lists what occurs in alerts.
func (s *Store) AlertValues(ctx context.Context) (v Values, err error) {
	if v.Accounts, err = s.distinct(ctx, "account"); err != nil {
		return v, err
	}
	if v.Productions, err = s.distinct(ctx, "production"); err != nil {
		return v, err
	}
	if v.Rules, err = s.distinct(ctx, "rule_id"); err != nil {
		return v, err
	}
	lists, err := s.distinct(ctx, "controls")
	seen := map[string]bool{}
	for _, list := range lists {
		for _, c := range strings.Fields(list) {
			if !seen[c] {
				seen[c] = true
				v.Controls = append(v.Controls, c)
			}
		}
	}
	sortControls(v.Controls)
	return v, err
}

func (s *Store) distinct(ctx context.Context, column string) (out []string, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT DISTINCT "+column+" FROM alerts WHERE "+column+" IS NOT NULL ORDER BY 1 LIMIT "+strconv.Itoa(mostValues)) //nolint:gosec // column is one of ours
	if err != nil {
		return nil, explain(s.file, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			return nil, explain(s.file, err)
		}
		out = append(out, v)
	}
	return out, explain(s.file, rows.Err())
}
