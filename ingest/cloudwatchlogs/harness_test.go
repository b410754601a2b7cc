package cloudwatchlogs

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/internal/testground"
)

// TestMain draws fewer cases than is usual: each of them is hours of a process with
// a store, whose own clock ticks ten times a second.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		_ = f.Value.Set(strconv.Itoa(testground.Amount(8, 10, 25)))
	}
	goleak.VerifyTestMain(m)
}

// station runs the source in virtual time between services and a pipeline of
// its own, which takes pages, and settles them after a while.
type station struct {
	t        testing.TB
	rng      *rand.Rand // the test's
	luck     *rand.Rand // the pipeline's, under mu
	options  Options
	services []*service
	disk     *vfs.MemFS // nil: nothing is kept, which makes days pass ten times as fast
	store    *state.Store
	src      *source

	mu       sync.Mutex
	put      map[string]bool // what there is, by account, group, stream, id
	got      map[string]int  // how often each was delivered, settled
	log      bytes.Buffer
	last     map[string]ingest.Frontier // of each account
	inHand   int
	most     int // pages in hand at once
	failing  int // one settlement in so many fails; 0: none
	slow     time.Duration
	deaf     bool // settlements are lost: the process has died
	stop     context.CancelFunc
	done     chan error
	settling sync.WaitGroup
}

// bubble runs a test in virtual time with so many accounts.
func bubble(t *testing.T, seed uint64, accounts int, f func(*station)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &station{t: t, rng: rand.New(rand.NewPCG(seed, 1)), luck: rand.New(rand.NewPCG(seed, 99)), options: quick(), disk: vfs.NewCrashableMem(),
			put: map[string]bool{}, got: map[string]int{}, last: map[string]ingest.Frontier{}, slow: 2 * time.Second}
		for i := range accounts {
			s.services = append(s.services, newService(strings.Repeat(string(rune('1'+i)), 12), rand.New(rand.NewPCG(seed, uint64(i)+2))))
		}
		f(s)
		s.end()
	})
}

func quick() Options {
	o := defaults()
	o.LogGroups = []string{"/studio/**"}
	return o
}

func (s *station) start() {
	s.t.Helper()
	var err error
	if s.store = nil; s.disk != nil {
		if s.store, err = state.Open(s.disk, "state", slog.New(slog.DiscardHandler)); err != nil {
			s.t.Fatal(err)
		}
	}
	log := slog.New(slog.NewTextHandler(locked{s}, nil))
	if s.src, err = newSource(plugin.Env{Name: "logs", Log: log, State: s.store, Now: time.Now}, s.options); err != nil {
		s.t.Fatal(err)
	}
	for _, x := range s.services {
		s.src.add(x.region, x.account, x, nil)
	}
	if err := s.src.share(); err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop, s.done, s.deaf, s.last = cancel, make(chan error, 1), false, map[string]ingest.Frontier{}
	go func() { s.done <- s.src.Run(ctx, s) }()
}

// end stops in order: what is under way settles.
func (s *station) end() {
	if s.stop == nil {
		return
	}
	s.stop()
	if err := <-s.done; err != nil {
		s.t.Error(err)
	}
	s.settling.Wait()
	if s.store != nil {
		if err := s.store.Close(); err != nil {
			s.t.Error(err)
		}
	}
	s.stop = nil
}

// crash ends the process: what was not synced is gone, but for some of it.
func (s *station) crash() {
	s.mu.Lock()
	s.deaf = true
	s.mu.Unlock()
	after := s.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: s.rng.IntN(101), RNG: s.rng})
	s.end()
	s.disk = after
}

// Object implements ingest.Emitter.
func (s *station) Object(ctx context.Context, o *ingest.Object) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.mu.Lock()
	s.inHand++
	s.most = max(s.most, s.inHand)
	pause, fails := time.Duration(s.luck.Int64N(int64(s.slow))), s.failing > 0 && s.luck.IntN(s.failing) == 0
	s.mu.Unlock()
	s.settling.Go(func() { s.settle(o, pause, fails) })
	return nil
}

// settle reads a page and says what became of it.
func (s *station) settle(o *ingest.Object, pause time.Duration, fails bool) {
	var keys []string
	for {
		text, from, err := o.Messages.Next(nil)
		if errors.Is(err, io.EOF) {
			break
		}
		stream, ok := strings.CutPrefix(from.Name, o.Origin.Name+":")
		if !ok || from.Message == nil || from.Message.Time == 0 || len(text) == 0 {
			s.t.Errorf("message %q of %+v", text, from)
		}
		keys = append(keys, key(from.Account, o.Origin.Name, stream, from.Message.ID))
	}
	_ = o.Messages.Close()
	time.Sleep(pause)
	s.mu.Lock()
	s.inHand--
	deaf := s.deaf
	if deaf {
		fails = fails || s.luck.IntN(2) == 0 // delivered, and nobody was told
	}
	if fails { // some of it may have been
		keys = keys[:s.luck.IntN(len(keys)+1)]
	}
	for _, k := range keys {
		s.got[k]++
	}
	s.mu.Unlock()
	switch {
	case deaf:
		o.Settled(context.Canceled)
	case fails:
		o.Settled(errors.New("a sink refused it"))
	default:
		o.Settled(nil)
	}
}

// Frontier implements ingest.Emitter.
func (s *station) Frontier(f ingest.Frontier) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if had := s.last[f.Account]; f.Broken == "" && f.Through.Before(had.Through) {
		s.t.Errorf("the frontier of %s goes back from %v to %v", f.Account, had.Through, f.Through)
	}
	s.last[f.Account] = f
}

// of is what was said of an account last.
func (s *station) of(account string) ingest.Frontier {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last[account]
}

// came is how often an event was delivered.
func (s *station) came(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got[key]
}

// lines is the log.
func (s *station) lines() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// add says that an event is there.
func (s *station) add(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put[key] = true
}

func (s *station) written() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.put)
}

func key(parts ...string) string { return strings.Join(parts, " ") }

// write puts an event that is late by so much, to be shown after a while.
func (s *station) write(x *service, group, stream string, late, hidden time.Duration) {
	id := x.put(group, stream, "a line of "+stream, time.Now().Add(-late), hidden)
	s.add(key(x.account, group, stream, id))
}

// missing is what was put and never delivered.
func (s *station) missing() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.put {
		if s.got[k] == 0 {
			list = append(list, k)
		}
	}
	slices.Sort(list)
	return list
}

// repeated is what was delivered more than once.
func (s *station) repeated() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, n := range s.got {
		if n > 1 || !s.put[k] {
			list = append(list, k)
		}
	}
	return list
}

// kept is how many keys the store holds of the source.
func (s *station) kept() (n int) {
	err := s.store.Scan(state.Source("logs"), "", func(string, []byte) error { n++; return nil })
	if err != nil {
		s.t.Error(err)
	}
	return n
}

// complete fails where something is missing; once says that nothing may have
// come twice.
func (s *station) complete(once bool) {
	s.t.Helper()
	if list := s.missing(); len(list) > 0 {
		s.t.Errorf("%d of %d are missing, such as %s\n%s", len(list), s.written(), list[0], s.lines())
	}
	if list := s.repeated(); once && len(list) > 0 {
		s.t.Errorf("%d came more than once, or are made up, such as %s", len(list), list[0])
	}
}

func after(d time.Duration) { time.Sleep(d); synctest.Wait() }

type locked struct{ s *station }

func (l locked) Write(p []byte) (int, error) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	return l.s.log.Write(p)
}
