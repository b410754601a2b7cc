package main

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/burstwatch/burstwatch/internal/testground/fault"
)

// weather is what lies between the service and the parts: proxies that throttle,
// cut, lose and refuse, in turn, so that a run has all of it.
type weather struct {
	s3, logs, search *fault.HTTP
	storm            atomic.Bool
	down             atomic.Bool // Elasticsearch takes nothing
}

// underFaults puts proxies before the parts, into the configuration. The sink to
// Elasticsearch has a spool that a part of the events fills.
func (r *road) underFaults() *weather {
	r.t.Helper()
	w := &weather{}
	w.s3 = fault.NewHTTP(r.t, r.bucket.endpoint, nil, w.turns(s3Faults))
	w.logs = fault.NewHTTP(r.t, r.cloud.url, nil, w.turns(logFaults(r.cloud.name)))
	searching := w.turns(searchFaults)
	w.search = fault.NewHTTP(r.t, r.search.cluster.URL, r.search.client.Transport, func(q *http.Request) fault.Fault {
		if w.down.Load() {
			return fault.Fault{Status: http.StatusServiceUnavailable, Body: `{"error":{"type":"cluster_block_exception","reason":"by order"}}`}
		}
		return searching(q)
	})
	text, err := os.ReadFile(r.config)
	if err != nil {
		r.t.Fatal(err)
	}
	changed := strings.NewReplacer(
		`endpoint: "`+r.bucket.endpoint+`"`, `endpoint: "`+w.s3.URL+`"`,
		`endpoint: "`+r.cloud.url+`"`, `endpoint: "`+w.logs.URL+`"`,
		`endpoints: ["`+r.search.cluster.URL+`"]`, `endpoints: ["`+w.search.URL+`"]`+"\n    buffer: {type: disk, max_size: 1MiB}\n    retry: {max_backoff: 2s}",
	).Replace(string(text))
	for _, p := range []*fault.HTTP{w.s3, w.logs, w.search} {
		if !strings.Contains(changed, p.URL) {
			r.t.Fatalf("the configuration does not name the proxy %s:\n%s", p.URL, changed)
		}
	}
	write(r.t, r.config, "%s", changed)
	w.storm.Store(true)
	r.quietly()
	return w
}

// quietly keeps what services say of faults for a test that fails.
func (r *road) quietly() {
	r.t.Helper()
	var err error
	if r.said, err = os.Create(filepath.Join(r.t.TempDir(), "said")); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		text, _ := os.ReadFile(r.said.Name())
		if r.t.Failed() {
			r.t.Logf("the services said at last:\n%s", text[max(0, len(text)-8000):])
		}
		_ = r.said.Close()
	})
}

// turns gives every third request a fault, as long as the storm lasts, one after
// the other of those that the request may have.
func (w *weather) turns(of func(*http.Request) []fault.Fault) func(*http.Request) fault.Fault {
	var n atomic.Int64
	return func(q *http.Request) fault.Fault {
		i := n.Add(1)
		list := of(q)
		if !w.storm.Load() || i%3 != 0 || len(list) == 0 {
			return fault.Fault{}
		}
		return list[int(i/3)%len(list)]
	}
}

func xmlError(status int, code string) fault.Fault {
	return fault.Fault{Status: status, Body: `<?xml version="1.0"?><Error><Code>` + code + `</Code><Message>By order.</Message></Error>`}
}

func jsonError(status int, code string) fault.Fault {
	return fault.Fault{Status: status, Header: map[string]string{"Content-Type": "application/x-amz-json-1.1"}, Body: `{"__type":"` + code + `","message":"By order."}`}
}

// s3Faults: objects are cut in the middle of their bodies; the queue is throttled,
// and what it says is lost on the way, so that it shows messages again.
func s3Faults(q *http.Request) []fault.Fault {
	if q.Method == http.MethodGet {
		return []fault.Fault{{CutBody: 700}, xmlError(http.StatusServiceUnavailable, "SlowDown"), {CutBody: 1}, xmlError(http.StatusBadRequest, "ExpiredToken"), {Lost: true}}
	}
	if strings.HasSuffix(q.Header.Get("X-Amz-Target"), ".ReceiveMessage") {
		return []fault.Fault{jsonError(http.StatusBadRequest, "com.amazonaws.sqs#RequestThrottled"), {Lost: true}}
	}
	return []fault.Fault{jsonError(http.StatusBadRequest, "com.amazonaws.sqs#RequestThrottled"), {Lost: true}, xmlError(http.StatusInternalServerError, "InternalError")}
}

