package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/tidwall/gjson"

	"github.com/burstwatch/burstwatch/internal/testground"
)

// searched is a cluster as an analyst reaches it.
type searched struct {
	t                     *testing.T
	cluster               testground.Cluster
	client                *http.Client
	namespace, alertIndex string
}

func newSearched(t *testing.T, c testground.Cluster) *searched {
	t.Helper()
	pem, err := os.ReadFile(c.CA)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	return &searched{t, c, &http.Client{Transport: transport}, strings.ReplaceAll(c.Name("road"), "-", ""), c.Name("alerts")}
}

// ask sends a query, or nothing, and returns the answer, which must be a good one.
// ask asks again while an index that was just made has no shard yet.
func (s *searched) ask(method, path, body string) gjson.Result {
	s.t.Helper()
	for tries := 1; ; tries++ {
		status, text := s.once(method, path, body)
		switch {
		case status == http.StatusOK:
			return gjson.ParseBytes(text)
		case status != http.StatusServiceUnavailable || tries == 100:
			s.t.Fatalf("%s %s: %d %s", method, path, status, text)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (s *searched) once(method, path, body string) (status int, text []byte) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.cluster.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.SetBasicAuth(s.cluster.User, s.cluster.Password)
	req.Header.Set("Content-Type", "application/json")
	res, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if text, err = io.ReadAll(res.Body); err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, text
}

// indices are those of the events.
func (s *searched) indices() string { return "/logs-*-" + s.namespace }

func (s *searched) count() int {
	s.t.Helper()
	s.ask(http.MethodPost, s.indices()+"/_refresh", "")
	return int(s.ask(http.MethodGet, s.indices()+"/_count", "").Get("count").Int())
}

// events are all that there are.
func (s *searched) events() (out []*document) {
	s.t.Helper()
	want := s.count()
	for after := ""; ; {
		answer := s.ask(http.MethodPost, s.indices()+"/_search", `{"size":2000,"sort":["burstwatch.delivery_id"]`+after+`}`)
		hits := answer.Get("hits.hits").Array()
		if len(hits) == 0 {
			break
		}
		for _, h := range hits {
			d := decode(s.t, []byte(h.Get("_source").Raw))
			if id := h.Get("_id").Str; id != d.Burstwatch.DeliveryID {
				s.t.Errorf("_id %s of delivery id %s", id, d.Burstwatch.DeliveryID)
			}
			out = append(out, d)
		}
		// An id that stands twice, at the end of a page, would be passed over:
		// the count tells.
		after = `,"search_after":` + hits[len(hits)-1].Get("sort").Raw
	}
	if len(out) != want {
		s.t.Errorf("%d events with ids of their own among %d", len(out), want)
	}
	return out
}

// alerts are all that there are, in their newest revision.
func (s *searched) alerts() []*told {
	s.t.Helper()
	s.ask(http.MethodPost, "/"+s.alertIndex+"*/_refresh", "")
	var lines strings.Builder
	for _, h := range s.ask(http.MethodPost, "/"+s.alertIndex+"*/_search", `{"size":10000}`).Get("hits.hits").Array() {
		lines.WriteString(h.Get("_source").Raw + "\n")
	}
	return read(s.t, []byte(lines.String()))
}

// bus is what was sent to Kafka.
type bus struct {
	t             *testing.T
	broker, topic string
}

// ids counts the messages of a topic by their header "id", which must be the
// delivery id of the document.
func (b bus) ids(topic string) map[string]int {
	b.t.Helper()
	out := map[string]int{}
	for partition := range 2 {
		conn, err := kafka.DialLeader(b.t.Context(), "tcp", b.broker, topic, partition)
		if err != nil {
			b.t.Fatal(err)
		}
		last, err := conn.ReadLastOffset()
		conn.Close()
		if err != nil {
			b.t.Fatal(err)
		}
		r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{b.broker}, Topic: topic, Partition: partition, MaxBytes: 10e6, MaxWait: 100 * time.Millisecond})
		for at := int64(0); at < last; {
			m, err := r.ReadMessage(b.t.Context())
			if err != nil {
				b.t.Fatal(err)
			}
			at = m.Offset + 1
			id := gjson.GetBytes(m.Value, "burstwatch.delivery_id").Str
			if len(m.Headers) == 0 || m.Headers[0].Key != "id" || string(m.Headers[0].Value) != id {
				b.t.Errorf("the headers %v of the document %s", m.Headers, id)
			}
			out[id]++
		}
		if err := r.Close(); err != nil {
			b.t.Error(err)
		}
	}
	return out
}

// document is an event, as far as the road is judged by it.
type document struct {
	Time       time.Time `json:"@timestamp"`
	Burstwatch struct {
		DeliveryID string `json:"delivery_id"`
	} `json:"burstwatch"`
	Event struct {
		Dataset  string `json:"dataset"`
		Original string `json:"original"`
	} `json:"event"`
	Cloud struct {
		Account struct {
			ID string `json:"id"`
		} `json:"account"`
	} `json:"cloud"`
	Related struct {
		User []string `json:"user"`
	} `json:"related"`
}

func decode(t *testing.T, text []byte) *document {
	t.Helper()
	d := &document{}
	if err := json.Unmarshal(text, d); err != nil {
		t.Fatalf("%v: %.300s", err, text)
	}
	return d
}
