package local

import (
	"context"
	"database/sql"
	"fmt"
	"math"
)

// seqBits is how much of an id counts the events of one second.
const seqBits = 20

// maxSecond is the last second that an id can hold, in the year 2248.
const maxSecond = int64(math.MaxInt64)>>seqBits - 1

// idOf is the first id of the second that a time, in nanoseconds since 1970
// UTC, lies in. What is earlier or later than ids reach is put at their ends;
// the column time has it exactly.
func idOf(ns int64) int64 { return secondOf(ns) << seqBits }

func secondOf(ns int64) int64 { return min(max(floorDiv(ns, 1e9), 0), maxSecond) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// ids remembers the next free id of seconds.
//
// Logs whose times have no hours, or one time for all, can put more events in
// a second than an id can count. These spill into the seconds that follow, and
// the fact "spill" says how far that ever went, so that a search by time looks
// as far.
type ids map[int64]int64

// remembered bounds the map.
const remembered = 1 << 14

// give gives every row an id. Rows are in order of time.
func (s ids) give(ctx context.Context, tx *sql.Tx, rows []row) error {
	if len(s) > remembered {
		clear(s)
	}
	var spill int64
	for i := range rows {
		want := secondOf(rows[i].at)
		second := want
		for {
			next, err := s.next(ctx, tx, second)
			if err != nil {
				return err
			}
			if next>>seqBits == second {
				rows[i].id, s[second] = next, next+1
				break
			}
			second++
			if second > maxSecond {
				return fmt.Errorf("no id is left for events of the second %d", want)
			}
		}
		spill = max(spill, second-want)
	}
	if spill == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO facts VALUES ('spill', ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)`, spill)
	return err
}

// next is the next id of a second; one beyond its last if it is full.
func (s ids) next(ctx context.Context, tx *sql.Tx, second int64) (int64, error) {
	if next, ok := s[second]; ok {
		return next, nil
	}
	first := second << seqBits
	var last sql.NullInt64
	err := tx.QueryRowContext(ctx, `SELECT max(id) FROM events WHERE id >= ? AND id < ?`, first, first+1<<seqBits).Scan(&last)
	if err != nil {
		return 0, err
	}
	s[second] = first
	if last.Valid {
		s[second] = last.Int64 + 1
	}
	return s[second], nil
}
