package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/sinks"
)

func TestNothingIsLostWhenASinkIsDown(t *testing.T) {
	in(t, func(t *testing.T) {
		var down atomic.Bool
		down.Store(true)
		good := &memSink{}
		bad := &memSink{write: func(context.Context, []*event.Event) error {
			if down.Load() {
				return errors.New("connection refused")
			}
			return nil
		}}
		text := lines(5000)
		src := &memSource{texts: []string{text, text}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("good", good), named("bad", bad, inMemory)}})
		after(3 * time.Hour)
		if p, s := src.told(); len(p)+len(s) > 0 {
			t.Errorf("acknowledged while a sink is down: progress %v, settled %v", p, s)
		}
		if st := r.sink("bad"); st.State != "down" || !strings.Contains(st.Error, "connection refused") || st.Waiting == 0 {
			t.Errorf("status of the sink that is down: %+v", st)
		}
		down.Store(false)
		after(5 * time.Minute)
		for name, s := range map[string]*memSink{"good": good, "bad": bad} {
			got, want := s.has(), append(docsOf(text), docsOf(text)...)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s has %d documents, want %d", name, len(got), len(want))
			}
		}
		if _, s := src.told(); !slices.Equal(s, []error{nil, nil}) {
			t.Errorf("settled: %v", s)
		}
		if st := r.sink("bad"); st.State != "ok" || st.Waiting != 0 {
			t.Errorf("status after it is up again: %+v", st)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestRejectedEventsGoToQuarantineAlone(t *testing.T) {
	in(t, func(t *testing.T) {
		sink := &memSink{}
		sink.write = func(_ context.Context, events []*event.Event) error {
			v := &sinks.PartialError{}
			for i, e := range events {
				if strings.Contains(string(e.Doc), "line 7\"") {
					v.Reject = append(v.Reject, sinks.Rejected{Index: i, Reason: "mapping conflict"})
					continue
				}
				sink.docs = append(sink.docs, string(e.Doc))
			}
			if len(v.Reject) > 0 {
				return v
			}
			sink.docs = sink.docs[:len(sink.docs)-len(events)]
			return nil
		}
		src := &memSource{texts: []string{lines(20) + "!broken\n"}}
		r := start(t, Parts{from(src), []NamedSink{named("picky", sink)}}, func(c *Config) { c.Once = true })
		if err := <-r.ended; err != nil {
			t.Fatal(err)
		}
		if got := sink.has(); len(got) != 19 {
			t.Errorf("delivered %d, want 19", len(got))
		}
		kept := r.kept()
		if len(kept) != 2 {
			t.Fatalf("in quarantine: %+v", kept)
		}
		slices.SortFunc(kept, func(a, b quarantineRecord) int { return strings.Compare(a.Sink, b.Sink) })
		if k := kept[0]; string(k.Raw) != "!broken" || k.Origin != "object0" || k.Source != "mem" || k.Offset != int64(len(lines(20))) || k.Reason == "" {
			t.Errorf("what could not be read: %+v", k)
		}
		if k := kept[1]; k.Sink != "picky" || k.Reason != "mapping conflict" || string(k.Raw) != docsOf(lines(20))[7] || k.Dataset != "test.plain" || k.ID == "" {
			t.Errorf("what the sink refused: %+v", k)
		}
		if st := r.sink("picky"); st.In != 20 || st.Delivered != 19 || st.Quarantined != 1 || st.Waiting != 0 {
			t.Errorf("status: %+v", st)
		}
	})
}

func TestAlertsOvertakeEvents(t *testing.T) {
	in(t, func(t *testing.T) {
		var groups []string
		sink := &memSink{write: func(_ context.Context, events []*event.Event) error {
			what := "events"
			if events[0].Alert {
				what = "alerts"
			}
			groups = append(groups, what)
			time.Sleep(time.Second)
			return nil
		}}
		text := lines(20_000) + "alert\n"
		src := &memSource{texts: []string{text}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("slow", sink, func(o *SinkOptions) {
			o.Batch.MaxEvents, o.Buffer.MaxEvents = 10, 1e6
		})}}, func(c *Config) { c.Memory = 1e9 })
		after(3 * time.Second)
		if n := slices.Index(groups, "alerts"); n < 0 || n > 1 {
			t.Errorf("the alert was written as number %d, behind events that came before it", n)
		}
		if st := r.sink("slow"); st.Waiting < 19_000 {
			t.Errorf("there was no backlog: %+v", st)
		}
		r.stop()
	})
}

