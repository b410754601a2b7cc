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
	"testing/iotest"
	"time"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/quarantine"
)

type (
	quarantineRecord = quarantine.Record
	ioReadCloser     = io.ReadCloser
)

// slowly gives a line every ten seconds, as a log that is followed does.
type slowly struct {
	text string
	at   int
	idle bool
}

func (s *slowly) Close() error { return nil }

func (s *slowly) Read(p []byte) (int, error) {
	if s.at == len(s.text) {
		return 0, io.EOF
	}
	if s.idle = !s.idle; s.idle {
		return 0, ingest.ErrIdle
	}
	time.Sleep(10 * time.Second)
	n := copy(p, s.text[s.at:s.at+strings.IndexByte(s.text[s.at:], '\n')+1])
	s.at += n
	return n, nil
}

// waiting is a log that never grows.
type waiting struct{ ctx context.Context }

func (w *waiting) Close() error { return nil }

func (w *waiting) Read([]byte) (int, error) {
	if w.ctx == nil {
		w.ctx = context.Background()
		return 0, ingest.ErrIdle
	}
	time.Sleep(time.Second)
	return 0, ingest.ErrIdle
}

func TestAnIdleLogTakesNoWorker(t *testing.T) {
	in(t, func(t *testing.T) {
		sink := &memSink{}
		src := &memSource{texts: []string{lines(10)}, stay: true}
		for range 20 {
			src.bodies = append(src.bodies, &waiting{})
		}
		r := start(t, Parts{from(src), []NamedSink{named("s", sink)}}, func(c *Config) { c.Workers = 1 })
		after(time.Minute)
		if got := len(sink.has()); got != 10 {
			t.Errorf("behind 20 idle logs %d of 10 events came through", got)
		}
		r.stop()
	})
}

// hung writes until it is told to end, and not even then.
func hung(context.Context, []*event.Event) error {
	time.Sleep(time.Hour)
	return nil
}

func TestADrainEndsWithinItsTime(t *testing.T) {
	for name, write := range map[string]func(context.Context, []*event.Event) error{
		"down":          func(context.Context, []*event.Event) error { return errors.New("down") },
		"slow":          func(ctx context.Context, _ []*event.Event) error { <-ctx.Done(); return ctx.Err() },
		"hung for good": hung,
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				src := &memSource{texts: []string{lines(5000), lines(5000), lines(5000)}}
				r := start(t, Parts{from(src), []NamedSink{named("s", &memSink{write: write}, inMemory, func(o *SinkOptions) { o.Buffer.MaxEvents = 100 })}},
					func(c *Config) { c.DrainTimeout = 7 * time.Second })
				after(10 * time.Minute)
				begin := time.Now()
				if err := r.stop(); err != nil {
					t.Error(err)
				}
				if took := time.Since(begin); took > 7*time.Second+2*grace {
					t.Errorf("the drain took %v", took)
				}
				progress, settled := src.told()
				if len(progress) > 0 || slices.Contains(settled, nil) {
					t.Errorf("undelivered, but acknowledged: %v, %v", progress, settled)
				}
				time.Sleep(2 * time.Hour) // let the hung write end
			})
		})
	}
}

func TestADrainDoesNotWaitForAWriteToFill(t *testing.T) {
	in(t, func(t *testing.T) {
		sink := &memSink{}
		src := &memSource{texts: []string{lines(5)}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("s", sink, func(o *SinkOptions) { o.Batch.Timeout = time.Hour })}})
		after(time.Second)
		begin := time.Now()
		r.stop()
		if took := time.Since(begin); took > time.Second || len(sink.has()) != 5 || sink.closed != 1 {
			t.Errorf("the drain took %v and delivered %d of 5; closed %d times", took, len(sink.has()), sink.closed)
		}
		if _, settled := src.told(); !slices.Equal(settled, []error{nil}) {
			t.Errorf("settled: %v", settled)
		}
	})
}

func TestADeliveryAfterTheEndIsGivenUp(t *testing.T) {
	in(t, func(t *testing.T) {
		ended := make(chan struct{})
		judge := &lineJudge{before: func(*event.Batch) { <-ended }} // longer than the drain lasts
		src := &memSource{texts: []string{lines(5) + "!broken\n"}}
		r := start(t, Parts{from(src), []NamedSink{named("s", &memSink{})}}, func(c *Config) {
			c.NewJudge, c.DrainTimeout = func() Judge { return judge }, time.Second
		})
		r.cancel()
		after(2 * time.Second)
		close(ended)
		if err := <-r.ended; err != nil {
			t.Error(err)
		}
		if _, settled := src.told(); len(settled) != 1 || settled[0] == nil {
			t.Errorf("settled: %v", settled)
		}
		if st := r.sink("s"); st.Abandoned != 5 || st.Waiting != 0 {
			t.Errorf("status: %+v", st)
		}
	})
}

