package s3

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/state"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, // but for connections that the SDK keeps for the next request
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

const (
	queueURL = "https://sqs.eu-west-2.amazonaws.com/111122223333/news"
	bucket   = "studio-logs"
)

// station stands in for the pipeline: two workers read objects, one goroutine
// tells their source in order that they are settled, after a while.
type station struct {
	t     testing.TB
	cloud *cloud
	disk  *vfs.MemFS
	store *state.Store
	dir   string
	log   bytes.Buffer

	options Options

	mu        sync.Mutex
	got       map[string][]string // of each object, by name: what was read, each time
	settled   map[string]int      // and how often that was settled
	kept      map[string][]string // in quarantine, by name: reasons
	keptText  map[string]string
	failed    map[string]int
	frontiers []time.Time
	identity  map[string]string
	sink      time.Duration // how long settling takes
	spoil     func(name string) error
	deaf      bool // acknowledgements are lost
	unchecked bool // the options are of a kind that nobody should configure

	process *process
	s3      objects // in place of the stand-in, where a test talks to a server
	queue   queue
	fresh   func() int // messages in the queue of that server
	source  *source
	stop    context.CancelFunc
	done    chan error
	slots   chan struct{}
	acks    chan func()
	work    sync.WaitGroup
	told    sync.WaitGroup
}

func newStation(t testing.TB) *station {
	c := newCloud()
	s := &station{
		t: t, cloud: c, disk: vfs.NewCrashableMem(), dir: t.TempDir(), options: defaults(),
		got: map[string][]string{}, settled: map[string]int{}, kept: map[string][]string{}, keptText: map[string]string{},
		failed: map[string]int{}, identity: map[string]string{}, sink: time.Second,
	}
	s.options.Region, s.options.QueueURL = "eu-west-2", queueURL
	return s
}

// bubble runs a test with virtual time.
func bubble(t *testing.T, f func(*station)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(newStation(t)) })
}

// start begins, or begins again on what a former process left.
func (s *station) start() {
	s.t.Helper()
	var err error
	if s.store, err = state.Open(s.disk, "state", slog.New(slog.DiscardHandler)); err != nil {
		s.t.Fatal(err)
	}
	if err := s.options.Validate(); err != nil && !s.unchecked {
		s.t.Fatal(err)
	}
	s.process = &process{cloud: s.cloud}
	s.source, err = newSource(plugin.Env{
		Name: "bucket", Log: slog.New(slog.NewTextHandler(&lockedWriter{s: s}, nil)), State: s.store, Now: time.Now, DataDir: s.dir,
		Datasets: []string{"aws.cloudtrail", "aws.vpcflow"},
	}, s.options, cmp.Or[objects](s.s3, s.process), cmp.Or[queue](s.queue, s.process))
	if err != nil {
		s.t.Fatal(err)
	}
	s.slots, s.acks = make(chan struct{}, 2), make(chan func(), 1000)
	s.told.Go(func() {
		for tell := range s.acks {
			tell()
		}
	})
	s.run()
}

// run calls Run.
func (s *station) run() {
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	s.done = make(chan error, 1)
	go func() { s.done <- s.source.Run(ctx, s) }()
}

// end stops the source, lets what is in flight settle, and closes the store.
func (s *station) end() error {
	s.stop()
	err := <-s.done
	s.drain()
	return err
}

// kill ends the process as SIGKILL or a power cut does: what was not synced is
// gone, and nothing is acknowledged any more.
func (s *station) kill() {
	s.disk = s.disk.CrashClone(vfs.CrashCloneCfg{})
	s.process.dead.Store(true)
	s.deafen()
	s.end()
	s.mu.Lock()
	s.deaf = false
	s.mu.Unlock()
}

func (s *station) deafen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deaf = true
}

func (s *station) drain() {
	s.work.Wait()
	close(s.acks)
	s.told.Wait()
	if err := s.store.Close(); err != nil {
		s.t.Error(err)
	}
}

type lockedWriter struct{ s *station }

func (w *lockedWriter) Write(b []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	return w.s.log.Write(b)
}

func (s *station) Frontier(f ingest.Frontier) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frontiers = append(s.frontiers, f.Through)
}

func (s *station) Object(ctx context.Context, o *ingest.Object) error {
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.work.Go(func() { s.read(ctx, o) })
	return nil
}

// read reads an object as a worker does: it stops when reading shall stop.
func (s *station) read(ctx context.Context, o *ingest.Object) {
	var got bytes.Buffer
	_, err := io.Copy(&got, onlyBytes{o.Body})
	if err == nil && o.Size >= 0 && int64(got.Len()) != o.Size {
		err = fmt.Errorf("%s: %d bytes of %d, and no error", o.Origin.Name, got.Len(), o.Size)
		s.t.Error(err)
	}
	err = errors.Join(err, o.Body.Close())
	s.mu.Lock()
	if err == nil && s.spoil != nil && o.Refused == "" {
		err = s.spoil(o.Origin.Name)
	}
	name := o.Origin.Name
	wait := s.sink
	switch {
	case err != nil:
		s.failed[name]++
	case o.Refused != "":
		s.kept[name] = append(s.kept[name], o.Refused)
		s.keptText[name] = got.String()
	default:
		s.got[name] = append(s.got[name], got.String())
		s.identity[name] = string(o.Origin.Identity)
	}
	s.mu.Unlock()
	<-s.slots
	time.Sleep(wait/2 + rand.N(wait+1))
	s.acks <- func() {
		s.mu.Lock()
		if s.deaf {
			err = errors.New("lost")
		} else if err == nil && o.Refused == "" {
			s.settled[name]++
		}
		s.mu.Unlock()
		o.Settled(err)
	}
}

// onlyBytes keeps io.Copy from anything but Read.
type onlyBytes struct{ io.Reader }

// await waits, for virtual hours if need be, until something holds.
func (s *station) await(what string, holds func() bool) {
	s.t.Helper()
	for i := range 20_000 {
		if holds() {
			return
		}
		time.Sleep(time.Second + time.Duration(i/1000)*5*time.Second)
	}
	s.t.Fatalf("never: %s\nin the queue: %q\nread: %v\nkept: %v\nfailed: %v\n%s", what, s.cloud.left(), s.names(), s.kept, s.failed, &s.log)
}

func (s *station) names() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, all := range s.got {
		list = append(list, fmt.Sprintf("%s x%d", name, len(all)))
	}
	return list
}

// heard is how many frontiers were told.
func (s *station) heard() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.frontiers)
}

func (s *station) empty() bool {
	if s.fresh != nil {
		return s.fresh() == 0
	}
	return len(s.cloud.left()) == 0
}

// reads is how often an object was read whole.
func (s *station) reads(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.got["s3://"+bucket+"/"+key])
}

func (s *station) keptReasons(key string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept["s3://"+bucket+"/"+key]
}

// put writes an object and announces it.
func (s *station) put(key, data string) {
	s.cloud.put(bucket, key, []byte(data))
	s.cloud.send(announce(key))
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// dice are thrown by several goroutines.
type dice struct {
	mu   sync.Mutex
	rand *rand.Rand
}

func newDice(seed uint64) *dice { return &dice{rand: rand.New(rand.NewPCG(seed, 0))} }

func (d *dice) roll(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rand.IntN(n)
}
