package file

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/ingest/decode"
	"github.com/burstwatch/burstwatch/internal/plugin"
)

// source is the file source. One goroutine looks at the file system and owns all
// fields up to the book; another hands files on.
type source struct {
	options Options
	env     plugin.Env
	decoder decode.Decoder

	looks     int           // how often all paths were looked at
	elapsed   time.Duration // the source's clock: what was waited between looks
	fresh     bool          // nothing was known at start
	unkept    bool          // identities were given that are not durable yet
	unsettled map[inode]pending
	copies    map[inode]pending // files that may be copies
	denied    map[string]denial
	reported  map[string]reported
	failures  []error // what could not be read, for a source that ends

	book *book

	loaded     bool
	inputTaken bool

	mu      sync.Mutex
	queue   []*known
	reading int           // files that are open
	pokes   chan struct{} // look again
	changed chan struct{} // the queue or the number of open files has

	skipped atomic.Int64
}

func newSource(env plugin.Env, o Options) *source {
	s := &source{
		options: o, env: env, book: newBook(env),
		unsettled: map[inode]pending{}, copies: map[inode]pending{}, denied: map[string]denial{}, reported: map[string]reported{},
		pokes: make(chan struct{}, 1), changed: make(chan struct{}, 1),
	}
	if env.Metrics != nil {
		s.measure(env.Metrics, env.Name)
	}
	return s
}

func (s *source) measure(set *metrics.Set, name string) {
	gauge := func(metric string, value func() float64) {
		name := fmt.Sprintf("%s{source=%q}", metric, name)
		set.UnregisterMetric(name) // of the source before a reload
		set.NewGauge(name, value)
	}
	gauge("burstwatch_file_positions", func() float64 {
		s.book.mu.Lock()
		defer s.book.mu.Unlock()
		return float64(len(s.book.all))
	})
	gauge("burstwatch_file_open", func() float64 {
		s.mu.Lock()
		defer s.mu.Unlock()
		return float64(s.reading)
	})
	gauge("burstwatch_file_waiting", func() float64 {
		s.mu.Lock()
		defer s.mu.Unlock()
		return float64(len(s.queue))
	})
	gauge("burstwatch_file_skipped", func() float64 { return float64(s.skipped.Load()) })
}

// Run hands files on: for ever, or until all have been.
func (s *source) Run(ctx context.Context, out ingest.Emitter) error {
	if !s.loaded {
		if err := s.book.load(); err != nil {
			return err
		}
		s.loaded, s.fresh = true, len(s.book.all) == 0
	}
	if !slices.Contains(s.options.Paths, "-") {
		return s.files(ctx, out)
	}
	if len(s.options.Paths) == 1 {
		return s.emitInput(ctx, out)
	}
	input := make(chan error, 1)
	go func() { input <- s.emitInput(ctx, out) }()
	err := s.files(ctx, out)
	return errors.Join(err, <-input)
}

// files hands on all but standard input.
func (s *source) files(ctx context.Context, out ingest.Emitter) error {
	if s.options.Follow {
		return s.follow(ctx, out)
	}
	s.failures = nil
	s.look()
	if err := s.settle(); err != nil {
		return err
	}
	for s.room(ctx) {
		k := s.take()
		if k == nil {
			return errors.Join(s.failures...)
		}
		s.emit(ctx, out, k)
	}
	return nil
}

// follow looks for more until ctx ends.
func (s *source) follow(ctx context.Context, out ingest.Emitter) error {
	var emitting sync.WaitGroup
	emitting.Go(func() { s.emitAll(ctx, out) })
	defer emitting.Wait()
	for ctx.Err() == nil {
		begin := s.env.Now()
		s.look()
		if err := s.settle(); err != nil {
			s.env.Log.Error("new files wait: what they are known by cannot be kept", "error", err)
		} else {
			poke(s.changed)
		}
		// With very many files most of the time is for reading them.
		pause := max(s.options.PollInterval, 9*s.env.Now().Sub(begin))
		t := time.NewTimer(pause)
		select {
		case <-t.C:
			s.elapsed += pause
		case <-s.pokes:
		case <-ctx.Done():
		}
		t.Stop()
	}
	return nil
}

// settle makes identities durable before a record can be made of them.
func (s *source) settle() error {
	if !s.unkept {
		return nil
	}
	if err := s.book.keep(); err != nil {
		return fmt.Errorf("keep what files are known by: %w", err)
	}
	s.unkept = false
	return nil
}

// enqueue queues what there is to read, in the order of the times in the names.
func (s *source) enqueue() {
	s.book.mu.Lock()
	var ready []*known
	for _, k := range s.book.all {
		if !k.attached || k.seen != s.looks {
			continue
		}
		if k.status == settling && (!s.options.Follow || s.elapsed-k.changed >= s.options.Settle) {
			k.status = resting
		}
		if k.status == resting && k.unread() && s.elapsed >= k.retry {
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
	return k
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

// forget drops what is known of files that have been gone for long, and what was
// noted of others that are no longer seen.
func (s *source) forget() {
	s.book.mu.Lock()
	for _, k := range s.book.all {
		if !k.attached && k.reading == nil && k.Gone == 0 {
			k.Gone = s.env.Now().Unix()
			s.book.save(k)
		}
	}
	s.book.forget(s.env.Now().Add(-s.options.ForgetAfter))
	s.book.mu.Unlock()
	maps.DeleteFunc(s.unsettled, func(_ inode, p pending) bool { return p.look != s.looks })
	maps.DeleteFunc(s.copies, func(_ inode, p pending) bool { return p.look != s.looks })
	maps.DeleteFunc(s.reported, func(_ string, r reported) bool { return r.look != s.looks })
	maps.DeleteFunc(s.denied, func(p string, _ denial) bool { return s.reported[p].look != s.looks })
	s.skipped.Store(int64(len(s.reported)))
}

// reported is why a file is not read, and the last look at which that was so.
type reported struct {
	reason string
	look   int
}

// report says once why a file is not read, and again when the reason changes.
func (s *source) report(k Skipped) {
	if k.Failed && !s.options.Follow {
		s.failures = append(s.failures, fmt.Errorf("%s: %s", k.Path, k.Reason))
	}
	before := s.reported[k.Path].reason
	s.reported[k.Path] = reported{k.Reason, s.looks}
	if before == k.Reason {
		return
	}
	log := s.env.Log.Info
	if k.Failed {
		log = s.env.Log.Error
	}
	log("a file is not read", "path", k.Path, "reason", k.Reason)
}

func (s *source) poke() { poke(s.pokes) }

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
