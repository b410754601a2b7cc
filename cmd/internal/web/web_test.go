package web

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
	"github.com/burstwatch/burstwatch/sinks/local"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shows asks for a page and looks for texts; with a ! before it, one must not be there.
func shows(t *testing.T, s *Server, path string, status int, want ...string) string {
	t.Helper()
	w := get(s, path)
	if w.Code != status {
		t.Errorf("%s: status %d, want %d", path, w.Code, status)
	}
	for _, text := range want {
		lacks := strings.HasPrefix(text, "!")
		if strings.Contains(w.Body.String(), strings.TrimPrefix(text, "!")) == lacks {
			t.Errorf("%s: %q is there or not, against what was wanted", path, text)
		}
	}
	return w.Body.String()
}

const (
	key   = "used by HALO&#39;s render role"
	ada   = "Ada K. in two places"
	ssm   = "SSM session without"
	nobdy = "No alert matches"
)

func TestAlertsAreListedAndNarrowed(t *testing.T) {
	s := testServer(t, world)
	shows(t, s, "/", 200, key, ada, ssm, "×15", `id="refresh"`, "15</b> critical")
	shows(t, s, "/?group=none&rule=bw-kms-cross", 200, key, "!"+ada, "A-7f31aa", "!×15")
	for path, want := range map[string][]string{
		"/?level=high": {key, ada, "!" + ssm}, "/?control=9.2": {key, "!" + ada}, "/?control=9": {key, "!" + ada}, "/?account=111111111111": {ada, "!" + key},
		"/?production=HALO": {ssm, "!" + key}, "/?user=bo@studio.example": {ssm, "!" + ada}, "/?user=ada*": {ada, "!" + ssm}, "/?q=transcript": {ssm, "!" + ada},
		"/?q=" + "%22two+places%22": {ada, "!" + ssm}, "/?range=1h": {key, "!" + ada}, "/?from=2026-11-06+09:30&to=2026-11-06+10:30": {ada, "!" + key},
		"/?state=provisional": {ada, "!" + key}, "/?user=nobody": {nobdy, "!" + ada}, "/?level=critical&user=nobody": {nobdy, `value="nobody"`},
	} {
		shows(t, s, path, 200, want...)
	}
}

func TestWhatCannotBeAskedIsSaid(t *testing.T) {
	s := testServer(t, world)
	for path, want := range map[string]string{
		"/?from=yesterday": "is no time such as 2026-11-06 09:37", "/?after=x": "no place to go on from", "/events?after=1.2.3": "no place to go on from",
		"/events?q=" + strings.Repeat("a+", 40): "more than 20 words", "/?user=" + strings.Repeat("a", 2000): "longer than 1000",
		"/events?to=9999-01-01": "is no time",
	} {
		shows(t, s, path, http.StatusBadRequest, want)
	}
	shows(t, s, "/alerts/unknown", http.StatusNotFound, "Not found")
	shows(t, s, "/events/0011", http.StatusNotFound, "Not found")
	shows(t, s, "/nowhere", http.StatusNotFound, "There is no such page")
}

func TestAListIsReadPageByPage(t *testing.T) {
	s := testServer(t, world)
	seen, path := 0, "/events?user=render-farm"
	for range 10 {
		html := shows(t, s, path, 200)
		seen += strings.Count(html, `<td class="lead"`)
		at := strings.Index(html, `class="button" href="`)
		if at < 0 {
			break
		}
		path, _, _ = strings.Cut(html[at+len(`class="button" href="`):], `"`)
		path = strings.ReplaceAll(path, "&amp;", "&")
	}
	if seen != 60 {
		t.Errorf("%d events on all pages, want 60", seen)
	}
}

func TestAnAlertShowsWhatToDoAndWhatIsBehindIt(t *testing.T) {
	s := testServer(t, world)
	for _, path := range []string{"/alerts/c02e1111", "/alerts/A-c02e11"} {
		shows(t, s, path, 200, ada, "Call Ada on a known number", "control 1.3", "provisional", "2 events", "T0940Z_a1.json.gz", "record 212", "9b74c9897bac",
			"aws.cloudtrail.user_identity.arn", "kms key", "&#34;eventName&#34;: &#34;ConsoleLogin&#34;", "Apache-2.0", "attack.t1078.004",
			"/events?from=2026-11-06&#43;09%3A50%3A00&amp;order=oldest&amp;to=2026-11-06&#43;10%3A10%3A01&amp;user=ada.k%40studio.example")
	}
	shows(t, s, "/events?user=ada.k@studio.example&from=2026-11-06+09:50:00&to=2026-11-06+11:00:00&order=oldest", 200, "ConsoleLogin")
}

func TestTwoAlertsWithOneShortID(t *testing.T) {
	s := testServer(t, func(t testing.TB, sink *local.Sink) {
		a := accusation{id: "7f31aa00", rule: "r", level: "low", message: "one", at: noon}
		b := a
		b.id = "7f31aa01"
		if err := sink.Write(context.Background(), append(events(a), events(b)...)); err != nil {
			t.Fatal(err)
		}
	})
	shows(t, s, "/alerts/A-7f31aa", http.StatusMultipleChoices, "Several alerts have this short id")
	shows(t, s, "/alerts/7f31aa01", 200, "one")
}

