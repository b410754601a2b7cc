package local

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"modernc.org/sqlite"
)

// Sizes of pages, in bytes, and of what each connection caches, in KiB.
const (
	pageSize     = 8192
	writerCache  = 16 << 10
	readerCache  = 4 << 10
	checkpointAt = 1000 // pages of write-ahead log
	// checked is the size in bytes up to which a file is read through when it
	// is opened, which takes about a second; of larger ones the structure is
	// looked at.
	checked = 256 << 20
)

// How a connection is set up. Full syncing is what makes Write's nil true; the
// write-ahead log lets others read meanwhile.
var (
	asReader = []string{"busy_timeout(10000)", "query_only(1)", "cache_size(-" + strconv.Itoa(readerCache) + ")", "temp_store(memory)", "trusted_schema(0)"}
	asWriter = []string{"busy_timeout(10000)", "journal_mode(wal)", "synchronous(full)", "cache_size(-" + strconv.Itoa(writerCache) + ")",
		"wal_autocheckpoint(" + strconv.Itoa(checkpointAt) + ")", "journal_size_limit(67108864)", "temp_store(memory)", "trusted_schema(0)"}
)

// A new file is made without the settings above: the driver would apply them in
// an order of its own, and what is in making must stand before the first write.
var (
	asMaker = []string{"synchronous(full)"}
	making  = []string{"page_size=" + strconv.Itoa(pageSize), "auto_vacuum=incremental", "application_id=" + strconv.Itoa(applicationID), "journal_mode=wal"}
)

func connect(file, mode string, pragmas []string, connections int) (*sql.DB, error) {
	whole, err := filepath.Abs(file)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", file, err)
	}
	q := url.Values{"_pragma": pragmas, "mode": {mode}}
	if mode != "ro" {
		q.Set("_txlock", "immediate")
	}
	c, err := sqlite.NewConnector((&url.URL{Scheme: "file", Path: whole, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// openFile opens the store to write, making it if there is none.
func openFile(ctx context.Context, file string) (*sql.DB, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return nil, fmt.Errorf("make the folder of the local store: %w", err)
	}
	if err := ensure(ctx, file); err != nil {
		return nil, explain(file, err)
	}
	if err := inspect(ctx, file); err != nil {
		return nil, explain(file, err)
	}
	db, err := connect(file, "rw", asWriter, 1)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, db, file, migrations); err != nil {
		return nil, errors.Join(explain(file, err), db.Close())
	}
	return db, nil
}

// ensure makes a new store aside and puts it in place when it is whole. So a
// file that is there but empty is damage, and is never taken for a new store.
func ensure(ctx context.Context, file string) error {
	info, err := os.Stat(file)
	if err == nil {
		if info.Size() == 0 {
			return errEmpty
		}
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Stat(file + "-wal"); err == nil {
		return errOrphan
	}
	temp := file + ".new"
	for _, ending := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(temp + ending); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := create(ctx, temp); err != nil {
		return err
	}
	if err := os.Rename(temp, file); err != nil {
		return err
	}
	return syncDir(filepath.Dir(file))
}

// create makes a store that only its owner reads: it holds everything that the
// logs hold. SQLite gives its log files the same permissions.
func create(ctx context.Context, file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	db, err := connect(file, "rw", asMaker, 1)
	if err != nil {
		return err
	}
	for _, pragma := range making {
		if _, err := db.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	err = migrate(ctx, db, file, migrations)
	return errors.Join(err, db.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// inspect refuses what is no store, or a damaged one, without writing to it.
func inspect(ctx context.Context, file string) (err error) {
	db, err := connect(file, "ro", asReader, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var id int64
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if id != applicationID {
		return errForeign
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if info.Size() > checked {
		var n sql.NullInt64
		return db.QueryRowContext(ctx, "SELECT max(id) + (SELECT count(*) FROM sqlite_schema) FROM events").Scan(&n)
	}
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, verdict)
	}
	return nil
}

// migrate brings the layout to the newest version, each step in a transaction
// of its own.
func migrate(ctx context.Context, db *sql.DB, file string, steps []string) error {
	version, err := layout(ctx, db)
	if err != nil {
		return err
	}
	if version > len(steps) {
		return fmt.Errorf("%w (its layout is version %d, this program knows %d)", errNewer, version, len(steps))
	}
	for ; version < len(steps); version++ {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return fmt.Errorf("bring %s to layout %d: %w", file, version+1, err)
		}
		_, err = tx.ExecContext(ctx, steps[version]+";PRAGMA user_version="+strconv.Itoa(version+1))
		if err == nil {
			err = tx.Commit()
		}
		if err != nil {
			return fmt.Errorf("bring %s to layout %d: %w", file, version+1, errors.Join(err, rollback(tx)))
		}
	}
	return nil
}

func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); !errors.Is(err, sql.ErrTxDone) {
		return err
	}
	return nil
}

func layout(ctx context.Context, db *sql.DB) (version int, err error) {
	err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	return version, err
}
