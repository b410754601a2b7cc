package local

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Filter chooses alerts or events. Empty fields choose nothing away. Text
// fields are compared as they stand; with a * at their end, by what they begin with.
type Filter struct {
	// From is the first moment and To the first that is too late; zero is open.
	From, To time.Time
	// Text are words that must all occur: each matches what begins with it,
	// in "quotes" only itself, and with a - before it, it must not occur.
	Text string

	Dataset, Account, Region, User, SourceIP, Action, Outcome, Production string

	// Of alerts alone. User is compared with the subject too. Control is one,
	// or a section: 9 is 9.1, 9.2 and so on. State is a state, "any", or ""
	// for all but the retracted.
	Control, RuleID, State string
	MinSeverity            int64

	// Oldest first, instead of newest. Worst has the highest severity first;
	// it is for groups alone.
	Oldest, Worst bool
	// Limit is how many there may be; 0 means 50, and 1000 is the most.
	Limit int
	// Cursor is what the call before returned, to go on where it ended.
	Cursor string
}

// ErrFilter is wrapped by errors that lie in the filter, not in the store.
var ErrFilter = errors.New("the filter cannot be used")

const (
	defaultLimit = 50
	mostLimit    = 1000
)

func (f *Filter) limit() int {
	if f.Limit <= 0 {
		return defaultLimit
	}
	return min(f.Limit, mostLimit)
}

// where is a condition in the making. Every value is a parameter; only names
// from this package stand in the text.
type where struct {
	terms []string
	args  []any
}

func (w *where) add(term string, args ...any) {
	w.terms, w.args = append(w.terms, term), append(w.args, args...)
}

func (w *where) text() string {
	if len(w.terms) == 0 {
		return "1"
	}
	return strings.Join(w.terms, " AND ")
}

// equal compares columns, one of which must hold the value.
func (w *where) equal(value string, columns ...string) {
	if value == "" {
		return
	}
	begin, prefix := strings.CutSuffix(value, "*")
	var terms []string
	var args []any
	for _, c := range columns {
		if prefix {
			terms, args = append(terms, c+" >= ? AND "+c+" < ?"), append(args, begin, begin+"\U0010ffff")
		} else {
			terms, args = append(terms, c+" = ?"), append(args, value)
		}
	}
	w.add("("+strings.Join(terms, " OR ")+")", args...)
}

// common are the conditions that alerts and events share.
func (f *Filter) common(w *where, table string) {
	if !f.From.IsZero() {
		w.add(table+"time >= ?", f.From.UnixNano())
	}
	if !f.To.IsZero() {
		w.add(table+"time < ?", f.To.UnixNano())
	}
	w.equal(f.Region, table+"region")
	w.equal(f.SourceIP, table+"source_ip")
	w.equal(f.Action, table+"action")
	w.equal(f.Outcome, table+"outcome")
	w.equal(f.Production, table+"production")
}

// alerts are the conditions on table alerts.
func (f *Filter) alerts() (w where, err error) {
	f.common(&w, "alerts.")
	w.equal(f.User, "alerts.subject", "alerts.user")
	w.equal(f.Account, "alerts.account")
	w.equal(f.RuleID, "alerts.rule_id")
	if f.MinSeverity > 0 {
		w.add("alerts.severity >= ?", f.MinSeverity)
	}
	if f.Control != "" {
		w.add("(instr(alerts.controls, ?) OR instr(alerts.controls, ?))", " "+f.Control+" ", " "+f.Control+".")
	}
	switch f.State {
	case "":
		w.add("alerts.state IS NOT 'retracted'")
	case "any":
	default:
		w.add("alerts.state = ?", f.State)
	}
	q, err := parseText(f.Text)
	if err != nil {
		return w, err
	}
	q.restrict(&w, "alerts_words", "alerts.key", "alerts.doc")
	return w, nil
}

// cursor reads two numbers back from what a call returned.
func cursor(text string) (a, b int64, err error) {
	first, second, _ := strings.Cut(text, ".")
	a, errA := strconv.ParseInt(first, 10, 64)
	b, errB := strconv.ParseInt(second, 10, 64)
	if errA != nil || errB != nil {
		return 0, 0, fmt.Errorf("%w: %q is no place to go on from", ErrFilter, text)
	}
	return a, b, nil
}

func cursorText(a, b int64) string { return fmt.Sprintf("%d.%d", a, b) }
