package elasticsearch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/tidwall/gjson"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/testground"
	"github.com/burstwatch/burstwatch/internal/testground/fault"
)

// real makes a sink that writes to the cluster as the user who may do no more
// than a sink needs.
func real(t *testing.T, c testground.Cluster, change func(*Options)) *Sink {
	t.Helper()
	return newSink(t, c.URL, func(o *Options) {
		o.Username, o.Password, o.CAFile = c.Writer, plugin.Secret(c.WriterPassword), c.CA
		o.Namespace, o.AlertIndex = strings.ReplaceAll(c.Name("n"), "-", ""), c.Name("alerts")
		o.Replicas = 0
		if change != nil {
			change(o)
		}
	})
}

// ask makes a request as the user who may do everything.
func ask(t *testing.T, c testground.Cluster, r esapi.Request) gjson.Result {
	t.Helper()
	o := Defaults()
	o.Endpoints, o.Username, o.Password, o.CAFile = []string{c.URL}, c.User, plugin.Secret(c.Password), c.CA
	tp, base, err := newTransport(o)
	if err != nil {
		t.Fatal(err)
	}
	defer base.CloseIdleConnections()
	res, err := r.Do(t.Context(), tp)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.IsError() {
		t.Fatalf("%s: %s (%v)", res.Status(), answer, err)
	}
	return gjson.ParseBytes(answer)
}

// found is how many documents a name finds, by an optional query.
func found(t *testing.T, c testground.Cluster, index, query string) int64 {
	t.Helper()
	ask(t, c, esapi.IndicesRefreshRequest{Index: []string{index}})
	r := esapi.CountRequest{Index: []string{index}}
	if query != "" {
		r.Body = strings.NewReader(`{"query":` + query + `}`)
	}
	return ask(t, c, r).Get("count").Int()
}

func TestTheRealClusterHoldsEachEventOnce(t *testing.T) {
	c := testground.Elasticsearch(t)
	s := real(t, c, nil)
	events := several(100) // over the end of a month
	for range 3 {
		if r := deliver(t, s, events); len(r) > 0 {
			t.Fatal(r)
		}
	}
	alias := "logs-aws.cloudtrail-" + s.options.Namespace
	if n := found(t, c, alias, ""); n != 100 {
		t.Errorf("%d documents below %s, want 100", n, alias)
	}
	if n := found(t, c, alias+"-2026.12", ""); n != 99 {
		t.Errorf("%d documents in December, want 99", n)
	}
	if n := found(t, c, alias, `{"term":{"aws.cloudtrail.flattened.request_parameters.n":"42.10"}}`); n != 1 {
		t.Errorf("%d documents by a value of unknown shape, want 1", n)
	}
}

// TestTheRealClusterTakesWhatItCannotMap holds what a mapping would refuse, and
// the limits of flattened fields: depth, length of keys and of values.
func TestTheRealClusterTakesWhatItCannotMap(t *testing.T) {
	c := testground.Elasticsearch(t)
	s := real(t, c, nil)
	docs := map[string]string{
		"no address":     `{"source":{"ip":"nobody"}}`,
		"no date":        `{"@timestamp":"yesterday"}`,
		"no number":      `{"network":{"bytes":"many"}}`,
		"a long keyword": fmt.Sprintf(`{"event":{"id":"%s"}}`, strings.Repeat("é", 40000)),
		"a long record":  fmt.Sprintf(`{"event":{"original":"%s"}}`, strings.Repeat("x", 200000)),
		"an unknown":     `{"nobody":{"knows":{"this":1}}}`,
		"depth":          `{"aws":{"cloudtrail":{"flattened":{"request_parameters":` + strings.Repeat(`{"a":`, 150) + `1` + strings.Repeat(`}`, 150) + `}}}}`,
		"a long key":     `{"aws":{"cloudtrail":{"flattened":{"request_parameters":{"` + strings.Repeat("k", 40000) + `":1}}}}}`,
		"a long value":   `{"aws":{"cloudtrail":{"flattened":{"request_parameters":{"k":"` + strings.Repeat("v", 40000) + `"}}}}}`,
	}
	var events []*event.Event
	for _, doc := range docs {
		ev := one(len(events))
		ev.Time, ev.Doc = begin.UnixNano(), []byte(doc)
		events = append(events, ev)
	}
	if r := deliver(t, s, events); len(r) > 0 {
		t.Errorf("rejected: %v", r)
	}
	if n := found(t, c, "logs-aws.cloudtrail-"+s.options.Namespace, ""); n != int64(len(docs)) {
		t.Errorf("%d documents, want %d", n, len(docs))
	}
}

