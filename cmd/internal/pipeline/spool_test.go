package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/internal/event"
)

// switched is a sink that can be down.
type switched struct {
	memSink
	down atomic.Bool
}

func newSwitched(down bool) *switched {
	s := &switched{}
	s.down.Store(down)
	s.write = func(context.Context, []*event.Event) error {
		if s.down.Load() {
			return errors.New("connection refused")
		}
		return nil
	}
	return s
}

// spooled are files in the folder of a sink's spool.
func (r *rig) spooled(sink string) []string {
	names, _ := r.files.List("data/spool/" + sink)
	return names
}

func TestASinkThatIsDownKeepsNobodyWaiting(t *testing.T) {
	in(t, func(t *testing.T) {
		good, bad := &memSink{}, newSwitched(true)
		text := lines(5000)
		src := &memSource{texts: []string{text, text, text}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("good", good), named("bad", bad, func(o *SinkOptions) { o.Buffer.MaxEvents = 500 })}})
		after(time.Hour)
		if n := len(good.has()); n != 15_000 {
			t.Errorf("the sink that works has %d of 15000 events", n)
		}
		if _, settled := src.told(); !slices.Equal(settled, []error{nil, nil, nil}) {
			t.Errorf("what is in the spool is durable, but the sources are told %v", settled)
		}
		st := r.sink("bad")
		if st.State != "down" || st.Breaker != "open" || st.Spool == nil || st.Spool.Records != 15_000 || st.Waiting != 15_000 || st.Spool.Bytes == 0 {
			t.Errorf("status of the sink that is down: %+v, %+v", st, st.Spool)
		}
		if st.Oldest.IsZero() || time.Since(st.Oldest) < 50*time.Minute {
			t.Errorf("what waits longest is said to be from %v", st.Oldest)
		}
		bad.down.Store(false)
		after(5 * time.Minute)
		var want []string
		for range 3 {
			want = append(want, docsOf(text)...)
		}
		got := bad.has()
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("the sink that was down has %d documents, want %d", len(got), len(want))
		}
		if st := r.sink("bad"); st.State != "ok" || st.Breaker != "closed" || st.Waiting != 0 || st.Spool.Records != 0 || len(r.spooled("bad")) > 0 {
			t.Errorf("status after it is up again: %+v, %+v, files %v", st, st.Spool, r.spooled("bad"))
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

// What waited in memory when the sink went down, what went to the spool, and what
// came after it was back: in this order.
func TestTheSpoolKeepsTheOrder(t *testing.T) {
	in(t, func(t *testing.T) {
		sink := newSwitched(true)
		src := &memSource{bodies: []ioReadCloser{&steadily{text: lines(3000), every: 100 * time.Millisecond}}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("s", sink, func(o *SinkOptions) { o.Batch.MaxEvents = 50 })}})
		after(2 * time.Minute)
		sink.down.Store(false)
		after(10 * time.Minute)
		if got, want := sink.has(), docsOf(lines(3000)); !slices.Equal(sorted(got), sorted(want)) {
			t.Errorf("delivered %d, want %d", len(got), len(want))
		} else if n := inversions(got, want); n > 50 { // those that were tried one by one
			t.Errorf("%d of %d events came out of order", n, len(got))
		}
		r.stop()
	})
}

// steadily gives a line each time.
type steadily struct {
	text  string
	every time.Duration
}

func (s *steadily) Close() error { return nil }

func (s *steadily) Read(p []byte) (int, error) {
	if s.text == "" {
		return 0, io.EOF
	}
	time.Sleep(s.every)
	n := copy(p, s.text[:strings.IndexByte(s.text, '\n')+1])
	s.text = s.text[n:]
	return n, nil
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

// inversions counts what came before something that it stands behind.
func inversions(got, want []string) (n int) {
	at := map[string]int{}
	for i, s := range want {
		at[s] = i
	}
	last := -1
	for _, s := range got {
		if at[s] < last {
			n++
		}
		last = max(last, at[s])
	}
	return n
}

func TestAFullSpoolMakesSourcesWait(t *testing.T) {
	in(t, func(t *testing.T) {
		sink := newSwitched(true)
		text := lines(20_000)
		src := &memSource{texts: []string{text, text}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("s", sink, func(o *SinkOptions) {
			o.Buffer.MaxSize, o.Buffer.MaxEvents = 1<<20, 1000
		})}}, func(c *Config) { c.Memory = 1 << 20 })
		after(time.Hour)
		st := r.sink("s")
		if st.Spool.State != "full" || st.Spool.Bytes > 1<<20 || !strings.Contains(st.Spool.Error, "spool is full") {
			t.Errorf("status: %+v, %+v", st, st.Spool)
		}
		if _, settled := src.told(); len(settled) > 0 {
			t.Errorf("settled: %v", settled)
		}
		if m := r.p.Status().Memory; m > 3<<20 {
			t.Errorf("%d bytes of batches wait for it", m)
		}
		sink.down.Store(false)
		after(10 * time.Minute)
		if got, want := sink.has(), append(docsOf(text), docsOf(text)...); !slices.Equal(sorted(got), sorted(want)) {
			t.Errorf("delivered %d, want %d", len(got), len(want))
		}
		r.stop()
	})
}

