package local

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/burstwatch/burstwatch/internal/summary"
)

// bulkRows is how many rows one statement inserts. More save little, and a
// statement's parameters cost memory.
const bulkRows = 16

// bulk inserts rows of a table, several with one statement if many is set.
type bulk struct {
	columns   int
	many, one *sql.Stmt
}

func prepareBulk(ctx context.Context, db *sql.DB, columns int, head, tail string) (b bulk, err error) {
	values := "(" + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + ")"
	b.columns = columns
	if b.one, err = db.PrepareContext(ctx, head+values+tail); err != nil {
		return b, err
	}
	b.many, err = db.PrepareContext(ctx, head+strings.TrimSuffix(strings.Repeat(values+",", bulkRows), ",")+tail)
	return b, err
}

// each calls f with every statement and its arguments.
func (b *bulk) each(ctx context.Context, tx *sql.Tx, args []any, f func(s *sql.Stmt, args []any) error) error {
	for len(args) > 0 {
		stmt, n := b.one, b.columns
		if b.many != nil && len(args) >= bulkRows*b.columns {
			stmt, n = b.many, bulkRows*b.columns
		}
		if err := f(tx.StmtContext(ctx, stmt), args[:n]); err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}

func (b *bulk) exec(ctx context.Context, tx *sql.Tx, args []any) error {
	return b.each(ctx, tx, args, func(s *sql.Stmt, args []any) error {
		_, err := s.ExecContext(ctx, args...)
		return err
	})
}

// query adds the numbers that the statements return to found.
func (b *bulk) query(ctx context.Context, tx *sql.Tx, args []any, found map[int64]bool) error {
	return b.each(ctx, tx, args, func(s *sql.Stmt, args []any) error {
		rows, err := s.QueryContext(ctx, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			found[id] = true
		}
		return rows.Err()
	})
}

// statements are those of the writer.
type statements struct {
	events, documents, words                    bulk
	hours, origins, alert, evidence, alertWords *sql.Stmt
}

const eventColumns = 17

const insertAlert = `INSERT INTO alerts (id, short_id, revision, state, count, time, first_time, last_time, severity, level, rule_id, rule_name, controls,
	message, subject, user, source_ip, action, outcome, account, region, production, doc)
VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
ON CONFLICT (id) DO UPDATE SET short_id=excluded.short_id, revision=excluded.revision, state=excluded.state, count=excluded.count, time=excluded.time,
	first_time=excluded.first_time, last_time=excluded.last_time, severity=excluded.severity, level=excluded.level, rule_id=excluded.rule_id,
	rule_name=excluded.rule_name, controls=excluded.controls, message=excluded.message, subject=excluded.subject, user=excluded.user,
	source_ip=excluded.source_ip, action=excluded.action, outcome=excluded.outcome, account=excluded.account, region=excluded.region,
	production=excluded.production, doc=excluded.doc
WHERE excluded.revision > alerts.revision
RETURNING key`

func (s *statements) prepare(ctx context.Context, db *sql.DB) error {
	var faults [8]error
	s.events, faults[0] = prepareBulk(ctx, db, eventColumns, `INSERT INTO events (id, delivery_id, time, dataset, kind, provider, action, outcome, error_code,
		account, recipient, region, user, source_ip, destination_ip, production, source) VALUES `, ` ON CONFLICT (delivery_id) DO NOTHING RETURNING id`)
	s.documents, faults[1] = prepareBulk(ctx, db, 2, `INSERT INTO documents (id, doc) VALUES `, ``)
	// A statement of several rows can fail in the middle; to be able to undo
	// that, the full-text index would write a segment at each.
	s.words.columns = 2
	s.words.one, faults[2] = db.PrepareContext(ctx, `INSERT INTO events_words (rowid, words) VALUES (?,?)`)
	s.hours, faults[3] = db.PrepareContext(ctx, `INSERT INTO hours (hour, dataset, account, events) VALUES (?,?,?,?)
		ON CONFLICT DO UPDATE SET events = events + excluded.events`)
	s.origins, faults[4] = db.PrepareContext(ctx, `INSERT INTO origins (source, dataset, account, region, first_time, last_time, stored, events) VALUES (?,?,?,?,?,?,?,?)
		ON CONFLICT DO UPDATE SET first_time = min(first_time, excluded.first_time), last_time = max(last_time, excluded.last_time),
			stored = excluded.stored, events = events + excluded.events`)
	s.alert, faults[5] = db.PrepareContext(ctx, insertAlert)
	s.evidence, faults[6] = db.PrepareContext(ctx, `INSERT INTO evidence (delivery_id, alert) VALUES (?,?) ON CONFLICT DO NOTHING`)
	s.alertWords, faults[7] = db.PrepareContext(ctx, `INSERT OR REPLACE INTO alerts_words (rowid, words) VALUES (?,?)`)
	return errors.Join(faults[:]...)
}

// run executes a prepared statement in a transaction.
func run(ctx context.Context, tx *sql.Tx, prepared *sql.Stmt, args ...any) (err error) {
	stmt := tx.StmtContext(ctx, prepared)
	defer func() { err = errors.Join(err, stmt.Close()) }()
	_, err = stmt.ExecContext(ctx, args...)
	return err
}

// number runs a prepared statement that returns one number, or no row.
func number(ctx context.Context, tx *sql.Tx, prepared *sql.Stmt, args ...any) (n int64, err error) {
	stmt := tx.StmtContext(ctx, prepared)
	defer func() { err = errors.Join(err, stmt.Close()) }()
	err = stmt.QueryRowContext(ctx, args...).Scan(&n)
	return n, err
}

func (s *statements) close() error {
	var faults []error
	for _, stmt := range []*sql.Stmt{
		s.events.one, s.events.many, s.documents.one, s.documents.many, s.words.one, s.words.many,
		s.hours, s.origins, s.alert, s.evidence, s.alertWords,
	} {
		if stmt != nil {
			faults = append(faults, stmt.Close())
		}
	}
	return errors.Join(faults...)
}

// null is NULL for the empty string, so that partial indexes leave it out.
func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func appendEventArgs(args []any, r *row) []any {
	s := &r.sum
	recipient := s.Recipient
	if recipient == s.Account {
		recipient = ""
	}
	return append(args, r.id, r.given[:], r.at, null(s.Dataset), null(s.Kind), null(s.Provider), null(s.Action), null(s.Outcome), null(s.ErrorCode),
		null(s.Account), null(recipient), null(s.Region), null(s.User), null(s.SourceIP), null(s.DestinationIP), null(s.Production), null(s.Source))
}

func alertArgs(r *row) []any {
	s, a := &r.sum, &r.sum.Alert
	severity := s.Severity
	if severity == 0 {
		severity = summary.SeverityOf(a.Level)
	}
	first, last := a.First, a.Last
	if first == 0 {
		first = r.at
	}
	if last == 0 {
		last = r.at
	}
	controls := ""
	if len(a.Controls) > 0 {
		controls = " " + strings.Join(a.Controls, " ") + " "
	}
	return []any{
		a.ID, null(a.ShortID), max(1, a.Revision), null(a.State), max(1, a.Count), r.at, first, last, severity, null(a.Level), null(a.RuleID), null(a.RuleName),
		null(controls), null(s.Message), null(a.Subject), null(s.User), null(s.SourceIP), null(s.Action), null(s.Outcome), null(s.Account), null(s.Region),
		null(s.Production), string(r.event.Doc),
	}
}
