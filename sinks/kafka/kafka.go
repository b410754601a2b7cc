// Package kafka is the sink for a studio's own bus: events and alerts as JSON
// messages, acknowledged by all in-sync replicas.
//
// A message's key and its header "id" are the same for every repeat: of an event
// its delivery id, of an alert the case's id as key and the revision's delivery
// id as header. The protocol's client has no idempotent producer, and a write
// that timed out may still arrive; whoever must not count twice drops what has a
// known id. Revisions of a case have one key, so they stay in order on one
// partition and a compacted topic keeps the newest.
//
// The package knows rendered documents and imports internal/ and the stage's
// door; the catalogue in cmd offers it.
package kafka

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/tidwall/gjson"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/sinks"
)

// Spec offers the sink.
func Spec() plugin.Spec[sinks.Sink] {
	spec := plugin.Define("kafka", "Sends events and alerts to Kafka topics.", Defaults(),
		func(env plugin.Env, o Options) (sinks.Sink, error) { return New(env, o) })
	spec.Setup = once(setup)
	spec.Check = once(check)
	return spec
}

// Sink writes to one cluster.
type Sink struct {
	options Options
	log     *slog.Logger
	writer  *kafka.Writer
	trans   *kafka.Transport
}

// New makes the sink. It connects to nothing yet.
func New(env plugin.Env, o Options) (*Sink, error) {
	t, err := newTransport(o)
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	return &Sink{options: o, log: env.Log, trans: t, writer: &kafka.Writer{
		Addr: kafka.TCP(o.Servers...), Transport: t,
		Balancer:     kafka.Murmur2Balancer{Consistent: true}, // the partition that Java's clients choose
		RequiredAcks: kafka.RequireAll, Compression: kafka.Zstd,
		MaxAttempts: 1, // what is tried again, and when, is the pipeline's for all sinks alike
		BatchSize:   10_000, BatchBytes: int64(o.MaxMessage), BatchTimeout: batchWait,
		WriteTimeout: o.Timeout, ReadTimeout: o.Timeout,
	}}, nil
}

// batchWait is how long the client waits for more of the same partition. All of
// a Write is handed over at once, so there is nothing to wait for.
const batchWait = 2 * time.Millisecond

// overhead is what a message has beside key, value and headers, rounded up.
const overhead = 128

// Write implements sinks.Sink.
func (s *Sink) Write(ctx context.Context, events []*event.Event) error {
	part := &sinks.PartialError{}
	messages, at := s.messages(events, part)
	if len(messages) > 0 {
		s.verdict(s.writer.WriteMessages(ctx, messages...), at, part)
	}
	if len(part.Retry)+len(part.Reject) == 0 {
		return nil
	}
	return part
}

// messages makes a message of each event that is not too large; at are their
// places. All bytes are copied: the client goes on sending what it was given
// after it has returned on an expired context.
func (s *Sink) messages(events []*event.Event, part *sinks.PartialError) (out []kafka.Message, at []int) {
	size := 0
	for _, ev := range events {
		size += len(ev.Doc)
	}
	block := make([]byte, 0, size)
	for i, ev := range events {
		if n := len(ev.Doc) + overhead; n > int(s.options.MaxMessage) {
			part.Reject = append(part.Reject, sinks.Rejected{Index: i, Reason: fmt.Sprintf("the message would have %d bytes, more than max_message_bytes (%s)", n, s.options.MaxMessage)})
			continue
		}
		from := len(block)
		block = append(block, ev.Doc...)
		out, at = append(out, s.message(ev, block[from:len(block):len(block)])), append(at, i)
	}
	return out, at
}

func (s *Sink) message(ev *event.Event, value []byte) kafka.Message {
	id := hex.AppendEncode(nil, ev.DeliveryID[:])
	m := kafka.Message{Topic: s.options.Topic, Key: id, Value: value, Headers: []kafka.Header{{Key: "id", Value: id}}}
	if !ev.Alert {
		m.Headers = append(m.Headers, kafka.Header{Key: "dataset", Value: []byte(ev.Schema.Dataset())})
		return m
	}
	if s.options.AlertTopic != "" {
		m.Topic = s.options.AlertTopic
	}
	known := gjson.GetManyBytes(value, "studio.alert.id", "studio.alert.revision")
	if known[0].Str != "" {
		m.Key = []byte(known[0].Str)
	}
	m.Headers = append(m.Headers, kafka.Header{Key: "revision", Value: []byte(known[1].Raw)})
	return m
}

// verdict reads what became of each message.
func (s *Sink) verdict(err error, at []int, part *sinks.PartialError) {
	if err == nil {
		return
	}
	var each kafka.WriteErrors
	if !errors.As(err, &each) || len(each) != len(at) {
		part.Retry, part.Err = append(part.Retry, at...), s.explain(err)
		return
	}
	for i, err := range each {
		switch {
		case err == nil:
		case errors.Is(err, kafka.MessageSizeTooLarge), errors.Is(err, kafka.InvalidMessage), errors.Is(err, kafka.InvalidRecord):
			part.Reject = append(part.Reject, sinks.Rejected{Index: at[i], Reason: "the broker refused it: " + err.Error()})
		default:
			part.Retry = append(part.Retry, at[i])
			if part.Err == nil {
				part.Err = s.explain(err)
			}
		}
	}
}

// explain says what a person can do about an error.
func (s *Sink) explain(err error) error {
	advice := ""
	switch {
	case errors.Is(err, kafka.UnknownTopicOrPartition):
		advice = " (make the topics, or run burstwatch setup)"
	case errors.Is(err, kafka.SASLAuthenticationFailed):
		advice = " (are sasl.username and sasl.password right?)"
	case errors.Is(err, kafka.TopicAuthorizationFailed), errors.Is(err, kafka.ClusterAuthorizationFailed):
		advice = " (the user needs WRITE and DESCRIBE on the topics)"
	}
	return fmt.Errorf("write to kafka topic %s: %w%s", s.options.Topic, err, advice)
}

// Close implements sinks.Sink.
func (s *Sink) Close(context.Context) error {
	err := s.writer.Close()
	s.trans.CloseIdleConnections()
	return err
}