// A stop with a sink that is down leaves what waits in the spool, at once; the
// next start delivers it first, whatever the configuration says then.
func TestTheNextStartDeliversWhatIsInTheSpool(t *testing.T) {
	for _, kind := range []BufferType{Disk, Memory} {
		in(t, func(t *testing.T) {
			sink, files := newSwitched(true), vfs.NewMem()
			src := &memSource{texts: []string{lines(3000)}, stay: true}
			r := start(t, Parts{from(src), []NamedSink{named("s", sink)}}, func(c *Config) { c.FS = files })
			after(time.Minute)
			begin := time.Now()
			if err := r.stop(); err != nil {
				t.Error(err)
			}
			if took := time.Since(begin); took > time.Second {
				t.Errorf("the stop took %v", took)
			}
			if _, settled := src.told(); !slices.Equal(settled, []error{nil}) {
				t.Errorf("settled: %v", settled)
			}
			sink.down.Store(false)
			again := &memSource{texts: []string{"later\n"}}
			r = start(t, Parts{from(again), []NamedSink{named("s", sink, func(o *SinkOptions) { o.Buffer.Type = kind })}},
				func(c *Config) { c.FS, c.Once = files, true })
			if err := <-r.ended; err != nil {
				t.Error(err)
			}
			if got := sink.has(); len(got) != 3001 || !slices.Equal(got[:3000], docsOf(lines(3000))) {
				t.Errorf("%s: delivered %d, or in another order", kind, len(got))
			}
			if st := r.sink("s"); st.In != 3001 || st.Delivered != 3001 || st.Waiting != 0 {
				t.Errorf("status: %+v", st)
			}
		})
	}
}

// A sink that begins to fail while the pipeline stops keeps the stop no longer
// than it must.
func TestAStopSendsWhatAFailingSinkHasNotToTheSpool(t *testing.T) {
	in(t, func(t *testing.T) {
		sink := newSwitched(true)
		src := &memSource{texts: []string{lines(300)}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("s", sink)}})
		after(2 * time.Second) // the breaker is closed yet
		begin := time.Now()
		r.stop()
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("the stop took %v", took)
		}
		if st := r.sink("s"); st.Spool.Records != 300 || st.Abandoned != 0 {
			t.Errorf("status: %+v, %+v", st, st.Spool)
		}
	})
}

// A run that ends by itself ends when the sinks have everything, not their spools.
func TestOnceWaitsForTheSinks(t *testing.T) {
	in(t, func(t *testing.T) {
		sink := newSwitched(true)
		src := &memSource{texts: []string{lines(1000)}}
		r := start(t, Parts{from(src), []NamedSink{named("s", sink)}}, func(c *Config) { c.Once = true })
		after(10 * time.Minute)
		select {
		case err := <-r.ended:
			t.Fatalf("it has ended with a sink that is down: %v", err)
		default:
		}
		sink.down.Store(false)
		if err := <-r.ended; err != nil {
			t.Error(err)
		}
		if got := sink.has(); len(got) != 1000 {
			t.Errorf("delivered %d of 1000", len(got))
		}
	})
}

func TestADiskThatIsFullForTheSpoolStopsAndGoesOn(t *testing.T) {
	in(t, func(t *testing.T) {
		sink, files := newSwitched(true), &fullDisk{FS: vfs.NewMem()}
		files.full.Store(true)
		src := &memSource{texts: []string{lines(500)}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("s", sink)}}, func(c *Config) { c.FS = files })
		after(time.Hour)
		if st := r.sink("s"); st.Spool.State != "full" || st.Spool.Records != 0 || st.Waiting != 500 {
			t.Errorf("status: %+v, %+v", st, st.Spool)
		}
		if !strings.Contains(r.log.String(), "no room left") {
			t.Errorf("the log does not say so: %s", r.log)
		}
		files.full.Store(false)
		after(5 * time.Minute)
		if st := r.sink("s"); st.Spool.State != "ok" || st.Spool.Records != 500 {
			t.Errorf("after there was room: %+v, %+v", st, st.Spool)
		}
		if _, settled := src.told(); !slices.Equal(settled, []error{nil}) {
			t.Errorf("settled: %v", settled)
		}
		r.stop()
	})
}

