package local

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/sinks"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("BURSTWATCH_TEST_WRITER"); dir != "" {
		writeUntilKilled(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// noon is when the tests take place.
var noon = time.Date(2026, 11, 6, 12, 0, 0, 0, time.UTC)

// clock is the time that a sink is told.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func testEnv(dir string) plugin.Env {
	return plugin.Env{Name: "store", Log: slog.New(slog.DiscardHandler), DataDir: dir, Now: (&clock{now: noon}).Now}
}

func mustOpen(t testing.TB, dir string, o Options) *Sink {
	t.Helper()
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), testEnv(dir), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

func mustWrite(t testing.TB, s sinks.Sink, events ...*event.Event) {
	t.Helper()
	if err := s.Write(context.Background(), events); err != nil {
		t.Fatal(err)
	}
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// page is what a listing returns.
type page[T any] struct {
	list []T
	next string
}

func paged[T any](t testing.TB) func(list []T, next string, err error) page[T] {
	return func(list []T, next string, err error) page[T] {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return page[T]{list, next}
	}
}

// fact is an event as CloudTrail's would be.
type fact struct {
	id, dataset, action, outcome, account, region, user, ip, production, more string
	at                                                                        time.Time
}

// js is text as a JSON string.
func js(s string) string { return string(event.AppendValue(nil, event.Str(s))) }

func (f fact) event() *event.Event {
	set := func(v *string, d string) {
		if *v == "" {
			*v = d
		}
	}
	set(&f.dataset, "aws.cloudtrail")
	set(&f.action, "Decrypt")
	set(&f.outcome, "success")
	set(&f.account, "111111111111")
	set(&f.region, "us-east-1")
	set(&f.user, "ada.k@studio.example")
	set(&f.ip, "198.51.100.24")
	if f.at.IsZero() {
		f.at = noon
	}
	doc := fmt.Sprintf(`{"@timestamp":%s,"burstwatch":{"source":"trail"},"cloud":{"account":{"id":%s},"region":%s},"event":{"action":%s,"dataset":%s,"id":%s,"kind":"event","outcome":%s},`+
		`"source":{"ip":%s},"studio":{"identity":{"person":%s},"production":%s}%s,"user":{"name":"ShowAdmin"}}`,
		js(f.at.Format(time.RFC3339Nano)), js(f.account), js(f.region), js(f.action), js(f.dataset), js(f.id), js(f.outcome), js(f.ip), js(f.user), js(f.production), f.more)
	sum := sha256.Sum256([]byte(f.id))
	return &event.Event{Doc: []byte(doc), DeliveryID: event.ID(sum[:16]), Time: f.at.UnixNano()}
}

// charge is an alert.
type charge struct {
	id, short, rule, level, control, subject, state, message, account string
	revision, count                                                   int64
	at                                                                time.Time
	evidence                                                          []*event.Event
}

func (c charge) event() *event.Event {
	set := func(v *string, d string) {
		if *v == "" {
			*v = d
		}
	}
	set(&c.short, "A-"+c.id[:min(4, len(c.id))])
	set(&c.rule, "bw-two-places")
	set(&c.level, "high")
	set(&c.control, "1.3")
	set(&c.subject, "ada.k@studio.example")
	set(&c.state, "final")
	set(&c.message, "Ada in two places")
	set(&c.account, "111111111111")
	c.revision, c.count = max(1, c.revision), max(1, c.count)
	if c.at.IsZero() {
		c.at = noon
	}
	var names []string
	for i, e := range c.evidence {
		names = append(names, fmt.Sprintf(`{"event_id":"e-%d","dataset":"aws.cloudtrail","object":"s3://org-trail/x.json.gz","record":%d,"delivery_id":"%s","sha256":"00ff"}`, i, i, e.DeliveryID))
	}
	severity := map[string]int{"informational": 1, "low": 21, "medium": 47, "high": 73, "critical": 99}[c.level]
	t := c.at.Format(time.RFC3339Nano)
	doc := fmt.Sprintf(`{"@timestamp":%q,"cloud":{"account":{"id":%q}},"event":{"dataset":"burstwatch.alert","kind":"alert","severity":%d},"message":%q,"rule":{"id":%q,"level":%q,"name":"Rule %s"},`+
		`"studio":{"alert":{"count":%d,"evidence":[%s],"first":%q,"id":%q,"last":%q,"revision":%d,"short_id":%q,"state":%q,"subject":%q},"control":["%s"]}}`,
		t, c.account, severity, c.message, c.rule, c.level, c.rule, c.count, strings.Join(names, ","), t, c.id, t, c.revision, c.short, c.state, c.subject,
		strings.ReplaceAll(c.control, " ", `","`))
	sum := sha256.Sum256(fmt.Appendf(nil, "%s.%d", c.id, c.revision))
	return &event.Event{Doc: []byte(doc), DeliveryID: event.ID(sum[:16]), Time: c.at.UnixNano(), Alert: true}
}

func fileMode(t *testing.T, name string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func storeFile(dir string) string { return filepath.Join(dir, "local.db") }
