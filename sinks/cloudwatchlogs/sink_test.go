package cloudwatchlogs

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/sinks"
)

// dataset is a schema that knows its name alone.
type dataset string

func (d dataset) Dataset() string                                                        { return string(d) }
func (dataset) Getter(string) event.Getter                                               { return nil }
func (dataset) Index() []string                                                          { return nil }
func (dataset) Fields(dst []event.Field, _ *event.Event, _ *event.Scratch) []event.Field { return dst }
func (dataset) ID(ev *event.Event, _ *event.Scratch) event.ID                            { return ev.DeliveryID }

var present = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return present }

func one(n int, at time.Time, size int) *event.Event {
	ev := &event.Event{Schema: dataset("aws.cloudtrail"), Time: at.UnixNano()}
	binary.BigEndian.PutUint64(ev.DeliveryID[:], uint64(n)+1)
	ev.Doc = fmt.Appendf(nil, `{"burstwatch":{"delivery_id":"%s"},"x":"%s"}`, ev.DeliveryID, bytes.Repeat([]byte("x"), size))
	return ev
}

func testSink(t testing.TB, s *service, change func(*Options)) *Sink {
	t.Helper()
	o := Defaults()
	if change != nil {
		change(&o)
	}
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	return newSink(plugin.Env{Log: slog.New(slog.DiscardHandler), Now: clock, Datasets: []string{"aws.cloudtrail"}}, o, s)
}

// deliver writes as the pipeline does until every event has its verdict.
func deliver(t interface{ Fatalf(string, ...any) }, s *Sink, events []*event.Event) (rejected map[string]string) {
	rejected = map[string]string{}
	for range 100 {
		var part *sinks.PartialError
		if err := s.Write(context.Background(), events); err == nil {
			return rejected
		} else if !errors.As(err, &part) {
			t.Fatalf("Write: %v", err)
		}
		var again []*event.Event
		for _, i := range part.Retry {
			again = append(again, events[i])
		}
		for _, r := range part.Reject {
			rejected[events[r.Index].DeliveryID.String()] = r.Reason
		}
		if events = again; len(events) == 0 {
			return rejected
		}
	}
	t.Fatalf("%d events are still not delivered", len(events))
	return nil
}

// TestEveryEventIsInItsGroupWhole draws times from a year ago to next week,
// sizes beyond the limit, a retention shorter than the sink knows of, and faults
// before and after requests took effect.
func TestEveryEventIsInItsGroupWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		srv := newService(clock)
		s := testSink(t, srv, nil)
		if rapid.Bool().Draw(rt, "an old group") {
			srv.groups["/burstwatch/aws.cloudtrail"] = 3
		}
		faults := rapid.SliceOfN(rapid.SampledFrom([]error{nil, errThrottled, context.DeadlineExceeded}), 0, 6).Draw(rt, "faults")
		take := func() error {
			if len(faults) == 0 {
				return nil
			}
			err := faults[0]
			faults = faults[1:]
			return err
		}
		srv.fault, srv.after = take, take
		var events []*event.Event
		for i := range rapid.IntRange(1, 60).Draw(rt, "events") {
			at := present.Add(time.Duration(rapid.IntRange(-9000, 170).Draw(rt, "hours")) * time.Hour)
			if rapid.Bool().Draw(rt, "recent") {
				at = present.Add(-time.Duration(rapid.IntRange(0, 3000).Draw(rt, "minutes")) * time.Minute)
			}
			events = append(events, one(i, at, rapid.SampledFrom([]int{0, 300, 90_000, 400_000, 1_048_400, 1_100_000}).Draw(rt, "size")))
		}
		rejected := deliver(rt, s, events)
		if srv.invalid > 0 {
			rt.Fatalf("%d requests were beyond a limit", srv.invalid)
		}
		there := map[string]int{}
		for p, list := range srv.streams {
			if p.group != "/burstwatch/aws.cloudtrail" {
				rt.Fatalf("an event is in %v", p)
			}
			for _, e := range list {
				there[*e.Message]++
			}
		}
		for _, ev := range events {
			_, refused := rejected[ev.DeliveryID.String()]
			if large := len(ev.Doc)+26 > 1_048_576; refused != large {
				rt.Fatalf("an event of %d bytes: refused is %v", len(ev.Doc), refused)
			}
			if !refused && there[string(ev.Doc)] == 0 {
				rt.Fatalf("an event of %v is lost", time.Unix(0, ev.Time).UTC())
			}
		}
	})
}

func TestADocumentThatIsTooLargeIsNamedWhereItWouldHaveBeen(t *testing.T) {
	srv := newService(clock)
	s := testSink(t, srv, nil)
	ev := one(1, present, 1_100_000)
	rejected := deliver(t, s, []*event.Event{ev})
	list := srv.streams[place{"/burstwatch/aws.cloudtrail", "burstwatch"}]
	want := `{"@timestamp":"2026-11-24T12:00:00Z","burstwatch":{"delivery_id":"` + ev.DeliveryID.String() + `","elsewhere":"quarantine"},"event":{"dataset":"aws.cloudtrail"}}`
	if len(rejected) != 1 || len(list) != 1 || *list[0].Message != want {
		t.Errorf("rejected %v, %d log events, want %s", rejected, len(list), want)
	}
}

func TestGroupsAreMadeWithRetentionAndKey(t *testing.T) {
	srv := newService(clock)
	const key = "arn:aws:kms:eu-west-2:123456789012:key/1234abcd"
	s := testSink(t, srv, func(o *Options) { o.Retention, o.KMSKey, o.Create = 400, key, false })
	if err := s.check(t.Context()); err == nil || !strings.Contains(err.Error(), "burstwatch setup") {
		t.Errorf("before setup: %v", err)
	}
	for range 2 {
		if err := s.setup(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, group := range []string{"/burstwatch/alerts", "/burstwatch/aws.cloudtrail"} {
		if srv.groups[group] != 400 || srv.keys[group] != key {
			t.Errorf("%s: %d days, key %q", group, srv.groups[group], srv.keys[group])
		}
	}
	if err := s.check(t.Context()); err != nil {
		t.Errorf("after setup: %v", err)
	}
}

func TestAlertsHaveAGroupOfTheirOwn(t *testing.T) {
	srv := newService(clock)
	s := testSink(t, srv, nil)
	ev := one(1, present, 10)
	ev.Alert, ev.Schema = true, nil
	deliver(t, s, []*event.Event{ev})
	if n := len(srv.streams[place{"/burstwatch/alerts", "burstwatch"}]); n != 1 {
		t.Errorf("%d alerts", n)
	}
}

func TestAStreamThatIsDeletedIsMadeAgain(t *testing.T) {
	srv := newService(clock)
	s := testSink(t, srv, nil)
	deliver(t, s, []*event.Event{one(1, present, 10)})
	clear(srv.streams)
	deliver(t, s, []*event.Event{one(2, present, 10)})
	if n := len(srv.streams[place{"/burstwatch/aws.cloudtrail", "burstwatch"}]); n != 1 {
		t.Errorf("%d events", n)
	}
}
