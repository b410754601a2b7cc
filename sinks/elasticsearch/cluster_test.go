package elasticsearch

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// cluster stands in for Elasticsearch as its reference describes the bulk API:
// strict where the real one is, and able to fail on demand.
type cluster struct {
	t  testing.TB
	mu sync.Mutex

	indices map[string]map[string]stored
	parts   map[string]json.RawMessage
	puts    int

	limit int                                      // bytes of a request, 0: any
	fault func(requests int) int                   // a status instead of an answer, 0: none
	item  func(id string, tries int) (int, string) // a verdict instead of indexing, 0: none
	cut   func(requests int) bool                  // end the connection after the work
	tries map[string]int
	n     int
}

type stored struct {
	version int64
	doc     string
}

func newCluster(t testing.TB) (*cluster, string) {
	c := &cluster{t: t, indices: map[string]map[string]stored{}, parts: map[string]json.RawMessage{}, tries: map[string]int{}}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	return c, s.URL
}

func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case r.URL.Path == "/_bulk":
		c.bulk(w, r)
	case strings.HasPrefix(r.URL.Path, "/_"):
		c.part(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (c *cluster) part(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	if r.Method == http.MethodPut {
		body, _ := io.ReadAll(r.Body)
		c.parts[r.URL.Path] = body
		c.puts++
		fmt.Fprint(w, `{"acknowledged":true}`)
		return
	}
	body, ok := c.parts[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	switch {
	case strings.HasPrefix(r.URL.Path, "/_component_template"):
		fmt.Fprintf(w, `{"component_templates":[{"name":%q,"component_template":%s}]}`, name, body)
	case strings.HasPrefix(r.URL.Path, "/_index_template"):
		fmt.Fprintf(w, `{"index_templates":[{"name":%q,"index_template":%s}]}`, name, body)
	default:
		fmt.Fprintf(w, `{%q:%s}`, name, body)
	}
}

func (c *cluster) bulk(w http.ResponseWriter, r *http.Request) {
	c.n++
	if r.ContentLength < 0 || c.limit > 0 && r.ContentLength > int64(c.limit) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if c.fault != nil {
		if status := c.fault(c.n); status != 0 {
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"error":{"type":"some_exception","reason":"by order"},"status":%d}`, status)
			return
		}
	}
	zip, err := gzip.NewReader(r.Body)
	if err != nil {
		c.t.Errorf("the body is not gzip: %v", err)
		return
	}
	body, err := io.ReadAll(zip)
	if err != nil {
		return // cut by the client
	}
	items, failed := c.work(strings.Split(strings.TrimSuffix(string(body), "\n"), "\n"))
	if c.cut != nil && c.cut(c.n) {
		panic(http.ErrAbortHandler)
	}
	fmt.Fprintf(w, `{"errors":%v,"items":[%s]}`, failed, strings.Join(items, ","))
}

func (c *cluster) work(lines []string) (items []string, failed bool) {
	for i := 0; i+1 < len(lines); i += 2 {
		var op map[string]struct {
			Index   string `json:"_index"`
			ID      string `json:"_id"`
			Version int64  `json:"version"`
			Type    string `json:"version_type"`
		}
		if err := json.Unmarshal([]byte(lines[i]), &op); err != nil || !json.Valid([]byte(lines[i+1])) {
			c.t.Errorf("not bulk: %.200s", lines[i])
		}
		for verb, o := range op {
			status, kind := c.one(verb, o.Index, o.ID, o.Version, lines[i+1])
			if status < 300 {
				items = append(items, fmt.Sprintf(`{%q:{"status":%d}}`, verb, status))
				continue
			}
			failed = true
			items = append(items, fmt.Sprintf(`{%q:{"status":%d,"error":{"type":%q,"reason":"by order"}}}`, verb, status, kind))
		}
	}
	return items, failed
}

func (c *cluster) one(verb, index, id string, version int64, doc string) (int, string) {
	docs := c.indices[index]
	if docs == nil {
		docs = map[string]stored{}
		c.indices[index] = docs
	}
	c.tries[id]++
	if c.item != nil {
		if status, kind := c.item(id, c.tries[id]); status != 0 {
			return status, kind
		}
	}
	has, ok := docs[id]
	if ok && (verb == "create" || has.version >= version) {
		return http.StatusConflict, "version_conflict_engine_exception"
	}
	docs[id] = stored{version, doc}
	return http.StatusCreated, ""
}

// count is how many documents there are, and how often each id.
func (c *cluster) ids() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]int{}
	for _, docs := range c.indices {
		for id := range docs {
			out[id]++
		}
	}
	return out
}