func TestTheRealClusterKeepsTheNewestRevision(t *testing.T) {
	c := testground.Elasticsearch(t)
	s := real(t, c, nil)
	for _, revision := range []int64{1, 3, 2, 3, 1} {
		deliver(t, s, []*event.Event{alert("a1", revision)})
	}
	got := ask(t, c, esapi.GetRequest{Index: s.options.AlertIndex, DocumentID: "a1"})
	if got.Get("_version").Int() != 3 || got.Get("_source.studio.alert.revision").Int() != 3 {
		t.Errorf("%s stands", got)
	}
}

// TestADataStreamWouldTakeARepeatAfterItsRollover is why events do not go into
// data streams: what the package's comment says of them.
func TestADataStreamWouldTakeARepeatAfterItsRollover(t *testing.T) {
	c := testground.Elasticsearch(t)
	name := c.Name("stream")
	ask(t, c, esapi.IndicesPutIndexTemplateRequest{Name: name, Body: strings.NewReader(
		`{"index_patterns":["` + name + `"],"data_stream":{},"priority":600,"template":{"settings":{"number_of_replicas":0}}}`)})
	const line = "{\"create\":{\"_id\":\"1\"}}\n{\"@timestamp\":\"2026-11-30T00:00:00Z\"}\n"
	for range 2 {
		ask(t, c, esapi.BulkRequest{Index: name, Body: strings.NewReader(line)})
	}
	if n := found(t, c, name, ""); n != 1 {
		t.Fatalf("%d documents before the rollover, want 1", n)
	}
	ask(t, c, esapi.IndicesRolloverRequest{Alias: name})
	ask(t, c, esapi.BulkRequest{Index: name, Body: strings.NewReader(line)})
	if n := found(t, c, name, ""); n != 2 {
		t.Errorf("%d documents after it: data streams have learned to look back", n)
	}
}

// TestNothingIsLostWhenTheConnectionIsCutInMidBulk cuts requests and answers at
// growing places.
func TestNothingIsLostWhenTheConnectionIsCutInMidBulk(t *testing.T) {
	c := testground.Elasticsearch(t)
	wire := fault.NewWire(t, strings.TrimPrefix(c.URL, "https://"))
	s := real(t, c, func(o *Options) { o.Endpoints = []string{"https://" + wire.Address()} })
	events := several(300)
	for cut := int64(500); cut < 20000; cut *= 2 {
		wire.CutAfter(cut, 0)
		_ = s.Write(context.Background(), events)
		wire.CutAfter(0, cut)
		_ = s.Write(context.Background(), events)
	}
	wire.Heal()
	if r := deliver(t, s, events); len(r) > 0 {
		t.Fatal(r)
	}
	if n := found(t, c, "logs-aws.cloudtrail-"+s.options.Namespace, ""); n != 300 {
		t.Errorf("%d documents, want 300", n)
	}
}