func TestBeforeTheFirstAlertThePageSaysWhatIsWatched(t *testing.T) {
	shows(t, testServer(t, nothing), "/", 200, "No rule has fired", "72 rules on duty", "aws.vpcflow", "silent", "fresh", "1 rule document refused", "/sources#rules")
	idle := func(c *Config) { c.Status = func() pipeline.Status { return pipeline.Status{State: "starting"} } }
	shows(t, testServer(t, nothing, idle), "/", 200, "No event has arrived either", "whether every source is running")
}

func TestSourcesSayWhatIsFreshAndWhatIsSilent(t *testing.T) {
	html := shows(t, testServer(t, world), "/sources", 200, "permission denied", "no space left on device", "18.4 KB", "rules/odd.yml:12", "needs sites in studio.yaml", "1,284,026")
	for log, state := range map[string]string{"222222222222": "silent", "333333333333": "late", "111111111111": "fresh"} {
		row, _, _ := strings.Cut(html[:strings.Index(html, "<bdi>"+log)+1], "\x00")
		if i := strings.LastIndex(row, `class="pill `); !strings.HasPrefix(row[i:], `class="pill `+state) {
			t.Errorf("%s is %.40q, want %s", log, row[i:], state)
		}
	}
	ended := func(c *Config) {
		c.Status = func() pipeline.Status {
			p := testStatus()
			p.Sources[1].State = "finished"
			return p
		}
	}
	shows(t, testServer(t, nothing, ended), "/sources", 200, `<span class="pill finished">finished`, `!<span class="pill silent">silent`)
}

func TestAChangeThatWasRefusedIsShown(t *testing.T) {
	shows(t, testServer(t, nothing), "/sources", 200, "!Not in force")
	refused := func(c *Config) {
		c.Status = func() pipeline.Status {
			p := testStatus()
			p.Refused = &pipeline.Refusal{Time: noon.Add(-time.Hour), Error: "studio.yaml:1:35: want 1, not <7>\nstudio.yaml:2:1: unknown key"}
			return p
		}
	}
	shows(t, testServer(t, nothing, refused), "/sources", 200, "Not in force", "studio.yaml:1:35: want 1, not &lt;7&gt;</bdi></li><li><bdi>studio.yaml:2:1: unknown key")
}

func TestAnIdleLogIsAsFreshAsItsFrontier(t *testing.T) {
	l := logLine{LogStatus: pipeline.LogStatus{LastEvent: noon.Add(-72 * time.Hour), Frontier: noon.Add(-5 * time.Minute)}}
	if l.judge(noon, nil); l.State != "fresh" {
		t.Errorf("%+v", l)
	}
}

func TestWithoutALocalStoreThePageSaysSo(t *testing.T) {
	s := testServer(t, nil)
	for _, path := range []string{"/", "/alerts/x", "/events", "/events/00"} {
		shows(t, s, path, 200, "There is no local store to search", "type: local")
	}
	shows(t, s, "/sources", 200, "aws.vpcflow", "cannot be searched here")
}

func TestAStoreThatIsBeingExchangedIsAMoment(t *testing.T) {
	sink := testSink(t)
	store := sink.Store()
	if err := sink.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	s := testServer(t, nil, func(c *Config) { c.Store = func() Store { return store } })
	for _, path := range []string{"/", "/alerts/x", "/events", "/events/00", "/sources"} {
		shows(t, s, path, http.StatusServiceUnavailable, "being opened anew")
	}
}

func TestProbesAndMetrics(t *testing.T) {
	var notReady error
	s := testServer(t, nil, func(c *Config) {
		c.Ready = func() error { return notReady }
		c.Metrics.NewCounter(`burstwatch_test_total`).Add(7)
	})
	shows(t, s, "/healthz", 200, "ok")
	shows(t, s, "/readyz", 200, "ready")
	shows(t, s, "/metrics", 200, "burstwatch_test_total 7\n", "go_goroutines")
	notReady = errors.New("the rules are being compiled")
	shows(t, s, "/readyz", http.StatusServiceUnavailable, "being compiled")
	shows(t, s, "/healthz", 200, "ok")
}

func TestThePageEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := testServer(t, world)
	address, served, err := s.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil || !strings.Contains(string(body), "Ada K.") {
		t.Errorf("%v", err)
	}
	taken := testServer(t, nil, func(c *Config) { c.Listen = strings.TrimSuffix(strings.TrimPrefix(address, "http://"), "/") })
	if _, _, err := taken.Start(ctx); err == nil || !strings.Contains(err.Error(), "cannot listen on 127.0.0.1:") {
		t.Error(err)
	}
	// One who opens a connection and says nothing holds nothing up.
	idle, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(address, "http://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = idle.Close() }()
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
