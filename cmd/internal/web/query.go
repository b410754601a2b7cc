package web

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/summary"
	"github.com/burstwatch/burstwatch/sinks/local"
)

// errAsked is wrapped by what is wrong with the address of a page.
var errAsked = errors.New("the address cannot be understood")

// longestValue bounds each parameter, in bytes.
const longestValue = 1000

// asked is a list as its address asks for it.
type asked struct {
	values url.Values
	path   string
	Filter local.Filter
	// Range is a stretch back from now, one of ranges; "" if none.
	Range string
	Level string
	// Each lists every case instead of groups.
	Each bool
}

// ranges are the stretches that can be chosen with one click.
var ranges = []struct {
	Name string
	Back time.Duration
}{{"1h", time.Hour}, {"24h", 24 * time.Hour}, {"7d", 7 * 24 * time.Hour}, {"30d", 30 * 24 * time.Hour}}

func (s *Server) asked(u *url.URL) (a asked, err error) {
	a = asked{values: url.Values{}, path: u.Path}
	for name, list := range u.Query() {
		if v := strings.TrimSpace(list[0]); v != "" {
			if len(v) > longestValue {
				return a, fmt.Errorf("%w: %s is longer than %d characters", errAsked, name, longestValue)
			}
			a.values.Set(name, v)
		}
	}
	get := a.values.Get
	a.Filter = local.Filter{
		Text: get("q"), Dataset: get("dataset"), Account: get("account"), Region: get("region"), User: get("user"), SourceIP: get("ip"),
		Action: get("action"), Outcome: get("outcome"), Production: get("production"), Control: get("control"), RuleID: get("rule"),
		State: get("state"), Cursor: get("after"), Oldest: get("order") == "oldest", Worst: get("order") == "worst",
	}
	a.Level, a.Range, a.Each = get("level"), get("range"), get("group") == "none"
	a.Filter.MinSeverity = summary.SeverityOf(a.Level)
	return a, a.times(s.Now())
}

// times reads the stretch of time, which is UTC.
func (a *asked) times(now time.Time) (err error) {
	for _, r := range ranges {
		if r.Name == a.Range {
			a.Filter.From = now.Add(-r.Back)
			return nil
		}
	}
	a.Range = ""
	if a.Filter.From, err = moment(a.values.Get("from")); err != nil {
		return fmt.Errorf("%w: from: %w", errAsked, err)
	}
	if a.Filter.To, err = moment(a.values.Get("to")); err != nil {
		return fmt.Errorf("%w: to: %w", errAsked, err)
	}
	return nil
}

// moment reads a time as forms send it, or as documents have it.
func moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() > 1969 && t.Year() < 2262 {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is no time such as 2026-11-06 09:37 (UTC)", text)
}

// Get is a parameter as it was given, for the form.
func (a *asked) Get(name string) string { return a.values.Get(name) }

// With is the address of this list with some parameters changed, given as names
// and values by turns, from its first page on.
func (a *asked) With(pairs ...string) string {
	q := url.Values{}
	for name, v := range a.values {
		q[name] = v
	}
	q.Del("after")
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Del(pairs[i])
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return a.path
	}
	return a.path + "?" + q.Encode()
}

// Back is the address of this list for a stretch back from now.
func (a *asked) Back(name string) string { return a.With("range", name, "from", "", "to", "") }

// Ranges are the stretches to choose from.
func (a *asked) Ranges() []string {
	var out []string
	for _, r := range ranges {
		out = append(out, r.Name)
	}
	return out
}

// Narrowed reports whether anything is chosen away.
func (a *asked) Narrowed() bool {
	for name := range a.values {
		if name != "after" && name != "group" && name != "order" {
			return true
		}
	}
	return false
}

// Beyond reports whether any of the parameters is given.
func (a *asked) Beyond(names ...string) bool {
	for _, name := range names {
		if a.values.Has(name) {
			return true
		}
	}
	return false
}

// Chosen are the parameters that have no field of their own in the form.
func (a *asked) Chosen(shown ...string) map[string]string {
	out := map[string]string{}
	for name, v := range a.values {
		out[name] = v[0]
	}
	delete(out, "after")
	for _, name := range shown {
		delete(out, name)
	}
	return out
}

// fieldTime is a time as a form's field has it. The field is text: a browser's
// own has its country's order of day and month, and its own time zone in mind.
func fieldTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// From and To are the stretch of time for the form.
func (a *asked) From() string {
	if a.Range != "" {
		return ""
	}
	return fieldTime(a.Filter.From)
}

// To is the end of the stretch of time for the form.
func (a *asked) To() string { return fieldTime(a.Filter.To) }
