package state

import "github.com/cockroachdb/pebble/v2"

// Batch is a set of changes that become visible and durable together or not at
// all. It is used by one goroutine and ends with Commit or Discard.
type Batch struct {
	s *Store
	b *pebble.Batch
}

// NewBatch returns an empty batch.
func (s *Store) NewBatch() *Batch {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return &Batch{s: s}
	}
	return &Batch{s: s, b: s.db.NewBatch()}
}

// Put sets a key. The value is copied.
func (b *Batch) Put(space Space, key string, value []byte) {
	if b.b == nil {
		return // closed: Commit says so
	}
	op := b.b.SetDeferred(len(space)+1+len(key), len(value))
	appendKey(op.Key[:0], space, key)
	copy(op.Value, value)
	_ = op.Finish() // fails only for indexed batches
}

// Delete removes a key; that it is not there is no error.
func (b *Batch) Delete(space Space, key string) {
	if b.b == nil {
		return
	}
	op := b.b.DeleteDeferred(len(space) + 1 + len(key))
	appendKey(op.Key[:0], space, key)
	_ = op.Finish()
}

// Clear removes every key of the space that begins with prefix.
func (b *Batch) Clear(space Space, prefix string) {
	if b.b == nil {
		return
	}
	lower := appendKey(nil, space, prefix)
	_ = b.b.DeleteRange(lower, after(lower), nil)
}

// Len is the size of the batch in bytes.
func (b *Batch) Len() int {
	if b.b == nil {
		return 0
	}
	return b.b.Len()
}

// Commit applies the changes; with sync they are on disk when it returns, and
// so is everything committed before them. Batches that are committed side by
// side share one sync.
func (b *Batch) Commit(sync bool) error {
	b.s.mu.RLock()
	defer b.s.mu.RUnlock()
	if b.s.closed || b.b == nil {
		return ErrClosed
	}
	mode := pebble.NoSync
	if sync && !b.s.temporary {
		mode = pebble.Sync
	}
	err := b.b.Commit(mode)
	if failed := b.b.Close(); err == nil {
		err = failed
	}
	return b.s.explain("commit", err)
}

// Discard gives up the changes.
func (b *Batch) Discard() {
	if b.b != nil {
		_ = b.b.Close()
	}
}
