package kafka

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"encoding/pem"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
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

func one(n int) *event.Event {
	ev := &event.Event{Schema: dataset("aws.cloudtrail"), Doc: fmt.Appendf(nil, `{"event":{"id":"%d"}}`, n)}
	binary.BigEndian.PutUint64(ev.DeliveryID[:], uint64(n)+1)
	return ev
}

func several(n int) (out []*event.Event) {
	for i := range n {
		out = append(out, one(i))
	}
	return out
}

func broker(t testing.TB, opts ...kfake.Opt) (*kfake.Cluster, string) {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(3, "burstwatch")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, c.ListenAddrs()[0]
}

func options(addr string) Options {
	o := Defaults()
	o.Servers, o.Replicas, o.Timeout = []string{addr}, 1, 2*time.Second
	return o
}

func newSink(t testing.TB, o Options) *Sink {
	t.Helper()
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	s, err := New(plugin.Env{Log: slog.New(slog.DiscardHandler)}, o)
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

// message is what a consumer sees.
type message struct{ key, id, value string }

// read reads a topic to its present end.
func read(t testing.TB, addr, topic string) (out []message) {
	t.Helper()
	c := &kafka.Client{Addr: kafka.TCP(addr), Timeout: 5 * time.Second}
	ctx := context.Background()
	meta, err := c.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range meta.Topics[0].Partitions {
		last, err := c.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: {kafka.LastOffsetOf(p.ID)}}})
		if err != nil {
			t.Fatal(err)
		}
		end := last.Topics[topic][0].LastOffset
		for at := int64(0); at < end; {
			res, err := c.Fetch(ctx, &kafka.FetchRequest{Topic: topic, Partition: p.ID, Offset: at, MinBytes: 1, MaxBytes: 10 << 20, MaxWait: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			for {
				r, err := res.Records.ReadRecord()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if r.Offset < at {
					continue
				}
				key, _ := kafka.ReadAll(r.Key)
				value, _ := kafka.ReadAll(r.Value)
				m := message{key: string(key), value: string(value)}
				for _, h := range r.Headers {
					if h.Key == "id" {
						m.id = string(h.Value)
					}
				}
				out, at = append(out, m), r.Offset+1
			}
		}
	}
	return out
}

// deliver writes as the pipeline does until every event has its verdict.
func deliver(t interface{ Fatalf(string, ...any) }, s *Sink, events []*event.Event) (rejected []string) {
	for range 100 {
		err := s.Write(context.Background(), events)
		var part *sinks.PartialError
		if err == nil {
			return rejected
		}
		if !errors.As(err, &part) {
			continue
		}
		var again []*event.Event
		for _, i := range part.Retry {
			again = append(again, events[i])
		}
		for _, r := range part.Reject {
			rejected = append(rejected, r.Reason)
		}
		if events = again; len(events) == 0 {
			return rejected
		}
	}
	t.Fatalf("%d events are still not delivered", len(events))
	return nil
}

// TestEveryEventArrivesUnderItsID draws errors of the broker, some before and
// some after it has taken the records.
func TestEveryEventArrivesUnderItsID(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c, addr := broker(t)
		s := newSink(t, options(addr))
		faults := rapid.SliceOfN(rapid.SampledFrom([]*kerr.Error{nil, nil, kerr.NotLeaderForPartition, kerr.NotEnoughReplicas, kerr.RequestTimedOut}), 0, 6).Draw(rt, "faults")
		c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
			c.KeepControl()
			if len(faults) == 0 {
				return nil, nil, false
			}
			fault := faults[0]
			faults = faults[1:]
			if fault == nil {
				return nil, nil, false
			}
			return refused(r, fault), nil, true
		})
		n := rapid.IntRange(1, 50).Draw(rt, "events")
		if r := deliver(rt, s, several(n)); len(r) > 0 {
			rt.Fatalf("rejected %v", r)
		}
		seen := map[string]string{}
		for _, m := range read(t, addr, "burstwatch") {
			if m.key != m.id || seen[m.id] != "" && seen[m.id] != m.value {
				rt.Fatalf("message %v", m)
			}
			seen[m.id] = m.value
		}
		for _, ev := range several(n) {
			if seen[ev.DeliveryID.String()] != string(ev.Doc) {
				rt.Fatalf("event %s is %q", ev.DeliveryID, seen[ev.DeliveryID.String()])
			}
		}
	})
}

// refused answers a produce request with an error for each partition.
func refused(r kmsg.Request, fault *kerr.Error) kmsg.Response {
	req, _ := r.(*kmsg.ProduceRequest)
	res, _ := req.ResponseKind().(*kmsg.ProduceResponse)
	for _, t := range req.Topics {
		out := kmsg.NewProduceResponseTopic()
		out.Topic = t.Topic
		for _, p := range t.Partitions {
			x := kmsg.NewProduceResponseTopicPartition()
			x.Partition, x.ErrorCode = p.Partition, fault.Code
			out.Partitions = append(out.Partitions, x)
		}
		res.Topics = append(res.Topics, out)
	}
	return res
}

