package local

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/internal/summary"
)

// AlertRow is a case as lists show it. Its texts come from logs.
type AlertRow struct {
	ID, ShortID                      string
	Revision, Count                  int64
	State                            string
	Time, First, Last                time.Time
	Severity                         int64
	Level, RuleID, RuleName          string
	Controls                         []string
	Message, Subject, User, SourceIP string
	Action, Outcome                  string
	Account, Region, Production      string

	key int64
}

// Who is the subject, or else the user.
func (a *AlertRow) Who() string {
	if a.Subject != "" {
		return a.Subject
	}
	return a.User
}

const alertFields = `alerts.key, alerts.id, alerts.short_id, alerts.revision, alerts.count, alerts.state, alerts.time, alerts.first_time, alerts.last_time,
	alerts.severity, alerts.level, alerts.rule_id, alerts.rule_name, alerts.controls, alerts.message, alerts.subject, alerts.user, alerts.source_ip,
	alerts.action, alerts.outcome, alerts.account, alerts.region, alerts.production`

// scanner is *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

func (a *AlertRow) scan(r scanner, more ...any) error {
	var t, first, last int64
	controls := ""
	err := r.Scan(append([]any{
		&a.key, &a.ID, str(&a.ShortID), &a.Revision, &a.Count, str(&a.State), &t, &first, &last, &a.Severity, str(&a.Level), str(&a.RuleID),
		str(&a.RuleName), str(&controls), str(&a.Message), str(&a.Subject), str(&a.User), str(&a.SourceIP), str(&a.Action), str(&a.Outcome),
		str(&a.Account), str(&a.Region), str(&a.Production),
	}, more...)...)
	a.Time, a.First, a.Last = at(t), at(first), at(last)
	a.Controls = strings.Fields(controls)
	return err
}

// str scans NULL as the empty string.
func str(s *string) any { return &text{s} }

type text struct{ to *string }

// Scan takes what the driver has.
func (t *text) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*t.to = ""
	case string:
		*t.to = v
	case []byte:
		*t.to = string(v)
	default:
		return fmt.Errorf("a %T where text was expected", v)
	}
	return nil
}

// Alerts lists cases by time. next goes on where the list ends; "" if nothing follows.
func (s *Store) Alerts(ctx context.Context, f Filter) (list []AlertRow, next string, err error) {
	w, err := f.alerts()
	if err != nil {
		return nil, "", err
	}
	order, beyond := "DESC", "<"
	if f.Oldest {
		order, beyond = "ASC", ">"
	}
	if f.Cursor != "" {
		t, key, err := cursor(f.Cursor)
		if err != nil {
			return nil, "", err
		}
		w.add("(alerts.time, alerts.key) "+beyond+" (?, ?)", t, key)
	}
	rows, err := s.db.QueryContext(ctx, "SELECT "+alertFields+" FROM alerts WHERE "+w.text()+ //nolint:gosec // every value is a parameter
		" ORDER BY alerts.time "+order+", alerts.key "+order+" LIMIT "+strconv.Itoa(f.limit()+1), w.args...)
	if err != nil {
		return nil, "", explain(s.file, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if len(list) == f.limit() {
			last := &list[len(list)-1]
			return list, cursorText(last.Time.UnixNano(), last.key), nil
		}
		var a AlertRow
		if err := a.scan(rows); err != nil {
			return nil, "", explain(s.file, err)
		}
		list = append(list, a)
	}
	return list, "", explain(s.file, rows.Err())
}

// ErrNotFound is returned for an alert or event that is not, or no longer, there.
var ErrNotFound = errors.New("not in the local store")

// ErrAmbiguous is returned for a short id that several alerts have.
var ErrAmbiguous = errors.New("several alerts have this short id")

// Alert is a case with its document and what it rests on.
type Alert struct {
	AlertRow
	Doc      []byte
	Evidence []Evidence
}

// Evidence is one event behind an alert: as the alert names it, and the event
// itself where the store has it.
type Evidence struct {
	EventID, Dataset, Object, SHA256, DeliveryID string
	Record                                       int64
	Event                                        *EventRow
}

// Alert finds a case by its id or short id.
func (s *Store) Alert(ctx context.Context, id string) (*Alert, error) {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, explain(s.file, err)
	}
	defer func() { _ = tx.Rollback() }()
	a, err := findAlert(ctx, tx, id)
	if err != nil {
		return nil, fmt.Errorf("alert %.80q: %w", id, err)
	}
	a.Evidence = evidenceOf(a.Doc)
	for i := range a.Evidence {
		e := &a.Evidence[i]
		e.Event, err = findEvent(ctx, tx, e.DeliveryID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, explain(s.file, err)
		}
	}
	return a, nil
}

func findAlert(ctx context.Context, tx *sql.Tx, id string) (*Alert, error) {
	rows, err := tx.QueryContext(ctx, "SELECT "+alertFields+", alerts.doc FROM alerts WHERE id = ?1 OR short_id = ?1 ORDER BY id = ?1 DESC LIMIT 2", id)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var found []*Alert
	for rows.Next() {
		a, doc := &Alert{}, ""
		if err := a.scan(rows, str(&doc)); err != nil {
			return nil, err
		}
		a.Doc = []byte(doc)
		found = append(found, a)
	}
	switch {
	case rows.Err() != nil:
		return nil, rows.Err()
	case len(found) == 0:
		return nil, ErrNotFound
	case len(found) > 1 && found[0].ID != id:
		return nil, ErrAmbiguous
	}
	return found[0], nil
}

var evidencePath = jsonscan.CompilePath("studio.alert.evidence")

// evidenceOf reads what an alert's document names as its evidence.
func evidenceOf(doc []byte) []Evidence {
	var out []Evidence
	for _, v := range evidencePath.Append(nil, doc, nil) {
		var e Evidence
		for it := jsonscan.Object(v.Bytes); it.Next(); {
			value := summary.Text(it.Value)
			switch string(it.Key) {
			case "event_id":
				e.EventID = value
			case "dataset":
				e.Dataset = value
			case "object":
				e.Object = value
			case "sha256":
				e.SHA256 = value
			case "delivery_id":
				e.DeliveryID = value
			case "record":
				e.Record, _ = strconv.ParseInt(value, 10, 64)
			}
		}
		out = append(out, e)
	}
	return out
}

func decodeID(id string) []byte {
	b, err := hex.DecodeString(id)
	if err != nil {
		return nil
	}
	return b
}
