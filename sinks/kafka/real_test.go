package kafka

import (
	"context"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/burstwatch/burstwatch/internal/testground"
)

// TestNothingIsLostWhenTheBrokerIsKilled: a real one, killed between writes and
// in the middle of one, and started again.
func TestNothingIsLostWhenTheBrokerIsKilled(t *testing.T) {
	b, process := testground.KafkaAlone(t)
	o := options(b.Address)
	o.Topic, o.Partitions = b.Name("events"), 2
	s := newSink(t, o)
	own := &kafka.Transport{} // its connections do not outlive the broker
	if err := setup(t.Context(), &kafka.Client{Addr: kafka.TCP(b.Address), Timeout: 10 * time.Second, Transport: own}, o); err != nil {
		t.Fatal(err)
	}
	own.CloseIdleConnections()
	events := several(300)
	if r := deliver(t, s, events[:100]); len(r) > 0 {
		t.Fatal(r)
	}
	process.Pause(t) // so that it has the next ones before it, and dies over them
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := s.Write(ctx, events[100:200]); err == nil {
		t.Error("a broker that is stopped has acknowledged events")
	}
	process.Kill(t)
	if err := s.Write(t.Context(), events[100:]); err == nil {
		t.Error("a broker that is dead has acknowledged events")
	}
	process.Start(t)
	if r := deliver(t, s, events[100:]); len(r) > 0 {
		t.Fatal(r)
	}
	seen := map[string]bool{}
	for _, m := range read(t, b.Address, o.Topic) {
		seen[m.id] = true
	}
	if len(seen) != 300 {
		t.Errorf("%d events are there, want 300", len(seen))
	}
}