func TestProgressNeverRunsAheadOfDurability(t *testing.T) {
	in(t, func(t *testing.T) {
		var durable atomic.Int64
		sink := &memSink{write: func(_ context.Context, events []*event.Event) error {
			time.Sleep(time.Second)
			durable.Add(int64(len(events)))
			return nil
		}}
		text := lines(3000)
		src := &memSource{texts: []string{text}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("fast", &memSink{}), named("slow", sink, func(o *SinkOptions) { o.Batch.MaxEvents = 100 })}})
		for range 60 {
			after(700 * time.Millisecond)
			progress, _ := src.told()
			if !slices.IsSorted(progress) {
				t.Fatalf("progress out of order: %v", progress)
			}
			if n := len(progress); n > 0 && int64(strings.Count(text[:progress[n-1]], "\n")) > durable.Load() {
				t.Fatalf("acknowledged up to line %d when %d were durable", strings.Count(text[:progress[n-1]], "\n"), durable.Load())
			}
		}
		if progress, settled := src.told(); len(progress) < 2 || len(settled) != 1 {
			t.Errorf("told of %v, %v", progress, settled)
		}
		r.stop()
	})
}

func TestAFullDiskAtASinkStopsAndGoesOn(t *testing.T) {
	in(t, func(t *testing.T) {
		var full atomic.Bool
		full.Store(true)
		sink := &memSink{write: func(context.Context, []*event.Event) error {
			if full.Load() {
				return fmt.Errorf("write /logs/events.ndjson: %w", syscall.ENOSPC)
			}
			return nil
		}}
		src := &memSource{texts: []string{lines(10)}, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("disk", sink)}})
		after(time.Hour)
		if st := r.sink("disk"); st.State != "full" || st.Waiting != 10 {
			t.Errorf("status: %+v", st)
		}
		if !strings.Contains(r.log.String(), "no room left") {
			t.Errorf("the log does not say so: %s", r.log)
		}
		full.Store(false)
		after(time.Minute)
		if got := sink.has(); !slices.Equal(got, docsOf(lines(10))) {
			t.Errorf("delivered %d, or in another order", len(got))
		}
		r.stop()
	})
}

func TestOneEventThatAlwaysFailsCostsItselfAlone(t *testing.T) {
	in(t, func(t *testing.T) {
		sink := &memSink{write: func(_ context.Context, events []*event.Event) error {
			for _, e := range events {
				if strings.Contains(string(e.Doc), "line 50\"") {
					return errors.New("internal error")
				}
			}
			return nil
		}}
		var texts []string
		for range 40 {
			texts = append(texts, lines(40)) // what else goes on
		}
		src := &memSource{texts: append([]string{lines(100)}, texts...), stay: true}
		src.bodies = []ioReadCloser{&slowly{text: lines(2000)}}
		r := start(t, Parts{from(src), []NamedSink{named("es", sink)}})
		after(5 * time.Minute)
		if got := sink.has(); len(got) < 99+40*40 {
			t.Errorf("after five minutes only %d events are past the one that fails", len(got))
		}
		after(time.Hour)
		kept := r.kept()
		if len(kept) != 2 || !strings.Contains(kept[0].Reason, "internal error") { // line 50 of two objects
			t.Errorf("in quarantine: %+v", kept)
		}
		if st := r.sink("es"); st.Waiting > 1 || st.State != "ok" {
			t.Errorf("status: %+v", st)
		}
		r.stop()
	})
}