func TestAPipelineThatRunsOnceEndsWhenAllIsSettled(t *testing.T) {
	in(t, func(t *testing.T) {
		tries := 0
		sink := &memSink{write: func(context.Context, []*event.Event) error {
			if tries++; tries < 5 {
				return errors.New("not yet")
			}
			return nil
		}}
		src := &memSource{texts: []string{lines(100), lines(3), ""}}
		r := start(t, Parts{from(src), []NamedSink{named("s", sink)}}, func(c *Config) { c.Once = true })
		if err := <-r.ended; err != nil {
			t.Fatal(err)
		}
		if _, settled := src.told(); len(sink.has()) != 103 || !slices.Equal(settled, []error{nil, nil, nil}) {
			t.Errorf("%d delivered, settled %v", len(sink.has()), settled)
		}
	})
}

func TestAPipelineThatRunsOnceSaysWhatItCouldNotDo(t *testing.T) {
	in(t, func(t *testing.T) {
		src := &memSource{texts: []string{lines(3)}, err: errors.New("access denied")}
		r := start(t, Parts{from(src), []NamedSink{named("s", &memSink{})}}, func(c *Config) { c.Once = true })
		err := <-r.ended
		if err == nil || !strings.Contains(err.Error(), "source mem") || !strings.Contains(err.Error(), "access denied") {
			t.Errorf("the error is %v", err)
		}
		if _, settled := src.told(); !slices.Equal(settled, []error{nil}) {
			t.Errorf("what was read is not delivered: %v", settled)
		}
	})
	in(t, func(t *testing.T) {
		src := &memSource{bodies: []ioReadCloser{io.NopCloser(io.MultiReader(strings.NewReader(lines(3)), failing{}))}}
		r := start(t, Parts{from(src), []NamedSink{named("s", &memSink{})}}, func(c *Config) { c.Once = true })
		err := <-r.ended
		if err == nil || !strings.Contains(err.Error(), "1 objects could not be finished") {
			t.Errorf("the error is %v", err)
		}
		if _, settled := src.told(); len(settled) != 1 || !errors.Is(settled[0], syscall.EIO) {
			t.Errorf("settled: %v", settled)
		}
	})
}

func TestAPipelineThatRunsOnceNamesTheSourcesThatHaveNoEnd(t *testing.T) {
	in(t, func(t *testing.T) {
		src := &memSource{texts: []string{lines(3)}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("s", &memSink{})}}, func(c *Config) { c.Once = true })
		after(time.Minute)
		if err := r.stop(); err == nil || !strings.Contains(err.Error(), "stopped before these sources had come to an end: mem") {
			t.Errorf("the error is %v", err)
		}
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, syscall.EIO }

func TestAReloadSwapsTheRulesWithoutAPause(t *testing.T) {
	in(t, func(t *testing.T) {
		sink := &memSink{}
		src := &memSource{bodies: []ioReadCloser{&slowly{text: strings.Repeat("alert\n", 20)}}, stay: true}
		var first, second atomic.Int64
		judges := func(n *atomic.Int64) func() Judge {
			return func() Judge { return &lineJudge{before: func(*event.Batch) { n.Add(1) }} }
		}
		r := start(t, Parts{from(src), []NamedSink{named("s", sink)}}, func(c *Config) { c.NewJudge = judges(&first) })
		after(55 * time.Second)
		before := first.Load()
		if err := r.p.Reload(t.Context(), Change{NewJudge: judges(&second)}); err != nil {
			t.Fatal(err)
		}
		after(200 * time.Second)
		if before == 0 || first.Load() != before || second.Load() == 0 {
			t.Errorf("the old rules judged %d batches, then %d; the new ones %d", before, first.Load(), second.Load())
		}
		if _, settled := src.told(); len(settled) != 1 || len(sink.has()) != 40 || sink.closed != 0 {
			t.Errorf("%d documents, settled %v, closed %d", len(sink.has()), settled, sink.closed)
		}
		r.stop()
	})
}

