// Package state keeps what must survive a crash: checkpoints of sources, and
// the notes, cases and outbox of the rules, all in one embedded store (Pebble),
// so that they can be committed together.
//
// What is kept lies in spaces that know nothing of each other: one for each
// source, others for each kind of rule state. Memory is bounded by the options
// in open.go whatever the store holds.
//
// It imports nothing of ours. Sources get it through plugin.Env; the pipeline
// opens, syncs and closes it.
package state

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
)

// ErrClosed is returned by every call after Close.
var ErrClosed = errors.New("the state store is closed")

// Space is a part of the store with keys of its own. A space must not hold a
// NUL byte; keys may hold any.
type Space string

// Source is the space of a source's checkpoints; name is the source's name in
// the configuration.
func Source(name string) Space { return Space("source/" + name) }

// Store is one open state store. It is safe for concurrent use.
type Store struct {
	mu     sync.RWMutex // held for reading by every call, for writing by Close
	closed bool
	db     *pebble.DB
	cache  *pebble.Cache
	dir    string
	room   *room
	log    *slog.Logger
	// temporary stores keep nothing beyond Close, so they write no log.
	temporary bool
}

// Get returns the value of a key, which the caller owns, or nil where there is
// none.
func (s *Store) Get(space Space, key string) ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, ErrClosed
	}
	v, closer, err := s.db.Get(appendKey(nil, space, key))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, s.explain("read "+string(space), err)
	}
	out := append(make([]byte, 0, len(v)), v...)
	return out, closer.Close()
}

// Put sets one key, lazily: a crash of the process may lose the last such
// writes, and only the last, until the next Sync or synced Commit, wherever it
// comes from. That is what a checkpoint wants that only costs re-reading when
// it is lost.
func (s *Store) Put(space Space, key string, value []byte) error {
	b := s.NewBatch()
	b.Put(space, key, value)
	return b.Commit(false)
}

// Delete removes one key, as lazily as Put.
func (s *Store) Delete(space Space, key string) error {
	b := s.NewBatch()
	b.Delete(space, key)
	return b.Commit(false)
}

// Scan calls fn for every key of the space that begins with prefix, in
// ascending order of bytes, as they were when Scan was called. fn must not keep
// value. An error of fn ends the scan and is returned.
func (s *Store) Scan(space Space, prefix string, fn func(key string, value []byte) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return ErrClosed
	}
	lower := appendKey(nil, space, prefix)
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(lower)})
	if err != nil {
		return s.explain("read "+string(space), err)
	}
	for ok := it.First(); ok && err == nil; ok = it.Next() {
		var v []byte
		if v, err = it.ValueAndErr(); err == nil {
			err = fn(string(it.Key()[len(space)+1:]), v)
		}
	}
	if failed := it.Close(); err == nil && failed != nil {
		err = s.explain("read "+string(space), failed)
	}
	return err
}

// Sync makes everything durable that was written before it was called.
func (s *Store) Sync() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return ErrClosed
	}
	if s.temporary {
		return nil
	}
	return s.explain("sync", s.db.LogData(nil, pebble.Sync))
}

// Full reports whether the store waits for room on its disk.
func (s *Store) Full() bool { return s.room.full.Load() }

// Close syncs and closes the store. Calls that are under way end first. While
// its disk is full it cannot be closed, only left: what was not synced may then
// be read again.
func (s *Store) Close() error {
	if s.Full() {
		return s.explain("close", syscall.ENOSPC)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.closed = true
	defer s.room.stop()
	if s.temporary {
		return s.remove()
	}
	err := s.db.LogData(nil, pebble.Sync)
	if failed := s.db.Close(); err == nil {
		err = failed
	}
	s.cache.Unref()
	return s.explain("close", err)
}

// explain says what was being done with which store.
func (s *Store) explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("state store %s: %s: %w", s.dir, doing, err)
}

// appendKey is space, NUL, key: no space's keys lie between those of another.
func appendKey[K string | []byte](dst []byte, space Space, key K) []byte {
	dst = append(dst, space...)
	dst = append(dst, 0)
	return append(dst, key...)
}

// after is the smallest key behind all that begin with prefix, nil if there is none.
func after(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
