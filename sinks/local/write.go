package local

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/summary"
	"github.com/burstwatch/burstwatch/sinks"
)

// Sink writes the store. It is a [sinks.Sink].
type Sink struct {
	env  plugin.Env
	opts Options
	file string
	db   *sql.DB

	mu      sync.Mutex // one writer: Write or the sweeper
	sql     statements
	index   indexer
	ids     ids
	written atomic.Int64 // bytes of documents since the sweeper looked

	store *Store
	sweep *sweeper
}

// Open opens the store to write, making it if there is none, and begins to
// delete what is beyond the limits of o.
func Open(ctx context.Context, env plugin.Env, o Options) (*Sink, error) {
	s := &Sink{env: env, opts: o, file: o.File(env.DataDir), ids: ids{}}
	var err error
	if s.db, err = openFile(ctx, s.file); err != nil {
		return nil, err
	}
	if err = s.sql.prepare(ctx, s.db); err == nil {
		s.store, err = OpenStore(ctx, s.file)
	}
	if err != nil {
		return nil, errors.Join(explain(s.file, err), s.db.Close())
	}
	s.sweep = startSweeper(s)
	return s, nil
}

// Store reads what the sink has written. It is closed with the sink.
func (s *Sink) Store() *Store { return s.store }

// Close ends the deleting and closes the file.
func (s *Sink) Close(context.Context) error {
	s.sweep.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.store.Close(), s.sql.close(), s.db.Close())
}

// row is an event on its way into the store.
type row struct {
	event *event.Event
	sum   summary.Summary
	at    int64 // what the event is ordered by, nanoseconds since 1970 UTC
	id    int64
	given event.ID
}

// Write stores the events and alerts in one transaction.
func (s *Sink) Write(ctx context.Context, events []*event.Event) error {
	var facts, alerts []row
	var rejected []sinks.Rejected
	for i, e := range events {
		r, reason := newRow(e)
		switch {
		case reason != "":
			rejected = append(rejected, sinks.Rejected{Index: i, Reason: reason})
		case e.Alert:
			alerts = append(alerts, r)
		default:
			facts = append(facts, r)
		}
	}
	// The full-text index writes a segment each time an id is less than the one before.
	slices.SortStableFunc(facts, func(a, b row) int { return cmp.Compare(a.at, b.at) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.transact(ctx, func(tx *sql.Tx) error {
		return errors.Join(s.putEvents(ctx, tx, facts), s.putAlerts(ctx, tx, alerts))
	}); err != nil {
		clear(s.ids)
		return explain(s.file, err)
	}
	s.sweep.wrote(events)
	if len(rejected) > 0 {
		return &sinks.PartialError{Reject: rejected}
	}
	return nil
}

// transact runs f in a transaction that is durable when transact returns nil.
func (s *Sink) transact(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, rollback(tx))
	}
	return tx.Commit()
}

// newRow reads what the columns hold; reason says why there can be no row.
func newRow(e *event.Event) (r row, reason string) {
	if len(e.Doc) == 0 {
		return r, "the event has no document"
	}
	r = row{event: e, sum: summary.Of(e.Doc), given: e.DeliveryID}
	r.at = cmp.Or(r.sum.Time, e.Time, r.sum.Created, e.Created)
	if r.given == (event.ID{}) {
		sum := sha256.Sum256(e.Doc)
		r.given = event.ID(sum[:16])
	}
	if e.Alert && r.sum.Alert.ID == "" {
		return r, "the alert has no studio.alert.id"
	}
	return r, ""
}

// putEvents stores the events that are not there yet.
func (s *Sink) putEvents(ctx context.Context, tx *sql.Tx, rows []row) error {
	if err := s.ids.give(ctx, tx, rows); err != nil {
		return err
	}
	args := make([]any, 0, len(rows)*eventColumns)
	for i := range rows {
		args = appendEventArgs(args, &rows[i])
	}
	fresh := make(map[int64]bool, len(rows))
	if err := s.sql.events.query(ctx, tx, args, fresh); err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r row) bool { return !fresh[r.id] })
	if err := s.putDocuments(ctx, tx, rows); err != nil {
		return err
	}
	return s.count(ctx, tx, rows)
}

func (s *Sink) putDocuments(ctx context.Context, tx *sql.Tx, rows []row) error {
	docs, words := make([]any, 0, 2*len(rows)), make([]any, 0, 2*len(rows))
	for i := range rows {
		doc := rows[i].event.Doc
		docs = append(docs, rows[i].id, string(doc))
		if s.opts.Search {
			words = append(words, rows[i].id, string(s.index.words(doc)))
		}
	}
	if err := s.sql.documents.exec(ctx, tx, docs); err != nil {
		return err
	}
	return s.sql.words.exec(ctx, tx, words)
}

// count keeps the figures that would cost a pass over all events to find:
// events an hour for the histogram, the last event of each origin.
func (s *Sink) count(ctx context.Context, tx *sql.Tx, rows []row) error {
	type hour struct {
		hour             int64
		dataset, account string
	}
	type origin struct{ source, dataset, account, region string }
	type span struct{ first, last, n int64 }
	hours, origins := map[hour]int64{}, map[origin]span{}
	for i := range rows {
		r := &rows[i]
		hours[hour{floorDiv(r.at, int64(time.Hour)), r.sum.Dataset, r.sum.Recipient}]++
		o := origin{r.sum.Source, r.sum.Dataset, r.sum.Recipient, r.sum.Region}
		sp, there := origins[o]
		if !there {
			sp = span{r.at, r.at, 0}
		}
		origins[o] = span{min(sp.first, r.at), max(sp.last, r.at), sp.n + 1}
	}
	for h, n := range hours {
		if err := run(ctx, tx, s.sql.hours, h.hour, h.dataset, h.account, n); err != nil {
			return err
		}
	}
	now := s.env.Now().UnixNano()
	for o, sp := range origins {
		if err := run(ctx, tx, s.sql.origins, o.source, o.dataset, o.account, o.region, sp.first, sp.last, now, sp.n); err != nil {
			return err
		}
	}
	return nil
}

// putAlerts stores revisions that are newer than those there.
func (s *Sink) putAlerts(ctx context.Context, tx *sql.Tx, rows []row) error {
	for i := range rows {
		r := &rows[i]
		key, err := number(ctx, tx, s.sql.alert, alertArgs(r)...)
		if errors.Is(err, sql.ErrNoRows) {
			continue // a revision that is there already, or an older one
		}
		if err != nil {
			return err
		}
		for _, id := range evidenceOf(r.event.Doc) {
			if id, err := hex.DecodeString(id.DeliveryID); err == nil && len(id) == len(event.ID{}) {
				if err := run(ctx, tx, s.sql.evidence, id, key); err != nil {
					return err
				}
			}
		}
		words := string(s.index.words(r.event.Doc))
		if err := run(ctx, tx, s.sql.alertWords, key, words); err != nil {
			return err
		}
	}
	return nil
}
