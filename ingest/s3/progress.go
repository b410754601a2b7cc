package s3

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/burstwatch/burstwatch/internal/state"
)

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
