package cloudtrail

import (
	"fmt"
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/dice"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
)

// Bundle gathers the records of one stream and window, to be written as files.
// It is reused: Reset empties it and keeps its memory.
type Bundle struct {
	// Saw, if not nil, is told of each record before it is written: those of daily
	// work have no ID yet.
	Saw func(r *Record)

	text    []byte
	records []span
}

type span struct {
	order      int64
	begin, end int
}

// Reset empties the bundle.
func (b *Bundle) Reset() { b.text, b.records = b.text[:0], b.records[:0] }

// Size is the bytes of the records so far, with the commas between them.
func (b *Bundle) Size() int64 { return int64(len(b.text) + len(b.records)) }

// Len is the number of records.
func (b *Bundle) Len() int { return len(b.records) }

// Add writes r, drawing from d, and returns its length in bytes. r has its
// event id afterwards.
func (b *Bundle) Add(r *Record, d *dice.Dice) int64 {
	if b.Saw != nil {
		b.Saw(r)
	}
	begin := len(b.text)
	b.text = r.Append(b.text, d)
	// Within a file records stand near their time, never strictly by it.
	order := r.Time.Unix()*8 + int64(d.IntN(8*90))
	b.records = append(b.records, span{order, begin, len(b.text)})
	return int64(len(b.text) - begin)
}

// Files cuts the bundle into files of at most about most bytes and hands each
// to emit, which must not keep body. A bundle without records makes none.
func (b *Bundle) Files(most int, emit func(body []byte, records int) error) error {
	slices.SortStableFunc(b.records, func(x, y span) int { return int(x.order - y.order) })
	const head, tail = `{"Records":[`, `]}`
	body := make([]byte, 0, min(most, len(b.text)+len(b.records))+8<<10)
	count := 0
	flush := func() error {
		if count == 0 {
			return nil
		}
		body = append(body, tail...)
		err := emit(body, count)
		body, count = body[:0], 0
		return err
	}
	for _, r := range b.records {
		if len(body)+r.end-r.begin > most {
			if err := flush(); err != nil {
				return err
			}
		}
		if count == 0 {
			body = append(body, head...)
		} else {
			body = append(body, ',')
		}
		body = append(body, b.text[r.begin:r.end]...)
		count++
	}
	return flush()
}

// Key is the S3 key of a file of s that was delivered at a time. n counts the
// files of one stream and window.
func Key(s Stream, at time.Time, seed uint64, n int) string {
	stamp := at.Format("20060102T1504") + "Z"
	mark := dice.New(seed, "trail file", s.Account.ID, s.Region, at.Format(time.RFC3339), fmt.Sprint(n)).Letters(16)
	return fmt.Sprintf("AWSLogs/%s/%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_%s.json.gz", studio.Organization,
		s.Account.ID, s.Region, at.Format("2006/01/02"), s.Account.ID, s.Region, stamp, mark)
}