// TestALateDeliverySendsWhatWasGiven recycles the documents, as the pipeline
// does, while a write that ran out of time still waits in the client behind
// another one, unencoded.
func TestALateDeliverySendsWhatWasGiven(t *testing.T) {
	c, addr := broker(t)
	s := newSink(t, options(addr))
	release := make(chan struct{})
	c.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.SleepControl(func() { <-release })
		return nil, nil, false
	})
	events := several(40)
	for _, part := range [][]*event.Event{events[:20], events[20:]} {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		defer cancel()
		if err := s.Write(ctx, part); err == nil {
			t.Fatal("written without an answer")
		}
		for _, ev := range part {
			for i := range ev.Doc {
				ev.Doc[i] = 0xDB
			}
		}
	}
	close(release)
	if r := deliver(t, s, several(40)); len(r) > 0 {
		t.Fatal(r)
	}
	got := read(t, addr, "burstwatch")
	for _, m := range got {
		if !json.Valid([]byte(m.value)) {
			t.Fatalf("recycled memory was sent: %q", m.value)
		}
	}
	if len(got) <= 40 {
		t.Errorf("%d messages: nothing was delivered late", len(got))
	}
}

func TestAMessageThatIsTooLargeCostsItselfAlone(t *testing.T) {
	_, addr := broker(t)
	o := options(addr)
	o.MaxMessage = 10e3
	s := newSink(t, o)
	events := several(5)
	events[2].Doc = fmt.Appendf(nil, `{"x":"%s"}`, bytes.Repeat([]byte("y"), 20e3))
	rejected := deliver(t, s, events)
	if len(rejected) != 1 || !strings.Contains(rejected[0], "max_message_bytes") || len(read(t, addr, "burstwatch")) != 4 {
		t.Errorf("rejected %v", rejected)
	}
}

func TestRevisionsOfACaseHaveItsKey(t *testing.T) {
	_, addr := broker(t, kfake.SeedTopics(3, "alerts"))
	o := options(addr)
	o.AlertTopic = "alerts"
	s := newSink(t, o)
	for revision := range 5 {
		ev := one(revision)
		ev.Alert, ev.Schema = true, nil
		ev.Doc = fmt.Appendf(nil, `{"studio":{"alert":{"id":"c0ffee","revision":%d}}}`, revision+1)
		deliver(t, s, []*event.Event{ev})
	}
	got := read(t, addr, "alerts")
	for i, m := range got {
		if m.key != "c0ffee" || m.id != one(i).DeliveryID.String() {
			t.Errorf("revision %d: %v", i+1, m)
		}
	}
	if len(got) != 5 {
		t.Errorf("%d revisions, want 5", len(got))
	}
}

// certificate is a certificate for loopback, and its file.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return s.TLS.Certificates[0], file
}

func TestTLSAndSCRAM(t *testing.T) {
	cert, file := certificate(t)
	_, addr := broker(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}),
		kfake.EnableSASL(), kfake.Superuser(scram512, "burstwatch", "right"))
	o := options(addr)
	o.TLS = TLS{Enabled: true, CAFile: file}
	o.SASL = SASL{Mechanism: scram512, Username: "burstwatch", Password: "right"}
	if err := once(check)(context.Background(), plugin.Env{}, &o); err != nil {
		t.Errorf("with the right password: %v", err)
	}
	if r := deliver(t, newSink(t, o), several(3)); len(r) > 0 {
		t.Error(r)
	}
	wrong := o
	wrong.SASL.Password = "wrong"
	if err := once(check)(context.Background(), plugin.Env{}, &wrong); err == nil || strings.Contains(err.Error(), "wrong") {
		t.Errorf("with a wrong password: %v", err)
	}
	unknown := o
	unknown.TLS.CAFile = ""
	if err := once(check)(context.Background(), plugin.Env{}, &unknown); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("with an unknown authority: %v", err)
	}
}

func TestSetupMakesTopicsOnce(t *testing.T) {
	_, addr := broker(t)
	o := options(addr)
	o.Topic, o.AlertTopic = "events.new", "alerts.new"
	err := once(check)(context.Background(), plugin.Env{}, &o)
	if err == nil || !strings.Contains(err.Error(), "events.new") || !strings.Contains(err.Error(), "alerts.new") {
		t.Errorf("before setup: %v", err)
	}
	for range 2 {
		if err := once(setup)(context.Background(), plugin.Env{}, &o); err != nil {
			t.Fatal(err)
		}
	}
	if err := once(check)(context.Background(), plugin.Env{}, &o); err != nil {
		t.Errorf("after setup: %v", err)
	}
}
