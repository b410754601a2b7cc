package testground_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl/scram"

	"github.com/burstwatch/burstwatch/internal/testground"
)

// within bounds what a test waits for; a part under load is slow, not stuck.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func roots(t *testing.T, file string) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in", file)
	}
	return &tls.Config{RootCAs: pool}
}

func makeTopic(t *testing.T, address, topic string) {
	t.Helper()
	client := &kafka.Client{Addr: kafka.TCP(address)}
	res, err := client.CreateTopics(within(t), &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: 2, ReplicationFactor: 1}},
	})
	if err != nil || res.Errors[topic] != nil {
		t.Fatal(err, res)
	}
}

func readOne(t *testing.T, address, topic string) string {
	t.Helper()
	r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{address}, GroupID: topic, Topic: topic, MaxWait: 100 * time.Millisecond})
	defer r.Close()
	m, err := r.FetchMessage(within(t))
	if err != nil {
		t.Fatal(err)
	}
	return string(m.Value)
}

func write(t *testing.T, b testground.Broker, topic, text string) {
	t.Helper()
	w := &kafka.Writer{Addr: kafka.TCP(b.Address), Topic: topic, RequiredAcks: kafka.RequireAll, Compression: kafka.Zstd, BatchTimeout: time.Millisecond}
	defer w.Close()
	if err := w.WriteMessages(within(t), kafka.Message{Key: []byte("k"), Value: []byte(text)}); err != nil {
		t.Fatal(err)
	}
}

func TestKafkaKeepsWhatItAcknowledges(t *testing.T) {
	b := testground.Kafka(t)
	topic := b.Name("events")
	makeTopic(t, b.Address, topic)
	write(t, b, topic, "an event")
	if got := readOne(t, b.Address, topic); got != "an event" {
		t.Errorf("read %q", got)
	}
}

func TestKafkaOverTLSKnowsItsUsers(t *testing.T) {
	b := testground.Kafka(t)
	topic := b.Name("secure")
	makeTopic(t, b.Address, topic)
	for password, want := range map[string]error{b.Password: nil, "wrong": kafka.SASLAuthenticationFailed} {
		mechanism, err := scram.Mechanism(scram.SHA512, b.User, password)
		if err != nil {
			t.Fatal(err)
		}
		w := &kafka.Writer{Addr: kafka.TCP(b.TLSAddress), Topic: topic, RequiredAcks: kafka.RequireAll, MaxAttempts: 1,
			Transport: &kafka.Transport{SASL: mechanism, TLS: roots(t, b.CA)}}
		defer w.Close()
		if err := w.WriteMessages(within(t), kafka.Message{Value: []byte("x")}); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

func TestABrokerOfOnesOwnComesBackWithItsData(t *testing.T) {
	b, process := testground.KafkaAlone(t)
	topic := b.Name("kept")
	makeTopic(t, b.Address, topic)
	write(t, b, topic, "before")
	process.Kill(t)
	if _, err := kafka.DialContext(within(t), "tcp", b.Address); err == nil {
		t.Error("a killed broker takes connections")
	}
	process.Start(t)
	if got := readOne(t, b.Address, topic); got != "before" {
		t.Errorf("read %q", got)
	}
	process.Pause(t)
	if err := answer(t, b.Address, 300*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a paused broker answers: %v", err)
	}
	process.Resume(t)
	if err := answer(t, b.Address, time.Minute); err != nil {
		t.Error(err)
	}
}

// answer asks a broker anything, over a connection of its own.
func answer(t *testing.T, address string, patience time.Duration) error {
	t.Helper()
	conn, err := kafka.DialContext(within(t), "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	_, err = conn.Brokers()
	return err
}
