package s3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

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

// wants reports whether an object is still to be read in this pass.
func (p *pass) wants(o *types.Object) (*entry, bool) {
	e := &entry{key: *o.Key, etag: text(o.ETag)}
	if o.LastModified != nil {
		e.modified = *o.LastModified
	}
	if e.modified.Before(p.record.Since) || e.modified.After(p.record.Until) {
		return nil, false
	}
	p.mu.Lock()
	_, failed := p.failed[e.key]
	p.mu.Unlock()
	if failed {
		return nil, false // its turn comes
	}
	seen, err := p.store.Get(p.space, seenPrefix+e.key)
	return e, err != nil || string(seen) != string(e.seen())
}

// add takes an object in that is handed on; it waits while too many are open.
func (p *pass) add(ctx context.Context, e *entry) error {
	for {
		p.mu.Lock()
		if len(p.failed) >= mostFailed {
			p.mu.Unlock()
			return p.unread()
		}
		if len(p.window) < mostWindow {
			p.window = append(p.window, e)
			p.open++
			p.mu.Unlock()
			return nil
		}
		p.mu.Unlock()
		select {
		case <-p.changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// finish says what became of an object of the window, e, or of one that is tried
// again.
func (p *pass) finish(key string, e *entry, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer poke(p.changed)
	p.open--
	if errors.Is(err, errStopped) {
		return // it stays before the low mark
	}
	b := p.store.NewBatch()
	_, known := p.failed[key]
	switch {
	case err != nil:
		f := p.failed[key]
		if e != nil {
			f.Modified, f.ETag = e.modified, e.etag
		}
		f.Reason, f.Counts = err.Error(), counts(err)
		if f.Counts {
			f.Tries++
		}
		p.failed[key] = f
		p.fresh = true
		text, _ := json.Marshal(f) // of strings and numbers
		b.Put(p.space, failPrefix+key, text)
	case known:
		f := p.failed[key]
		delete(p.failed, key)
		b.Delete(p.space, failPrefix+key)
		if key > p.record.Low || p.late(f.Modified) {
			b.Put(p.space, seenPrefix+key, (&entry{modified: f.Modified, etag: f.ETag}).seen())
		}
	}
	if e != nil {
		p.pass(b, e, err == nil)
	}
	p.wrote(b.Commit(false))
}

// pass moves the low mark as far as it goes.
func (p *pass) pass(b *state.Batch, e *entry, settled bool) {
	e.passed = true
	if settled && (p.late(e.modified) || p.window[0] != e) {
		e.stands = true
		b.Put(p.space, seenPrefix+e.key, e.seen())
	}
	moved := false
	for len(p.window) > 0 && p.window[0].passed {
		head := p.window[0]
		p.window = p.window[1:]
		p.record.Low, moved = head.key, true
		if head.stands && !p.late(head.modified) {
			b.Delete(p.space, seenPrefix+head.key)
		}
	}
	if moved {
		p.keepRecord(b)
	}
}

// late reports whether the next pass will see an object again.
func (p *pass) late(modified time.Time) bool { return !modified.Before(p.record.Until.Add(-overlap)) }

// wait returns when no object is open.
func (p *pass) wait(ctx context.Context) error {
	for {
		p.mu.Lock()
		open := p.open
		p.mu.Unlock()
		if open == 0 {
			return nil
		}
		select {
		case <-p.changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// failing are the keys of what failed, in order.
func (p *pass) failing() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var keys []string
	for key := range p.failed {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// unread is the error of a pass in which objects remain that cannot be read.
func (p *pass) unread() error {
	keys := p.failing()
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Errorf("back-fill: %d objects cannot be read and are tried again, the first, %s: %s", len(keys), keys[0], p.failed[keys[0]].Reason)
}

// complete ends the pass.
func (p *pass) complete() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.record.Done, p.record.Low = true, ""
	b := p.store.NewBatch()
	p.keepRecord(b)
	if err := b.Commit(false); err != nil {
		return fmt.Errorf("note that the back-fill is complete: %w", err)
	}
	return nil
}

func (p *pass) wrote(err error) {
	if err != nil && !p.lost {
		p.log.Error("how far the back-fill has got is not noted: after a restart these objects are read again", "error", err)
	}
	p.lost = err != nil
}