func TestAReloadOfSinksLosesNothing(t *testing.T) {
	in(t, func(t *testing.T) {
		old, next := &memSink{}, &memSink{}
		a, b := &memSource{texts: []string{lines(100)}, stay: true}, &memSource{texts: []string{lines(50)}, stay: true}
		r := start(t, Parts{from(a), []NamedSink{named("s", old, func(o *SinkOptions) { o.Batch.Timeout = time.Hour })}})
		after(time.Second)
		opened := 0
		err := r.p.Reload(t.Context(), Change{Open: func(context.Context) (Parts, error) {
			opened = old.closed
			return Parts{from(b), []NamedSink{named("s", next)}}, nil
		}})
		if err != nil || opened != 1 {
			t.Fatalf("%v; the old sink was closed %d times before the new one was opened", err, opened)
		}
		after(2 * time.Second)
		if len(old.has()) != 100 || len(next.has()) != 50 {
			t.Errorf("the old sink got %d of 100, the new one %d of 50", len(old.has()), len(next.has()))
		}
		r.stop()
	})
}

func TestAReloadThatFailsLeavesEverythingAsItWas(t *testing.T) {
	in(t, func(t *testing.T) {
		var made []*memSource
		sink := &memSink{}
		open := func(context.Context) (Parts, error) {
			made = append(made, &memSource{texts: []string{lines(10)}, stay: true})
			return Parts{from(made[len(made)-1]), []NamedSink{named("s", sink)}}, nil
		}
		r := start(t, Parts{}, func(c *Config) { c.Open = open })
		after(2 * time.Second)
		judge := func() Judge { t.Error("the new rules are in force"); return &lineJudge{} }
		err := r.p.Reload(t.Context(), Change{NewJudge: judge, Open: func(context.Context) (Parts, error) {
			return Parts{}, errors.New("no such host")
		}})
		if err == nil || !strings.Contains(err.Error(), "no such host") {
			t.Fatal(err)
		}
		after(2 * time.Second)
		if len(made) != 2 || len(sink.has()) != 20 {
			t.Errorf("opened %d times, %d delivered", len(made), len(sink.has()))
		}
		r.stop()
		if err := r.p.Reload(t.Context(), Change{Open: open}); err == nil {
			t.Error("a pipeline that has ended was reloaded")
		}
	})
}

func TestASourceThatFailsIsStartedAgain(t *testing.T) {
	in(t, func(t *testing.T) {
		runs := 0
		var src runFunc = func(ctx context.Context, out ingest.Emitter) error {
			if runs++; runs < 4 {
				return fmt.Errorf("failure %d", runs)
			}
			<-ctx.Done()
			return ctx.Err()
		}
		r := start(t, Parts{[]NamedSource{{"flaky", src}}, nil})
		if st := r.p.Status().Sources[0]; st.State != "failing" || st.Error != "failure 1" {
			t.Errorf("status: %+v", st)
		}
		after(time.Minute)
		if st := r.p.Status().Sources[0]; st.State != "running" || st.Restarts != 3 || st.Error != "" {
			t.Errorf("status: %+v", st)
		}
		r.stop()
	})
}

type runFunc func(context.Context, ingest.Emitter) error

func (f runFunc) Run(ctx context.Context, out ingest.Emitter) error { return f(ctx, out) }

func ioNop(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }

func TestWhatASourceRefusesIsInQuarantineWhenItIsSettled(t *testing.T) {
	in(t, func(t *testing.T) {
		var settled []error
		var src runFunc = func(ctx context.Context, out ingest.Emitter) error {
			return out.Object(ctx, &ingest.Object{
				Origin: &event.Origin{Source: "bucket", Name: "s3://b/gone"}, Body: ioNop("the notification"), Size: -1,
				Refused: "it is gone", Settled: func(err error) { settled = append(settled, err) },
			})
		}
		r := start(t, Parts{[]NamedSource{{"bucket", src}}, []NamedSink{named("s", &memSink{})}}, func(c *Config) { c.Once = true })
		if err := <-r.ended; err != nil {
			t.Fatal(err)
		}
		kept := r.kept()
		if len(kept) != 1 || kept[0].Origin != "s3://b/gone" || kept[0].Reason != "it is gone" || string(kept[0].Raw) != "the notification" {
			t.Errorf("kept %+v", kept)
		}
		if len(settled) != 1 || settled[0] != nil {
			t.Errorf("settled %v", settled)
		}
	})
}

func TestStatusTellsWhyAnObjectWasGivenBack(t *testing.T) {
	in(t, func(t *testing.T) {
		denied := errors.New("role reader may not do s3:GetObject on s3://b/k")
		src := &memSource{bodies: []io.ReadCloser{io.NopCloser(iotest.ErrReader(denied))}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("s", &memSink{})}})
		after(time.Second)
		if s := r.p.Status().Sources[0]; s.State != sourceRunning || s.Failed != 1 || !strings.Contains(s.Error, denied.Error()) {
			t.Errorf("%+v", s)
		}
		after(givenBack)
		if s := r.p.Status().Sources[0]; s.Error != "" {
			t.Errorf("long after: %q", s.Error)
		}
		r.stop()
	})
}
