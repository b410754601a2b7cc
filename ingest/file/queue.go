package file

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/ingest"
)

// enqueue queues what there is to read, in the order of the times in the names.
func (s *source) enqueue() {
	s.book.mu.Lock()
	var ready []*known
	for _, k := range s.book.all {
		if !k.attached || k.seen != s.looks {
			continue
		}
		if k.status == settling && (!s.options.Follow || s.clock()-k.changed >= s.options.Settle) {
			k.status = resting
		}
		if k.status == resting && k.unread() && s.clock() >= k.retry {
			k.status = queued
			ready = append(ready, k)
		}
	}
	s.book.mu.Unlock()
	if len(ready) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = inOrder(append(s.queue, ready...), func(k *known) string { return k.Path })
}

// take is the next file to be read, nil if there is none.
func (s *source) take() *known {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return nil
	}
	k := s.queue[0]
	s.queue = s.queue[1:]
	s.handing++
	return k
}

func (s *source) handed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handing--
}

// upToDate reports whether everything that the last look saw was handed on. What
// could not be read, or is not known to be whole yet, was not.
func (s *source) upToDate() bool {
	s.mu.Lock()
	waits := len(s.queue) > 0 || s.handing > 0
	s.mu.Unlock()
	if waits || len(s.unsettled) > 0 || len(s.copies) > 0 || len(s.denied) > 0 {
		return false
	}
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	for _, k := range s.book.all {
		if k.attached && k.seen == s.looks && k.status != open && (k.status != resting || k.unread()) {
			return false
		}
	}
	return true
}

// emitAll hands on what is queued until ctx ends.
func (s *source) emitAll(ctx context.Context, out ingest.Emitter) {
	for ctx.Err() == nil {
		if !s.room(ctx) {
			return
		}
		if k := s.take(); k != nil {
			s.emit(ctx, out, k)
			continue
		}
		select {
		case <-s.changed:
		case <-ctx.Done():
		}
	}
}

// room waits until another file may be opened. Of those that wait at their end
// for more, the one that has waited longest is asked for its place.
func (s *source) room(ctx context.Context) bool {
	for {
		s.mu.Lock()
		full, wanted := s.reading >= s.options.MaxOpenFiles, len(s.queue) > 0
		s.mu.Unlock()
		if !full {
			return ctx.Err() == nil
		}
		if wanted {
			s.makeRoom()
		}
		t := time.NewTimer(s.options.PollInterval)
		select {
		case <-s.changed:
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return false
		}
		t.Stop()
	}
}

func (s *source) makeRoom() {
	s.mu.Lock()
	wanted := len(s.queue)
	s.mu.Unlock()
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	type waiting struct {
		*reading
		quiet time.Duration
	}
	var all []waiting
	for _, k := range s.book.all {
		if k.reading == nil {
			continue
		}
		if quiet, idle := k.reading.idle(); idle {
			all = append(all, waiting{k.reading, quiet})
		}
	}
	slices.SortFunc(all, func(a, b waiting) int { return cmp.Compare(b.quiet, a.quiet) })
	for _, w := range all[:min(wanted, len(all))] {
		w.yield()
	}
}

// pressed reports whether files wait because too many are open.
func (s *source) pressed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue) > 0 && s.reading >= s.options.MaxOpenFiles/2
}
