package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/klauspost/compress/gzip"
	"go.uber.org/goleak"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/ingest/decode"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/state"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// place is what a delivery id is made of, but for the record's bytes.
type place struct {
	id     string
	offset int64
}

// station stands in for the pipeline: it reads objects line by line, remembers
// where each line came from, and acknowledges.
type station struct {
	t     testing.TB
	dir   string
	disk  vfs.FS
	store *state.Store

	options Options
	log     bytes.Buffer

	mu      sync.Mutex
	lines   map[string]map[place]int // of each line, how often it came from where
	names   map[string]string        // of each line, the object's name
	objects int
	open    int
	most    int
	deaf    bool // acknowledgements are lost

	opening func(path string) // called before each file is opened; may be nil

	stop context.CancelFunc
	done chan error
	work sync.WaitGroup
}

func newStation(t testing.TB, o Options) *station {
	t.Helper()
	s := &station{t: t, dir: t.TempDir(), disk: vfs.NewMem(), options: o, lines: map[string]map[place]int{}, names: map[string]string{}}
	if len(o.Paths) == 0 {
		s.options.Paths = []string{filepath.Join(s.dir, "*")}
	}
	return s
}

// bubble runs a test with virtual time.
func bubble(t *testing.T, o Options, f func(*station)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStation(t, o)
		f(s)
		if s.stop != nil {
			s.end()
		}
	})
}

func quick() Options {
	o := defaults()
	o.CloseInactive = 10 * time.Second
	return o
}

func (s *station) start() { s.t.Helper(); s.begin(false) }

// startDeaf is start where no acknowledgement arrives, not even the first.
func (s *station) startDeaf() { s.t.Helper(); s.begin(true) }

func (s *station) begin(deaf bool) {
	s.t.Helper()
	var err error
	if s.store, err = state.Open(s.disk, "state", slog.New(slog.DiscardHandler)); err != nil {
		s.t.Fatal(err)
	}
	if err := s.options.Validate(); err != nil {
		s.t.Fatal(err)
	}
	src := newSource(plugin.Env{Name: "local", Log: slog.New(slog.NewTextHandler(&lockedWriter{s: s}, nil)), State: s.store, Now: time.Now}, s.options)
	src.open = func(path string) (*os.File, error) {
		if s.opening != nil {
			s.opening(path)
		}
		return openAsUser(path)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop, s.done, s.deaf = cancel, make(chan error, 1), deaf
	go func() { s.done <- src.Run(ctx, s) }()
}

// openAsUser denies what its permissions deny to a user, to root as well: tests
// run as root in containers.
func openAsUser(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o400 == 0 {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
	}
	return openFile(path)
}

type lockedWriter struct{ s *station }

func (w *lockedWriter) Write(b []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	return w.s.log.Write(b)
}

func (s *station) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// end stops the source and everything behind it.
func (s *station) end() {
	s.stop()
	if err := <-s.done; err != nil {
		s.t.Errorf("Run: %v", err)
	}
	s.work.Wait()
	if err := s.store.Close(); err != nil {
		s.t.Error(err)
	}
	s.stop = nil
}

// restart ends everything and begins again. Nothing is acknowledged between
// deafen and restart: so it is when a process is killed.
func (s *station) restart() { s.end(); s.start() }

func (s *station) deafen() {
	s.mu.Lock()
	s.deaf = true
	s.mu.Unlock()
}

func (s *station) Frontier(ingest.Frontier) {}

func (s *station) Object(ctx context.Context, o *ingest.Object) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.mu.Lock()
	s.objects++
	s.open++
	s.most = max(s.most, s.open)
	s.mu.Unlock()
	s.work.Go(func() { s.read(o) })
	return nil
}

func (s *station) read(o *ingest.Object) {
	err := s.readLines(o)
	s.mu.Lock()
	s.open-- // before Close, which lets the next one in
	deaf := s.deaf
	s.mu.Unlock()
	_ = o.Body.Close()
	if !deaf {
		o.Settled(err)
	} else {
		o.Settled(errors.New("lost"))
	}
}

