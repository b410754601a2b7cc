package local

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"
)

// Store reads a local store; it never changes it. It may be another process's,
// and may be written meanwhile: each call sees one moment. It is safe for
// concurrent use, and a call ends when its context does.
type Store struct {
	file string
	db   *sql.DB
}

// readers is how many calls read at once; further ones wait.
const readers = 4

// OpenStore opens the store in a file to read. The error wraps fs.ErrNotExist
// where there is none yet.
func OpenStore(ctx context.Context, file string) (*Store, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, fmt.Errorf("open local store: %w", err)
	}
	db, err := connect(file, "ro", asReader, readers)
	if err != nil {
		return nil, err
	}
	var id int64
	err = db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id)
	version, layoutErr := layout(ctx, db)
	switch err = errors.Join(err, layoutErr); {
	case err != nil:
	case id != applicationID:
		err = errForeign
	case version != len(migrations):
		err = fmt.Errorf("its layout is version %d and this program reads %d: open it once with `burstwatch run` of this version", version, len(migrations))
	}
	if err != nil {
		return nil, errors.Join(explain(file, err), db.Close())
	}
	return &Store{file: file, db: db}, nil
}

// Close ends the reading.
func (s *Store) Close() error { return s.db.Close() }

// Info is the state of the store itself.
type Info struct {
	File string
	// Bytes is the size of the file, Free how many of them are not in use.
	Bytes, Free int64
	// Oldest and Newest are event times; zero if there is no event.
	Oldest, Newest time.Time
	// Alerts are the cases in the store.
	Alerts int64
}

// sizes are those of the file and of what of it is free, in bytes.
const sizes = "SELECT page_count * page_size, freelist_count * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size"

// Info reads the state of the store.
func (s *Store) Info(ctx context.Context) (Info, error) {
	i := Info{File: s.file}
	var oldest, newest sql.NullInt64
	err := errors.Join(
		s.db.QueryRowContext(ctx, sizes).Scan(&i.Bytes, &i.Free),
		s.db.QueryRowContext(ctx, "SELECT (SELECT time FROM events ORDER BY id LIMIT 1), (SELECT time FROM events ORDER BY id DESC LIMIT 1), (SELECT count(*) FROM alerts)").
			Scan(&oldest, &newest, &i.Alerts),
	)
	if err != nil {
		return i, explain(s.file, err)
	}
	if oldest.Valid {
		i.Oldest, i.Newest = at(oldest.Int64), at(newest.Int64)
	}
	return i, nil
}

// Origin is one log, and what of it has arrived.
type Origin struct {
	// Source is the source in the configuration; Account the one whose log it is.
	Source, Dataset, Account, Region string
	// First and Last are event times, Stored is when an event last arrived.
	First, Last, Stored time.Time
	// Events were ever stored; some may have been deleted since.
	Events int64
}

// Sources lists every log that events came from, by dataset, account, region.
func (s *Store) Sources(ctx context.Context) ([]Origin, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT source, dataset, account, region, first_time, last_time, stored, events
		FROM origins ORDER BY dataset, account, region, source LIMIT 10000`)
	if err != nil {
		return nil, explain(s.file, err)
	}
	defer func() { _ = rows.Close() }()
	var out []Origin
	for rows.Next() {
		var o Origin
		var first, last, stored int64
		if err := rows.Scan(&o.Source, &o.Dataset, &o.Account, &o.Region, &first, &last, &stored, &o.Events); err != nil {
			return nil, explain(s.file, err)
		}
		o.First, o.Last, o.Stored = at(first), at(last), at(stored)
		out = append(out, o)
	}
	return out, explain(s.file, rows.Err())
}

func at(ns int64) time.Time { return time.Unix(0, ns).UTC() }
