package testground_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/burstwatch/burstwatch/internal/testground"
)

func elastic(t *testing.T, c testground.Cluster, user, password string) esapi.Transport {
	t.Helper()
	tp, err := elastictransport.NewClient(
		elastictransport.WithURLs(parse(t, c.URL)), elastictransport.WithBasicAuth(user, password),
		elastictransport.WithTransport(&http.Transport{TLSClientConfig: roots(t, c.CA), DisableKeepAlives: true}))
	if err != nil {
		t.Fatal(err)
	}
	return tp
}

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// do runs a request and reads its JSON into a map.
func do(t *testing.T, tp esapi.Transport, r esapi.Request) (int, map[string]any) {
	t.Helper()
	res, err := r.Do(within(t), tp)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatalf("%s: %s", res.Status(), text)
	}
	return res.StatusCode, m
}

func TestElasticsearchCreatesADocumentOnce(t *testing.T) {
	c := testground.Elasticsearch(t)
	tp, name := elastic(t, c, c.Writer, c.WriterPassword), c.Name("events")
	template := `{"index_patterns":["` + name + `*"],"data_stream":{},"priority":500,
		"template":{"settings":{"number_of_replicas":0},"mappings":{"properties":{"n":{"type":"long"}}}}}`
	if code, body := do(t, tp, esapi.IndicesPutIndexTemplateRequest{Name: name, Body: strings.NewReader(template)}); code != 200 {
		t.Fatal(body)
	}
	const lines = `{"create":{"_id":"1"}}
{"@timestamp":"2026-01-01T00:00:00Z","n":1}
{"create":{"_id":"1"}}
{"@timestamp":"2026-01-01T00:00:00Z","n":1}
{"create":{"_id":"2"}}
{"@timestamp":"2026-01-01T00:00:00Z","n":"not a number"}
`
	code, body := do(t, tp, esapi.BulkRequest{Index: name, Body: strings.NewReader(lines)})
	if code != 200 {
		t.Fatal(code, body)
	}
	for i, want := range []float64{201, 409, 400} {
		item := body["items"].([]any)[i].(map[string]any)["create"].(map[string]any)
		if item["status"] != want {
			t.Errorf("item %d: %v, want %v", i, item, want)
		}
	}
}

func TestElasticsearchKnowsItsUsers(t *testing.T) {
	c := testground.Elasticsearch(t)
	if code, body := do(t, elastic(t, c, c.User, "wrong"), esapi.ClusterHealthRequest{}); code != 401 {
		t.Errorf("a wrong password: %d %v", code, body)
	}
	if code, body := do(t, elastic(t, c, c.Writer, c.WriterPassword), esapi.IndicesCreateRequest{Index: "forbidden"}); code != 403 {
		t.Errorf("the writer made an index of another name: %d %v", code, body)
	}
}

func TestElasticsearchSaysWhatItIs(t *testing.T) {
	c := testground.Elasticsearch(t)
	code, body := do(t, elastic(t, c, c.User, c.Password), esapi.InfoRequest{})
	if version, _ := body["version"].(map[string]any); code != 200 || version["number"] != "8.19.21" {
		t.Errorf("%d %v", code, body)
	}
}

func TestElasticsearchHasAPIKeys(t *testing.T) {
	c := testground.Elasticsearch(t)
	admin, name := elastic(t, c, c.User, c.Password), c.Name("keyed")
	code, made := do(t, admin, esapi.SecurityCreateAPIKeyRequest{Body: strings.NewReader(`{"name":"` + name + `","role_descriptors":
		{"w":{"cluster":["monitor"],"index":[{"names":["` + name + `*"],"privileges":["create_doc","auto_configure"]}]}}}`)})
	encoded, _ := made["encoded"].(string)
	if code != 200 || encoded == "" {
		t.Fatal(code, made)
	}
	keyed := func(index string) (int, map[string]any) {
		return do(t, admin, esapi.IndexRequest{Index: index, OpType: "create", Body: strings.NewReader(`{"n":1}`),
			Header: http.Header{"Authorization": {"ApiKey " + encoded}}})
	}
	if code, body := keyed(name); code != 201 {
		t.Error("its own index:", code, body)
	}
	if code, body := keyed(c.Name("other")); code != 403 {
		t.Error("another index:", code, body)
	}
	if code, body := do(t, admin, esapi.SecurityInvalidateAPIKeyRequest{Body: strings.NewReader(`{"name":"` + name + `"}`)}); code != 200 {
		t.Error(code, body)
	}
	if code, body := keyed(name); code != 401 {
		t.Error("an invalidated key:", code, body)
	}
}
