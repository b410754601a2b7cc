package state

import (
	"bytes"
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// Sweep reads many stretches of one space as they were when it was made. It is
// for stretches asked for in ascending order: the next is often where the last
// one ended, and where it is not, the way there is short. A Range for each would
// begin at the top of every level, however near they lie. It is used by one
// goroutine and closed before the Store is.
type Sweep struct {
	s     *Store
	space Space
	it    *pebble.Iterator
	low   []byte // nothing lies between it and where the iterator stands; nil: it stands nowhere
	key   []byte
}

// Sweep begins to read a space.
func (s *Store) Sweep(space Space) *Sweep { return &Sweep{s: s, space: space} }

// Range is Store.Range, but that to is never nil.
func (w *Sweep) Range(from, to []byte, fn func(key, value []byte) error) error {
	w.s.mu.RLock()
	defer w.s.mu.RUnlock()
	if w.s.closed {
		return ErrClosed
	}
	if bytes.Compare(from, to) >= 0 {
		return nil
	}
	if err := w.stand(from); err != nil {
		return err
	}
	skip := len(w.space) + 1
	for ok := w.it.Valid(); ok; ok = w.it.Next() {
		key := w.it.Key()
		if bytes.Compare(key[skip:], to) >= 0 {
			break
		}
		v, err := w.it.ValueAndErr()
		if err != nil {
			return w.failed(err)
		}
		if err := fn(key[skip:], v); err != nil {
			if w.low = nil; errors.Is(err, ErrEnough) {
				return nil
			}
			return err
		}
	}
	w.low = append(w.low[:0], to...)
	return w.failed(w.it.Error())
}

// stand puts the iterator on the first key from from on.
func (w *Sweep) stand(from []byte) error {
	if w.it == nil {
		lower := appendKey(nil, w.space, "")
		it, err := w.s.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(lower)})
		if err != nil {
			return w.failed(err)
		}
		w.it = it
	}
	w.key = appendKey(w.key[:0], w.space, from)
	if w.low != nil && bytes.Compare(w.low, from) <= 0 && (!w.it.Valid() || bytes.Compare(w.it.Key(), w.key) >= 0) {
		return nil
	}
	w.it.SeekGE(w.key)
	return w.failed(w.it.Error())
}

func (w *Sweep) failed(err error) error {
	if err != nil {
		w.low = nil
	}
	return w.s.explain("read "+string(w.space), err)
}

// Close ends the reading.
func (w *Sweep) Close() error {
	if w.it == nil {
		return nil
	}
	it := w.it
	w.it, w.low = nil, nil
	return w.s.explain("read "+string(w.space), it.Close())
}