func (s *station) readLines(o *ingest.Object) error {
	var d decode.Decoder
	stream, err := d.Open(o.Body, o.Size)
	if err != nil {
		return err
	}
	defer stream.Close()
	at := o.From
	if at > 0 && !o.Seeked {
		if _, err := io.CopyN(io.Discard, stream, at); err != nil && err != io.EOF {
			return err
		}
	}
	var held []byte
	buf := make([]byte, 4096)
	for {
		n, err := stream.Read(buf)
		held = append(held, buf[:n]...)
		for {
			i := bytes.IndexByte(held, '\n')
			if i < 0 {
				break
			}
			s.took(o, string(held[:i]), at)
			at, held = at+int64(i)+1, held[i+1:]
		}
		var corrupt *decode.CorruptError
		switch {
		case err == nil:
		case errors.Is(err, ingest.ErrIdle):
			s.acknowledge(o, at)
		case err == io.EOF || errors.As(err, &corrupt):
			if len(held) > 0 {
				s.took(o, string(held), at)
			}
			s.acknowledge(o, at+int64(len(held)))
			return nil
		default:
			return err
		}
	}
}

func (s *station) took(o *ingest.Object, line string, at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines[line] == nil {
		s.lines[line] = map[place]int{}
	}
	s.lines[line][place{string(o.Origin.Identity), at}]++
	s.names[line] = filepath.Base(o.Origin.Name)
}

func (s *station) acknowledge(o *ingest.Object, upto int64) {
	s.mu.Lock()
	deaf := s.deaf
	s.mu.Unlock()
	if !deaf {
		o.Progress(upto, []byte(fmt.Sprint(upto)))
	}
}

// count is how often a line came, and from how many places.
func (s *station) count(line string) (times, places int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.lines[line] {
		times += n
	}
	return times, len(s.lines[line])
}

// number reads one of the station's counts.
func (s *station) number(n *int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *n
}

// different is how many different lines came.
func (s *station) different() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.lines)
}

func (s *station) wantOnce(lines ...string) {
	s.t.Helper()
	for _, line := range lines {
		if n, _ := s.count(line); n != 1 {
			s.t.Errorf("%q came %d times\n%s", line, n, s.logged())
		}
	}
	s.wantNoOther(lines)
}

// wantNoOther checks that nothing came that was not written.
func (s *station) wantNoOther(lines []string) {
	s.t.Helper()
	known := map[string]bool{}
	for _, line := range lines {
		known[line] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range s.lines {
		if !known[line] {
			s.t.Errorf("%q came, which nobody wrote", line)
		}
	}
}

func (s *station) path(name string) string { return filepath.Join(s.dir, name) }

func (s *station) append(name, text string) {
	s.t.Helper()
	f, err := os.OpenFile(s.path(name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *station) rename(from, to string) {
	s.t.Helper()
	if err := os.Rename(s.path(from), s.path(to)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *station) remove(name string) {
	s.t.Helper()
	if err := os.Remove(s.path(name)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *station) copy(from, to string) {
	s.t.Helper()
	b, err := os.ReadFile(s.path(from))
	if err == nil {
		err = os.WriteFile(s.path(to), b, 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *station) truncate(name string) {
	s.t.Helper()
	if err := os.Truncate(s.path(name), 0); err != nil {
		s.t.Fatal(err)
	}
}

func gz(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

// compress does what gzip does: it writes another file, then removes the first.
func (s *station) compress(name string) {
	s.t.Helper()
	b, err := os.ReadFile(s.path(name))
	if err == nil {
		err = os.WriteFile(s.path(name+".gz"), gz(string(b)), 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.remove(name)
}

func wait(d time.Duration) { time.Sleep(d); synctest.Wait() }

func once() Options {
	o := quick()
	o.Follow = false
	return o
}