func TestALyingVerdictLosesNothing(t *testing.T) {
	for name, verdict := range map[string]*sinks.PartialError{
		"beyond the end":   {Retry: []int{99}},
		"negative":         {Reject: []sinks.Rejected{{Index: -1}}},
		"named twice":      {Retry: []int{0}, Reject: []sinks.Rejected{{Index: 0}}},
		"nothing named":    {},
		"retried for ever": {Retry: []int{0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				n := 0
				sink := &memSink{write: func(context.Context, []*event.Event) error {
					if n++; n < 4 {
						return verdict
					}
					return nil
				}}
				src := &memSource{texts: []string{lines(10)}}
				r := start(t, Parts{from(src), []NamedSink{named("liar", sink)}}, func(c *Config) { c.Once = true })
				if err := <-r.ended; err != nil {
					t.Fatal(err)
				}
				got := sink.has()
				slices.Sort(got)
				if want := docsOf(lines(10)); !slices.Equal(got, want) {
					t.Errorf("delivered %q", got)
				}
				if len(r.kept()) != 0 {
					t.Errorf("in quarantine: %+v", r.kept())
				}
			})
		})
	}
}

// A small memory and a write that waits long to be filled must not wait for
// each other.
func TestNothingWaitsWhileASourceHasTo(t *testing.T) {
	in(t, func(t *testing.T) {
		sink := &memSink{}
		var texts []string
		for range 50 {
			texts = append(texts, lines(10))
		}
		src := &memSource{texts: texts, stay: true}
		r := start(t, Parts{from(src), []NamedSink{named("s", sink, func(o *SinkOptions) {
			o.Batch.Timeout, o.Batch.MaxEvents = time.Hour, 1e6
			o.Buffer.MaxEvents = 30
		})}})
		after(time.Second)
		if got := len(sink.has()); got < 450 {
			t.Errorf("only %d of 500 events were written in a second", got)
		}
		r.stop()
		if got := len(sink.has()); got != 500 {
			t.Errorf("the drain left %d of 500 events", 500-got)
		}
	})
}

func TestSinksGetWhatTheyAskFor(t *testing.T) {
	in(t, func(t *testing.T) {
		all, alerts, events, other := &memSink{}, &memSink{}, &memSink{}, &memSink{}
		src := &memSource{texts: []string{"line\nother\nan alert\n"}}
		r := start(t, Parts{from(src), []NamedSink{
			named("all", all),
			named("alerts", alerts, func(o *SinkOptions) { o.Only = Alerts }),
			named("events", events, func(o *SinkOptions) { o.Only = Events }),
			named("other", other, func(o *SinkOptions) { o.Only, o.Datasets = Events, []string{"test.o*"} }),
		}}, func(c *Config) { c.Once = true })
		if err := <-r.ended; err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]struct {
			s *memSink
			n int
		}{"all": {all, 4}, "alerts": {alerts, 1}, "events": {events, 3}, "other": {other, 1}} {
			if got := want.s.has(); len(got) != want.n {
				t.Errorf("%s got %q", name, got)
			}
		}
	})
}

// blind is a sink that reads no documents.
type blind struct{ memSink }

func (*blind) Undocumented() {}

func TestDocumentsAreMadeWhereASinkReadsThem(t *testing.T) {
	for name, reads := range map[string]bool{"nobody reads them": false, "one of two reads them": true} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				none, some := &blind{}, &memSink{}
				src := &memSource{texts: []string{"line\nother\nan alert\n"}}
				parts := Parts{from(src), []NamedSink{named("blind", none)}}
				if reads {
					parts.Sinks = append(parts.Sinks, named("some", some))
				}
				r := start(t, parts, func(c *Config) { c.Once = true })
				if err := <-r.ended; err != nil {
					t.Fatal(err)
				}
				got := none.has()
				empty := len(slices.DeleteFunc(slices.Clone(got), func(doc string) bool { return doc != "" }))
				if want := map[bool]int{false: 3, true: 0}[reads]; len(got) != 4 || empty != want {
					t.Errorf("it got %q: want 4, of which %d have no document", got, want)
				}
				if _, s := src.told(); !slices.Equal(s, []error{nil}) {
					t.Errorf("settled: %v", s)
				}
			})
		})
	}
}