// logFaults: searches and writes are throttled, credentials expire, answers are
// lost.
func logFaults(_ string) func(*http.Request) []fault.Fault {
	return func(q *http.Request) []fault.Fault {
		if q.Header.Get("X-Amz-Target") == "" {
			return []fault.Fault{xmlError(http.StatusBadRequest, "Throttling"), {Lost: true}} // of STS
		}
		return []fault.Fault{jsonError(http.StatusBadRequest, "ThrottlingException"), jsonError(http.StatusBadRequest, "ExpiredTokenException"), {Lost: true}, {CutBody: 40}}
	}
}

// searchFaults: whole bulks and half of their items are throttled, and answers cut
// or lost after the work was done.
func searchFaults(q *http.Request) []fault.Fault {
	if !strings.HasSuffix(q.URL.Path, "/_bulk") {
		return nil
	}
	return []fault.Fault{{Rewrite: halfThrottled}, {Lost: true}, {Status: http.StatusTooManyRequests, Body: `{}`}, {CutBody: 100}}
}

// halfThrottled says 429 of every other item of an answer.
func halfThrottled(answer []byte) []byte {
	var items []string
	for i, item := range gjson.GetBytes(answer, "items").Array() {
		raw := item.Raw
		if i%2 == 0 {
			raw = `{"create":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"by order"}}}`
		}
		items = append(items, raw)
	}
	return []byte(`{"errors":true,"items":[` + strings.Join(items, ",") + `]}`)
}

// spooled waits until Elasticsearch's spool is full.
func (r *road) spooled() {
	r.t.Helper()
	dir := filepath.Join(filepath.Dir(r.config), "data", "spool", "search")
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		size := int64(0)
		_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil // not there yet, or not any more
			}
			if info, err := d.Info(); err == nil && !d.IsDir() {
				size += info.Size()
			}
			return nil
		})
		if size > 800e3 {
			return
		}
		if time.Since(begin) > patience() {
			r.t.Fatalf("%d bytes are in the spool after %s", size, patience())
		}
	}
}

// TestTheWholeRoadIsTheSameUnderFaultsAndKills: every request of the service goes
// through proxies that throttle, cut, lose and refuse; Elasticsearch is down for
// longer than its spool lasts, and the broker is killed and started again. The
// process is killed in the middle of each, three times. Once the faults end,
// everything is where it should be, in Elasticsearch once.
func TestTheWholeRoadIsTheSameUnderFaultsAndKills(t *testing.T) {
	r, broker := newRoadAlone(t)
	w := r.underFaults()
	want, told := r.records(), r.scanned()
	r.upload()
	w.storm.Store(false)
	r.must("setup", "-c", r.config)
	w.storm.Store(true)

	w.down.Store(true)
	c := r.start(r.config)
	r.spooled()
	r.kill(c)
	t.Logf("killed with a full spool and %d messages in the queue", r.bucket.messages())
	w.down.Store(false)

	c = r.start(r.config)
	r.moves(len(want) / 8)
	broker.Kill(t)
	r.moves(len(want) / 16)
	r.kill(c)
	t.Logf("killed without a broker, with %d events of %d in Elasticsearch", r.search.count(), len(want))

	c = r.start(r.config)
	r.moves(len(want) / 8)
	r.kill(c)
	t.Logf("killed in the storm, with %d events of %d in Elasticsearch", r.search.count(), len(want))
	broker.Start(t)
	w.storm.Store(false)
	r.run(len(want), messages(told))
	r.arrived(want, told)
	for what, n := range map[string]int{"S3 and SQS": w.s3.Requests(), "CloudWatch Logs": w.logs.Requests(), "Elasticsearch": w.search.Requests()} {
		if n < 50 {
			t.Errorf("%d requests to %s: this proves little", n, what)
		}
	}
}
