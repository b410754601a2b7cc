package s3

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/burstwatch/burstwatch/internal/state"
)

// pass is one reading of the bucket, and how far it has got: all keys up to a low
// mark are done with, of those behind it the ones that settled out of order are
// remembered, and so are all that failed. The next pass, after this one has
// ended, is for what was written since this one began.
type pass struct {
	store *state.Store
	space state.Space
	log   *slog.Logger

	mu      sync.Mutex
	record  passRecord
	window  []*entry // handed on, in the order of keys, from the low mark on
	failed  map[string]failure
	fresh   bool // something failed since this Run began
	open    int  // objects handed on that are not finished
	changed chan struct{}
	lost    bool // a write failed, and was reported
}

// passRecord is what is kept of a pass as a whole.
type passRecord struct {
	Of    string    `json:"of"` // hash of what is read
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until"`
	Low   string    `json:"low,omitempty"`
	Done  bool      `json:"done,omitempty"`
}

// entry is an object that was handed on.
type entry struct {
	key      string
	modified time.Time
	etag     string
	passed   bool // settled, or failed and noted as that
	stands   bool // a mark that it is settled is in the store
}

// failure is an object that could not be read, or not yet.
type failure struct {
	Tries    int       `json:"tries,omitempty"` // those that count
	Reason   string    `json:"reason"`
	Counts   bool      `json:"counts,omitempty"` // the last one did
	Modified time.Time `json:"modified"`
	ETag     string    `json:"etag,omitempty"`
}

const (
	passKey     = "backfill"
	seenPrefix  = "backfill/seen/"
	failPrefix  = "backfill/failed/"
	clearPrefix = "backfill/"
	// overlap is how much of the time before a pass the next one looks at again: an
	// object shows up later than its time says.
	overlap = time.Hour
	// mostWindow bounds what is remembered above the low mark, and mostFailed what
	// has failed.
	mostWindow = 10_000
	mostFailed = 10_000
)

// of is what a pass is of: another configuration begins anew.
func (o *Options) of() string {
	h := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q", o.Bucket, o.prefixes(), o.From, o.To, o.Exclude))
	return hex.EncodeToString(h[:8])
}

// openPass goes on with the pass that the store knows, or begins one.
func openPass(store *state.Store, source, of string, now time.Time, log *slog.Logger) (*pass, error) {
	p := &pass{store: store, space: state.Source(source), log: log, failed: map[string]failure{}, changed: make(chan struct{}, 1)}
	b, err := store.Get(p.space, passKey)
	if err == nil && b != nil {
		err = json.Unmarshal(b, &p.record)
	}
	if err != nil {
		return nil, fmt.Errorf("read how far the back-fill has got: %w", err)
	}
	switch {
	case p.record.Of != of:
		p.record = passRecord{Of: of, Until: now}
		err = p.begin(func(string, []byte) bool { return true })
	case p.record.Done:
		p.record = passRecord{Of: of, Since: p.record.Until.Add(-overlap), Until: now}
		err = p.begin(func(_ string, value []byte) bool { return modifiedOf(value).Before(p.record.Since) })
	}
	if err == nil {
		err = store.Scan(p.space, failPrefix, func(key string, value []byte) error {
			var f failure
			defer func() { p.failed[strings.TrimPrefix(key, failPrefix)] = f }()
			return json.Unmarshal(value, &f)
		})
	}
	if err != nil {
		return nil, fmt.Errorf("begin the back-fill: %w", err)
	}
	return p, nil
}

// begin keeps a new record, and drops what no longer matters of passes before.
func (p *pass) begin(old func(key string, value []byte) bool) error {
	var drop []string
	err := p.store.Scan(p.space, clearPrefix, func(key string, value []byte) error {
		if !strings.HasPrefix(key, seenPrefix) || old(key, value) {
			drop = append(drop, key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	b := p.store.NewBatch()
	for _, key := range drop {
		b.Delete(p.space, key)
	}
	p.keepRecord(b)
	return b.Commit(false)
}

func (p *pass) keepRecord(b *state.Batch) {
	text, _ := json.Marshal(p.record) // of strings and times
	b.Put(p.space, passKey, text)
}

// seen is the mark of an object that is settled.
func (e *entry) seen() []byte { return []byte(e.modified.UTC().Format(time.RFC3339) + " " + e.etag) }

func modifiedOf(seen []byte) time.Time {
	when, _, _ := strings.Cut(string(seen), " ")
	t, _ := time.Parse(time.RFC3339, when) // zero, and so forgotten, where it is damaged
	return t
}