// TestABulkOfWhichHalfIsThrottledAndOneInAThousandDoesNotFit: what the cluster
// calls busy it has taken all the same, which nobody can know; one in a thousand
// documents contradicts the mapping, and goes to quarantine alone.
func TestABulkOfWhichHalfIsThrottledAndOneInAThousandDoesNotFit(t *testing.T) {
	c := testground.Elasticsearch(t)
	storm := 0
	proxy := fault.NewHTTP(t, c.URL, transportOf(t, c), func(*http.Request) fault.Fault {
		if storm++; storm > 5 {
			return fault.Fault{}
		}
		return fault.Fault{Rewrite: halfThrottled}
	})
	s := real(t, c, func(o *Options) { o.Endpoints = []string{proxy.URL} })
	events := several(4000)
	for i := 500; i < len(events); i += 1000 {
		events[i].Doc = fmt.Appendf(nil, `{"event":"%d"}`, i) // an object in every other one
	}
	rejected := deliver(t, s, events)
	for _, r := range rejected {
		if !strings.Contains(r, "document_parsing_exception") {
			t.Errorf("rejected: %s", r)
		}
	}
	if n := found(t, c, "logs-aws.cloudtrail-"+s.options.Namespace, ""); n != 3996 || len(rejected) != 4 {
		t.Errorf("%d documents and %d rejected, want 3996 and 4", n, len(rejected))
	}
}

// halfThrottled says 429 of every other item of an answer.
func halfThrottled(answer []byte) []byte {
	var out strings.Builder
	out.WriteString(`{"errors":true,"items":[`)
	for i, item := range gjson.GetBytes(answer, "items").Array() {
		if i > 0 {
			out.WriteByte(',')
		}
		if i%2 == 0 && item.Get("create.status").Int() < 300 {
			out.WriteString(`{"create":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"queue is full"}}}`)
		} else {
			out.WriteString(item.Raw)
		}
	}
	return []byte(out.String() + "]}")
}

// transportOf reaches the cluster as a proxy before it does.
func transportOf(t *testing.T, c testground.Cluster) *http.Transport {
	t.Helper()
	o := Defaults()
	o.Endpoints, o.CAFile = []string{c.URL}, c.CA
	_, base, err := newTransport(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(base.CloseIdleConnections)
	return base
}

func TestNothingIsLostWhenTheClusterIsKilled(t *testing.T) {
	c, p := testground.ElasticsearchAlone(t)
	s := real(t, c, nil)
	events := several(200)
	deliver(t, s, events[:100])
	p.Kill(t)
	if err := s.Write(t.Context(), events); err == nil {
		t.Error("a cluster that is dead took events")
	}
	p.Start(t)
	if r := deliver(t, s, events); len(r) > 0 {
		t.Fatal(r)
	}
	if n := found(t, c, "logs-aws.cloudtrail-"+s.options.Namespace, ""); n != 200 {
		t.Errorf("%d documents, want 200", n)
	}
}

func TestCheckSaysWhatIsMissing(t *testing.T) {
	c := testground.Elasticsearch(t)
	if err := real(t, c, nil).check(t.Context()); err != nil {
		t.Errorf("the writer: %v", err)
	}
	for name, o := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"password":  {func(o *Options) { o.Password = "wrong" }, "password"},
		"authority": {func(o *Options) { o.CAFile = "" }, "ca_file"},
		"rights":    {func(o *Options) { o.AlertIndex = "not-ours" }, "index on not-ours"},
	} {
		err := real(t, c, o.change).check(t.Context())
		if err == nil || !strings.Contains(err.Error(), o.want) || strings.Contains(err.Error(), c.WriterPassword) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAnAPIKeyIsEnough makes a key as an administrator would, and writes by it.
func TestAnAPIKeyIsEnough(t *testing.T) {
	c := testground.Elasticsearch(t)
	key := ask(t, c, esapi.SecurityCreateAPIKeyRequest{Body: bytes.NewReader(mustJSON(t, object{
		"name": c.Name("key"), "expiration": "1h",
	}))}).Get("encoded").Str
	s := real(t, c, func(o *Options) { o.Username, o.Password, o.APIKey = "", "", plugin.Secret(key) })
	if r := deliver(t, s, several(3)); len(r) > 0 {
		t.Fatal(r)
	}
	bad := real(t, c, func(o *Options) { o.Username, o.Password, o.APIKey = "", "", "bm90aGluZzpub3RoaW5n" })
	if err := bad.Write(t.Context(), several(1)); err == nil || !strings.Contains(err.Error(), "API key") {
		t.Errorf("a wrong key: %v", err)
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
