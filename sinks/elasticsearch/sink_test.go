package elasticsearch

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/sinks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dataset is a schema that knows its name alone.
type dataset string

func (d dataset) Dataset() string                                                        { return string(d) }
func (dataset) Getter(string) event.Getter                                               { return nil }
func (dataset) Index() []string                                                          { return nil }
func (dataset) Fields(dst []event.Field, _ *event.Event, _ *event.Scratch) []event.Field { return dst }
func (dataset) ID(ev *event.Event, _ *event.Scratch) event.ID                            { return ev.DeliveryID }

var begin = time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC)

// one is the nth event, an hour after the one before.
func one(n int) *event.Event {
	ev := &event.Event{Schema: dataset("aws.cloudtrail"), Time: begin.Add(time.Duration(n) * time.Hour).UnixNano()}
	binary.BigEndian.PutUint64(ev.DeliveryID[:], uint64(n)+1)
	ev.Doc = fmt.Appendf(nil, `{"event":{"id":"%d"},"aws":{"cloudtrail":{"flattened":{"request_parameters":{"n":%d.10}}}}}`, n, n)
	return ev
}

func several(n int) (out []*event.Event) {
	for i := range n {
		out = append(out, one(i))
	}
	return out
}

func alert(id string, revision int64) *event.Event {
	return &event.Event{Alert: true, Doc: fmt.Appendf(nil, `{"studio":{"alert":{"id":%q,"revision":%d}}}`, id, revision)}
}

func newSink(t testing.TB, url string, change func(*Options)) *Sink {
	t.Helper()
	o := Defaults()
	o.Endpoints = []string{url}
	if change != nil {
		change(&o)
	}
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	s, err := New(plugin.Env{Log: slog.New(slog.DiscardHandler), Datasets: []string{"aws.vpcflow"}}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// deliver writes as the pipeline does until every event has its verdict.
func deliver(t interface{ Fatalf(string, ...any) }, s *Sink, events []*event.Event) (rejected []string) {
	for range 200 {
		if len(events) == 0 {
			return rejected
		}
		err := s.Write(context.Background(), events)
		var part *sinks.PartialError
		switch {
		case err == nil:
			return rejected
		case errors.As(err, &part):
			var again []*event.Event
			for _, i := range part.Retry {
				again = append(again, events[i])
			}
			for _, r := range part.Reject {
				rejected = append(rejected, r.Reason)
			}
			events = again
		}
	}
	t.Fatalf("%d events are still not delivered after 200 writes", len(events))
	return nil
}

// TestEachEventIsThereOnceWhateverTheClusterAnswers draws faults of every kind
// for whole requests and single items, and repeats.
func TestEachEventIsThereOnceWhateverTheClusterAnswers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, url := newCluster(t)
		s := newSink(t, url, nil)
		n := rapid.IntRange(1, 60).Draw(rt, "events")
		faults := rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 0, 429, 500, 503, 401, -1}), 0, 8).Draw(rt, "faults")
		items := rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 0, 429, 503, 403, 404}), 0, 40).Draw(rt, "items")
		c.limit = rapid.SampledFrom([]int{0, 400, 1000}).Draw(rt, "limit")
		c.fault = func(n int) int { return max(0, pick(faults, n)) }
		c.cut = func(n int) bool { return pick(faults, n) < 0 }
		c.item = func(string, int) (int, string) {
			if len(items) == 0 {
				return 0, ""
			}
			status := items[0]
			items = items[1:]
			return status, "some_exception"
		}
		events := several(n)
		for range rapid.IntRange(1, 3).Draw(rt, "repeats") {
			if r := deliver(rt, s, events); len(r) > 0 {
				rt.Fatalf("rejected: %v", r)
			}
		}
		ids := c.ids()
		for _, ev := range events {
			if ids[ev.DeliveryID.String()] != 1 {
				rt.Fatalf("an event is there %d times", ids[ev.DeliveryID.String()])
			}
		}
	})
}

func pick(list []int, n int) int {
	if n > len(list) {
		return 0
	}
	return list[n-1]
}

func TestAnEventThatCannotBeMappedCostsItselfAlone(t *testing.T) {
	c, url := newCluster(t)
	s := newSink(t, url, nil)
	deep, hopeless := one(3).DeliveryID.String(), one(5).DeliveryID.String()
	c.item = func(id string, tries int) (int, string) {
		if id == deep && tries == 1 || id == hopeless {
			return http.StatusBadRequest, "document_parsing_exception"
		}
		return 0, ""
	}
	rejected := deliver(t, s, several(8))
	if len(rejected) != 1 || !strings.Contains(rejected[0], "document_parsing_exception") {
		t.Errorf("rejected %v", rejected)
	}
	if n := len(c.ids()); n != 7 {
		t.Errorf("%d events are there, want 7", n)
	}
	index, _ := s.names.of("aws.cloudtrail", one(3).Time)
	want := `{"aws":{"cloudtrail":{"flattened":{}}},"burstwatch":{"unindexed":{"aws.cloudtrail.flattened.request_parameters":{"n":3.10}}},"event":{"id":"3"}}`
	if got := c.indices[index][deep].doc; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestADocumentLargerThanTheClusterTakesIsRejectedAlone(t *testing.T) {
	c, url := newCluster(t)
	c.limit = 2000
	s := newSink(t, url, nil)
	events := several(10)
	noise := make([]byte, 0, 8000)
	for i := range 2000 {
		noise = fmt.Appendf(noise, "%x", i*i*7919)
	}
	events[4].Doc = fmt.Appendf(nil, `{"event":{"original":"%s"}}`, noise)
	rejected := deliver(t, s, events)
	if len(rejected) != 1 || !strings.Contains(rejected[0], "http.max_content_length") || len(c.ids()) != 9 {
		t.Errorf("rejected %v, there are %d", rejected, len(c.ids()))
	}
}

func TestOfAnAlertTheNewestRevisionStands(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, url := newCluster(t)
		s := newSink(t, url, nil)
		order := rapid.Permutation([]int64{1, 2, 3, 4, 3, 2}).Draw(rt, "order")
		for _, revision := range order {
			if r := deliver(rt, s, []*event.Event{alert("a1", revision)}); len(r) > 0 {
				rt.Fatalf("rejected %v", r)
			}
		}
		if got := c.indices["burstwatch-alerts"]["a1"]; got.version != 4 {
			rt.Fatalf("revision %d stands after %v", got.version, order)
		}
	})
}

func TestTemplatesAreInstalledOnce(t *testing.T) {
	c, url := newCluster(t)
	for range 3 {
		if err := newSink(t, url, func(o *Options) { o.Retention = 48 * time.Hour }).Prepare(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if c.puts != 4 {
		t.Errorf("%d parts were put, want 4", c.puts)
	}
	if err := newSink(t, url, func(o *Options) { o.Replicas = 2; o.Retention = 48 * time.Hour }).Prepare(context.Background()); err != nil {
		t.Fatal(err)
	}
	if c.puts != 6 {
		t.Errorf("%d parts were put after a change of two, want 6", c.puts)
	}
}

func TestAnAnswerThatDoesNotBelongIsNoVerdict(t *testing.T) {
	c, url := newCluster(t)
	s := newSink(t, url, nil)
	for _, answer := range []string{``, `{}`, `[]`, `<html>`, `{"errors":true,"items":[]}`, `{"errors":true,"items":[{"create":{"status":201}}]}`, `{"errors":"no"}`} {
		if err := s.judge(context.Background(), []item{{}, {}}, []byte(answer), &verdict{}); err == nil {
			t.Errorf("%q passed for a verdict on two items", answer)
		}
	}
	_ = c
}
