package local

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// EventRow is an event as lists show it. Its texts come from logs.
type EventRow struct {
	// DeliveryID is in hexadecimal.
	DeliveryID                                          string
	Time                                                time.Time
	Dataset, Kind, Provider, Action, Outcome, ErrorCode string
	Account, Recipient, Region                          string
	User, SourceIP, DestinationIP, Production, Source   string
	// Doc is the document; lists leave it out.
	Doc []byte

	id int64
}

const eventFields = `events.id, events.delivery_id, events.time, events.dataset, events.kind, events.provider, events.action, events.outcome,
	events.error_code, events.account, events.recipient, events.region, events.user, events.source_ip, events.destination_ip, events.production, events.source`

func (e *EventRow) scan(r scanner, more ...any) error {
	var id []byte
	var t int64
	err := r.Scan(append([]any{
		&e.id, &id, &t, str(&e.Dataset), str(&e.Kind), str(&e.Provider), str(&e.Action), str(&e.Outcome), str(&e.ErrorCode), str(&e.Account),
		str(&e.Recipient), str(&e.Region), str(&e.User), str(&e.SourceIP), str(&e.DestinationIP), str(&e.Production), str(&e.Source),
	}, more...)...)
	e.DeliveryID, e.Time = hex.EncodeToString(id), at(t)
	if e.Recipient == "" {
		e.Recipient = e.Account
	}
	return err
}

// events are the conditions on table events.
func (f *Filter) events(spill int64) (w where, q textQuery, err error) {
	f.common(&w, "events.")
	w.equal(f.Dataset, "events.dataset")
	w.equal(f.User, "events.user")
	w.equal(f.Account, "events.account", "events.recipient")
	if !f.From.IsZero() {
		w.add("events.id >= ?", idOf(f.From.UnixNano()))
	}
	if !f.To.IsZero() {
		w.add("events.id < ?", (secondOf(f.To.UnixNano())+1+spill)<<seqBits)
	}
	if f.Cursor != "" {
		id, _, err := cursor(f.Cursor)
		if err != nil {
			return w, q, err
		}
		if f.Oldest {
			w.add("events.id > ?", id)
		} else {
			w.add("events.id < ?", id)
		}
	}
	q, err = parseText(f.Text)
	return w, q, err
}

// Events lists events by time. next goes on where the list ends; "" if nothing follows.
func (s *Store) Events(ctx context.Context, f Filter) (list []EventRow, next string, err error) {
	query, args, err := s.eventQuery(ctx, &f)
	if err != nil {
		return nil, "", err
	}
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, "", explain(s.file, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if len(list) == f.limit() {
			return list, cursorText(list[len(list)-1].id, 0), nil
		}
		var e EventRow
		if err := e.scan(rows); err != nil {
			return nil, "", explain(s.file, err)
		}
		list = append(list, e)
	}
	return list, "", explain(s.file, rows.Err())
}

// eventQuery writes the query. With a text the full-text index leads, because
// it gives its hits in order of id, which is order of time, one by one: the
// newest fifty are found without looking at the rest.
func (s *Store) eventQuery(ctx context.Context, f *Filter) (string, []any, error) {
	var spill int64
	err := s.db.QueryRowContext(ctx, `SELECT value FROM facts WHERE name = 'spill'`).Scan(&spill)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", nil, explain(s.file, err)
	}
	w, q, err := f.events(spill)
	if err != nil {
		return "", nil, err
	}
	order := "DESC"
	if f.Oldest {
		order = "ASC"
	}
	from, by := "events", "events.id"
	if q.match != "" {
		from, by = "events_words CROSS JOIN events ON events.id = events_words.rowid", "events_words.rowid"
		w.add("events_words MATCH ?", q.match)
		f.bound(&w, spill)
	}
	q.exclude(&w, "events_words", "events.id")
	if len(q.phrases) > 0 {
		from += " JOIN documents ON documents.id = events.id"
		q.holds(&w, "documents.doc")
	}
	return "SELECT " + eventFields + " FROM " + from + " WHERE " + w.text() + " ORDER BY " + by + " " + order + " LIMIT " + strconv.Itoa(f.limit()+1), w.args, nil
}

// bound tells the full-text index itself where to look: it cannot see through
// conditions on the table that it is joined to.
func (f *Filter) bound(w *where, spill int64) {
	if !f.From.IsZero() {
		w.add("events_words.rowid >= ?", idOf(f.From.UnixNano()))
	}
	if !f.To.IsZero() {
		w.add("events_words.rowid < ?", (secondOf(f.To.UnixNano())+1+spill)<<seqBits)
	}
	if id, _, err := cursor(f.Cursor); err == nil && f.Oldest {
		w.add("events_words.rowid > ?", id)
	} else if err == nil {
		w.add("events_words.rowid < ?", id)
	}
}

// Event finds an event, with its document, by its delivery id in hexadecimal.
func (s *Store) Event(ctx context.Context, deliveryID string) (*EventRow, error) {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, explain(s.file, err)
	}
	defer func() { _ = tx.Rollback() }()
	e, err := findEvent(ctx, tx, deliveryID)
	if err != nil {
		return nil, fmt.Errorf("event %.80q: %w", deliveryID, err)
	}
	return e, nil
}

func findEvent(ctx context.Context, tx *sql.Tx, deliveryID string) (*EventRow, error) {
	id := decodeID(deliveryID)
	if len(id) == 0 {
		return nil, ErrNotFound
	}
	e, doc := &EventRow{}, ""
	err := e.scan(tx.QueryRowContext(ctx, "SELECT "+eventFields+", documents.doc FROM events JOIN documents USING (id) WHERE delivery_id = ?", id), str(&doc))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	e.Doc = []byte(doc)
	return e, err
}
