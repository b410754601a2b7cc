package state

import (
	"bytes"
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// ErrEnough ends a Range without an error.
var ErrEnough = errors.New("enough was read")

// Range calls fn for every key of the space from from on and before to, nil
// meaning its end, in ascending order of bytes. fn keeps neither key nor value.
// An error of fn ends it and is returned, but for ErrEnough.
func (s *Store) Range(space Space, from, to []byte, fn func(key, value []byte) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return ErrClosed
	}
	lower := appendKey(nil, space, from)
	upper := after(appendKey(nil, space, ""))
	if to != nil {
		upper = appendKey(nil, space, to)
	}
	if bytes.Compare(lower, upper) >= 0 {
		return nil
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return s.explain("read "+string(space), err)
	}
	for ok := it.First(); ok && err == nil; ok = it.Next() {
		var v []byte
		if v, err = it.ValueAndErr(); err == nil {
			err = fn(it.Key()[len(space)+1:], v)
		}
	}
	if failed := it.Close(); err == nil && failed != nil {
		err = s.explain("read "+string(space), failed)
	}
	if errors.Is(err, ErrEnough) {
		return nil
	}
	return err
}

// ClearRange removes the keys of the space from from on and before to.
func (b *Batch) ClearRange(space Space, from, to []byte) {
	if b.b == nil {
		return
	}
	_ = b.b.DeleteRange(appendKey(nil, space, from), appendKey(nil, space, to), nil)
}

// Size is what the store holds on disk and in memory, in bytes.
func (s *Store) Size() (disk, memory int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return 0, 0
	}
	m := s.db.Metrics()
	return int64(m.DiskSpaceUsage()), int64(m.MemTable.Size) + m.BlockCache.Size
}
