package local

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
)

const (
	sweepEvery = time.Minute
	// sweepRows are deleted in one transaction, which keeps Write waiting for
	// some tens of milliseconds.
	sweepRows = 500
	// giveBack is how many pages a transaction may return to the disk.
	giveBack = 2000
	// lowMark is what a store is brought down to, in parts of max_size, so
	// that not every Write is followed by a deletion.
	lowMark = 0.95
)

// sweeper holds the store to its limits, beside the writing.
type sweeper struct {
	s      *Sink
	cancel context.CancelFunc
	wake   chan struct{}
	done   sync.WaitGroup
}

func startSweeper(s *Sink) *sweeper {
	ctx, cancel := context.WithCancel(context.Background())
	w := &sweeper{s: s, cancel: cancel, wake: make(chan struct{}, 1)}
	if s.opts.MaxAge > 0 || s.opts.AlertsMaxAge > 0 || s.opts.MaxSize > 0 {
		w.done.Go(func() { w.run(ctx) })
	}
	return w
}

func (w *sweeper) stop() {
	w.cancel()
	w.done.Wait()
}

// wrote wakes the sweeper early when much was written since it looked.
func (w *sweeper) wrote(events []*event.Event) {
	n := int64(0)
	for _, e := range events {
		n += int64(len(e.Doc))
	}
	if w.s.written.Add(n) > int64(w.s.opts.MaxSize)/64 && w.s.opts.MaxSize > 0 {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

func (w *sweeper) run(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		w.s.written.Store(0)
		if err := w.s.Sweep(ctx); err != nil && ctx.Err() == nil {
			w.s.env.Log.Error("deleting what is beyond the limits failed; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-w.wake:
		}
	}
}

// Sweep deletes what is beyond the limits and gives the space back. The sink
// does this by itself every minute and when much was written.
func (s *Sink) Sweep(ctx context.Context) error {
	now := s.env.Now()
	if age := s.opts.AlertsMaxAge; age > 0 {
		if err := s.deleteAlerts(ctx, now.Add(-age).UnixNano()); err != nil {
			return err
		}
	}
	if age := s.opts.MaxAge; age > 0 {
		if _, err := s.deleteEvents(ctx, idOf(now.Add(-age).UnixNano()), func() (bool, error) { return true, nil }); err != nil {
			return err
		}
	}
	if s.opts.MaxSize == 0 {
		return nil
	}
	return s.shrink(ctx)
}

// used is the size of what the file holds, in bytes.
func (s *Sink) used(ctx context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all, free int64
	err := s.db.QueryRowContext(ctx, sizes).Scan(&all, &free)
	return all - free, explain(s.file, err)
}

// shrink deletes the oldest events until the store is below its limit; then,
// should that not be enough, the oldest alerts with what they rest on.
func (s *Sink) shrink(ctx context.Context) error {
	used, err := s.used(ctx)
	if err != nil || used <= int64(s.opts.MaxSize) {
		return err
	}
	goal := int64(float64(s.opts.MaxSize) * lowMark)
	over := func() (bool, error) {
		used, err := s.used(ctx)
		return used > goal, err
	}
	n, err := s.deleteEvents(ctx, maxSecond<<seqBits, over)
	if err != nil {
		return err
	}
	s.env.Log.Info("deleted the oldest events to keep the local store below max_size", "events", n, "max_size", s.opts.MaxSize.String())
	for {
		still, err := over()
		if err != nil || !still {
			return err
		}
		var cut sql.NullInt64
		s.mu.Lock()
		err = s.db.QueryRowContext(ctx, "SELECT max(time) FROM (SELECT time FROM alerts ORDER BY time LIMIT ?)", sweepRows).Scan(&cut)
		s.mu.Unlock()
		if err != nil || !cut.Valid {
			return explain(s.file, err)
		}
		s.env.Log.Warn("deleting the oldest alerts: without any other event the local store is still above max_size", "before", at(cut.Int64))
		if err := s.deleteAlerts(ctx, cut.Int64+1); err != nil {
			return err
		}
		if _, err := s.deleteEvents(ctx, maxSecond<<seqBits, over); err != nil {
			return err
		}
	}
}

// deleteEvents deletes events, oldest first, whose id is below the given one
// and on which no alert rests, for as long as more says so.
func (s *Sink) deleteEvents(ctx context.Context, below int64, more func() (bool, error)) (deleted int64, err error) {
	for after := int64(-1); ; {
		if again, err := more(); err != nil || !again {
			return deleted, err
		}
		ids, err := s.oldest(ctx, after, below)
		if err != nil || len(ids) == 0 {
			return deleted, explain(s.file, err)
		}
		after = ids[len(ids)-1]
		if err := s.drop(ctx, ids); err != nil {
			return deleted, explain(s.file, err)
		}
		deleted += int64(len(ids))
		if err := s.shrinkFile(ctx); err != nil {
			return deleted, explain(s.file, err)
		}
	}
}

func (s *Sink) oldest(ctx context.Context, after, below int64) (ids []int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return numbers(ctx, s.db, `SELECT id FROM events WHERE id > ? AND id < ?
		AND NOT EXISTS (SELECT 1 FROM evidence WHERE evidence.delivery_id = events.delivery_id) ORDER BY id LIMIT ?`, after, below, sweepRows)
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func numbers(ctx context.Context, db queryer, query string, args ...any) (out []int64, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, rows.Err()
}

// drop deletes events in one transaction.
func (s *Sink) drop(ctx context.Context, ids []int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transact(ctx, func(tx *sql.Tx) error {
		if err := deleteByID(ctx, tx, ids); err != nil {
			return err
		}
		hour := ids[len(ids)-1] >> seqBits / 3600
		_, err := tx.ExecContext(ctx, "DELETE FROM hours WHERE hour < ?", hour)
		return err
	})
}

func deleteByID(ctx context.Context, tx *sql.Tx, ids []int64) error {
	return deleteEach(ctx, tx, ids, "DELETE FROM events WHERE id = ?", "DELETE FROM documents WHERE id = ?", "DELETE FROM events_words WHERE rowid = ?")
}

func deleteEach(ctx context.Context, tx *sql.Tx, keys []int64, queries ...string) error {
	for _, q := range queries {
		if err := deleteOne(ctx, tx, keys, q); err != nil {
			return err
		}
	}
	return nil
}

func deleteOne(ctx context.Context, tx *sql.Tx, keys []int64, query string) (err error) {
	stmt, err := tx.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stmt.Close()) }()
	for _, key := range keys {
		if _, err := stmt.ExecContext(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// shrinkFile gives free pages back to the disk: what the deletions freed, and
// what the full-text index frees when it is told to merge.
func (s *Sink) shrinkFile(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.db.ExecContext(ctx, "INSERT INTO events_words (events_words, rank) VALUES ('merge', 200)"); err != nil {
		return fmt.Errorf("merge the full-text index: %w", err)
	}
	_, err := s.db.ExecContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", giveBack))
	return err
}

// deleteAlerts deletes alerts of before a moment, and the events that only
// they held in a store that has deleted the others of their time.
func (s *Sink) deleteAlerts(ctx context.Context, before int64) error {
	for {
		s.mu.Lock()
		keys, err := numbers(ctx, s.db, "SELECT key FROM alerts WHERE time < ? ORDER BY time LIMIT ?", before, sweepRows)
		if err == nil && len(keys) > 0 {
			err = s.transact(ctx, func(tx *sql.Tx) error { return deleteCases(ctx, tx, keys) })
		}
		s.mu.Unlock()
		if err == nil && len(keys) > 0 {
			err = s.shrinkFile(ctx)
		}
		if err != nil || len(keys) == 0 {
			return explain(s.file, err)
		}
	}
}

func deleteCases(ctx context.Context, tx *sql.Tx, keys []int64) error {
	return deleteEach(ctx, tx, keys, "DELETE FROM alerts WHERE key = ?", "DELETE FROM alerts_words WHERE rowid = ?", "DELETE FROM evidence WHERE alert = ?")
}