// A disk that is full keeps nothing from a sink that is back.
func TestASinkThatIsBackNeedsNoSpool(t *testing.T) {
	in(t, func(t *testing.T) {
		sink, files := newSwitched(true), &fullDisk{FS: vfs.NewMem()}
		files.full.Store(true)
		src := &memSource{texts: []string{lines(5000)}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("s", sink)}}, func(c *Config) { c.FS = files })
		after(time.Hour)
		sink.down.Store(false)
		after(5 * time.Minute)
		if got := sink.has(); !slices.Equal(sorted(got), sorted(docsOf(lines(5000)))) {
			t.Errorf("delivered %d of 5000", len(got))
		}
		r.stop()
	})
}

type fullDisk struct {
	vfs.FS
	full atomic.Bool
}

func (d *fullDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if d.full.Load() {
		return nil, fmt.Errorf("create %s: %w", name, syscall.ENOSPC)
	}
	return d.FS.Create(name, c)
}

// A record of the spool that the disk has damaged goes to quarantine, and what is
// around it to the sink.
func TestADamagedRecordOfTheSpoolCostsItselfAlone(t *testing.T) {
	in(t, func(t *testing.T) {
		sink, files := newSwitched(true), vfs.NewMem()
		src := &memSource{texts: []string{lines(100)}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("s", sink)}}, func(c *Config) { c.FS = files })
		after(time.Minute)
		r.stop()
		name := "data/spool/s/" + r.spooled("s")[0]
		f, err := files.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		text := make([]byte, 100_000)
		n, _ := f.ReadAt(text, 0)
		at := strings.Index(string(text[:n]), "line 50")
		if _, err := f.WriteAt([]byte("L"), int64(at)); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		sink.down.Store(false)
		r = start(t, Parts{from(&memSource{}), []NamedSink{named("s", sink)}}, func(c *Config) { c.FS, c.Once = files, true })
		if err := <-r.ended; err != nil {
			t.Error(err)
		}
		want := docsOf(lines(100))
		if got := sink.has(); !slices.Equal(got, slices.Delete(want, 50, 51)) {
			t.Errorf("delivered %d, want 99", len(got))
		}
		kept := r.kept()
		if len(kept) != 1 || kept[0].Sink != "s" || !strings.Contains(kept[0].Reason, "checksum") || !strings.Contains(string(kept[0].Raw), "Line 50") {
			t.Errorf("in quarantine: %+v", kept)
		}
		if st := r.sink("s"); st.Spool.Damaged != 1 || st.Quarantined != 1 || st.Waiting != 0 {
			t.Errorf("status: %+v, %+v", st, st.Spool)
		}
	})
}

// Alerts overtake whatever waits, on disk and in memory: the alert is in one of
// the next writes, not behind the backlog.
func TestAnAlertOvertakesABacklogOnDisk(t *testing.T) {
	in(t, func(t *testing.T) {
		sink := newSwitched(true)
		var writes, events, alertAt atomic.Int64
		refuse := sink.write
		sink.write = func(ctx context.Context, list []*event.Event) error {
			if err := refuse(ctx, list); err != nil {
				return err
			}
			time.Sleep(time.Second)
			n := writes.Add(1)
			if list[0].Alert {
				alertAt.CompareAndSwap(0, n)
			} else {
				events.Add(int64(len(list)))
			}
			return nil
		}
		backlog := 100_000
		if testing.Short() {
			backlog = 10_000
		}
		src := &memSource{texts: []string{lines(backlog)}, stay: true}
		late := &memSource{bodies: []ioReadCloser{&steadily{text: "the alert\n", every: 2 * time.Hour}}, stay: true}
		r := start(t, Parts{append(from(src), NamedSource{"late", late}), []NamedSink{named("slow", sink, func(o *SinkOptions) {
			o.Batch.MaxEvents = 10
		})}})
		after(2*time.Hour - time.Minute)
		if st := r.sink("slow"); st.Spool.Records != int64(backlog) {
			t.Errorf("the backlog is %d, want %d", st.Spool.Records, backlog)
		}
		sink.down.Store(false)
		after(time.Minute + time.Second) // it is back; now the alert comes
		before := writes.Load()
		after(10 * time.Second)
		if at := alertAt.Load(); at == 0 || at > before+2 {
			t.Errorf("the alert was write %d, when %d were done before it came", at, before)
		}
		if events.Load() > int64(backlog)/2 {
			t.Error("there was no backlog")
		}
		r.stop()
		time.Sleep(3 * time.Hour)
	})
}
