package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/quarantine"
	"github.com/burstwatch/burstwatch/sinks"
)

// memSource emits texts as objects, in order, and keeps what it is told.
type memSource struct {
	texts  []string
	bodies []io.ReadCloser // instead of texts
	err    error           // returned by Run at its end
	stay   bool            // Run returns when its context ends

	mu       sync.Mutex
	progress []int64
	settled  []error
}

func (s *memSource) Run(ctx context.Context, out ingest.Emitter) error {
	bodies := s.bodies
	for _, t := range s.texts {
		bodies = append(bodies, io.NopCloser(strings.NewReader(t)))
	}
	s.texts, s.bodies = nil, nil
	for i, b := range bodies {
		name := fmt.Sprint("object", i)
		o := &ingest.Object{
			Origin: &event.Origin{Source: "mem", Name: name, Identity: []byte(name)}, Body: b, Size: -1,
			Progress: func(upto int64, _ []byte) { s.mu.Lock(); s.progress = append(s.progress, upto); s.mu.Unlock() },
			Settled:  func(err error) { s.mu.Lock(); s.settled = append(s.settled, err); s.mu.Unlock() },
		}
		if err := out.Object(ctx, o); err != nil {
			return nil
		}
	}
	if s.stay {
		<-ctx.Done()
	}
	return s.err
}

func (s *memSource) told() (progress []int64, settled []error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int64{}, s.progress...), append([]error{}, s.settled...)
}

// memSink keeps documents. write, if set, decides first.
type memSink struct {
	write func(ctx context.Context, events []*event.Event) error

	mu     sync.Mutex
	docs   []string
	writes int
	closed int
}

func (s *memSink) Write(ctx context.Context, events []*event.Event) error {
	s.mu.Lock()
	s.writes++
	s.mu.Unlock()
	if s.write != nil {
		if err := s.write(ctx, events); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range events {
		s.docs = append(s.docs, string(e.Doc))
	}
	return nil
}

func (s *memSink) Close(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed++
	return nil
}

func (s *memSink) has() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.docs...)
}

// rig is a pipeline in a bubble of virtual time.
type rig struct {
	t      testing.TB
	p      *Pipeline
	files  vfs.FS
	log    *bytes.Buffer
	cancel context.CancelFunc
	ended  chan error
}

func named(name string, s sinks.Sink, change ...func(*SinkOptions)) NamedSink {
	o := DefaultSinkOptions()
	for _, c := range change {
		c(&o)
	}
	return NamedSink{name, s, o}
}

// inMemory keeps a sink from having a spool.
func inMemory(o *SinkOptions) { o.Buffer.Type = Memory }

func from(s *memSource) []NamedSource { return []NamedSource{{"mem", s}} }

// in runs the test in a bubble.
func in(t *testing.T, f func(t *testing.T)) { synctest.Test(t, f) }

// start runs a pipeline of the parts.
func start(t testing.TB, parts Parts, change ...func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, files: vfs.NewMem(), log: &bytes.Buffer{}, ended: make(chan error, 1)}
	c := Config{
		Open:  func(context.Context) (Parts, error) { return parts, nil },
		Specs: lineSpecs(), NewJudge: func() Judge { return &lineJudge{} }, Cases: &lineCases{}, Workers: 2, FS: r.files, DataDir: "data",
		Log: slog.New(slog.NewTextHandler(r.log, nil)), Now: time.Now, Rand: rand.NewPCG(1, 2),
	}
	for _, f := range change {
		f(&c)
	}
	r.files = c.FS
	var err error
	if r.p, err = New(c); err != nil {
		t.Fatal(err)
	}
	r.p.poison = true
	var ctx context.Context
	ctx, r.cancel = context.WithCancel(t.Context())
	go func() { r.ended <- r.p.Run(ctx) }()
	synctest.Wait()
	return r
}

// stop ends the pipeline in order.
func (r *rig) stop() error {
	r.cancel()
	return <-r.ended
}

func (r *rig) sink(name string) SinkStatus {
	for _, s := range r.p.Status().Sinks {
		if s.Name == name {
			return s
		}
	}
	r.t.Fatalf("no sink %s", name)
	return SinkStatus{}
}

func (r *rig) kept() (all []quarantine.Record) {
	r.t.Helper()
	_, err := quarantine.Read(r.files, "data/quarantine", func(q quarantine.Record) error { all = append(all, q); return nil })
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// after lets virtual time pass.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// lines are n lines that differ.
func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	return b.String()
}

// docsOf are the documents of an object's lines.
func docsOf(text string) (docs []string) {
	at := 0
	for _, l := range strings.SplitAfter(text, "\n") {
		if line := strings.TrimSuffix(l, "\n"); line != "" && line[0] != '!' {
			docs = append(docs, lineDoc(plainLines.dataset, line, int64(at)))
		}
		at += len(l)
	}
	return docs
}
