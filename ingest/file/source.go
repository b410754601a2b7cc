package file

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

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
	open    func(path string) (*os.File, error) // tests deny what root may read

	looks     int          // how often all paths were looked at
	elapsed   atomic.Int64 // see clock
	fresh     bool         // nothing was known at start
	unkept    bool         // identities were given that are not durable yet
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
	handing int           // files that were taken from the queue and not yet by the pipeline
	pokes   chan struct{} // look again
	changed chan struct{} // the queue or the number of open files has

	skipped atomic.Int64
}

func newSource(env plugin.Env, o Options) *source {
	s := &source{
		options: o, env: env, open: openFile, book: newBook(env),
		unsettled: map[inode]pending{}, copies: map[inode]pending{}, denied: map[string]denial{}, reported: map[string]reported{},
		pokes: make(chan struct{}, 1), changed: make(chan struct{}, 1),
	}
	if env.Metrics != nil {
		s.measure(env.Metrics, env.Name)
	}
	return s
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
			if s.upToDate() {
				out.Frontier(ingest.Frontier{})
			}
		}
		// With very many files most of the time is for reading them.
		pause := max(s.options.PollInterval, 9*s.env.Now().Sub(begin))
		t := time.NewTimer(pause)
		select {
		case <-t.C:
			s.elapsed.Add(int64(pause))
		case <-s.pokes:
		case <-ctx.Done():
		}
		t.Stop()
	}
	return nil
}

// clock is the time that was waited between looks. It goes on while nothing
// holds the source up, which is when waiting means something.
func (s *source) clock() time.Duration { return time.Duration(s.elapsed.Load()) }

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

func (s *source) poke() { poke(s.pokes) }

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
