package web

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/sinks/local"
)

// noon is when the tests take place.
var noon = time.Date(2026, 11, 6, 12, 0, 0, 0, time.UTC)

func js(s string) string { return string(event.AppendValue(nil, event.Str(s))) }

// call is a CloudTrail event.
func call(id, user, ip, action, outcome, account, production string, at time.Time) *event.Event {
	original := fmt.Sprintf(`{"eventVersion":"1.08","eventTime":%q,"eventName":%s,"userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::%s:assumed-role/ShowAdmin/%s"},"requestParameters":{"keyId":"alias/sable-content"}}`,
		at.Format(time.RFC3339), js(action), account, "ada")
	doc := fmt.Sprintf(`{"@timestamp":%q,"aws":{"cloudtrail":{"flattened":{"request_parameters":{"keyId":"alias/sable-content","encryptionContext":{"shot":"042"}}},"recipient_account_id":%s,"user_identity":{"arn":%s,"type":"AssumedRole"}}},`+
		`"burstwatch":{"source":"org-trail"},"cloud":{"account":{"id":%s},"provider":"aws","region":"us-east-1"},"ecs":{"version":"8.11.0"},"event":{"action":%s,"category":["iam"],"created":%q,"dataset":"aws.cloudtrail","id":%s,"kind":"event","original":%s,"outcome":%s,"provider":"kms.amazonaws.com"},`+
		`"related":{"ip":[%s],"user":[%s,"ShowAdmin"]},"source":{"address":%s,"ip":%s},"studio":{"identity":{"person":%s,"via":"identity-center"},"production":%s},"user":{"name":"ShowAdmin"},"user_agent":{"original":"aws-cli/2.17.1"}}`,
		at.Format(time.RFC3339), js(account), js("arn:aws:sts::"+account+":assumed-role/ShowAdmin/"+user), js(account), js(action), at.Add(4*time.Minute).Format(time.RFC3339), js(id), js(original), js(outcome),
		js(ip), js(user), js(ip), js(ip), js(user), js(production))
	sum := sha256.Sum256([]byte(id))
	return &event.Event{Doc: []byte(doc), DeliveryID: event.ID(sum[:16]), Time: at.UnixNano()}
}

// accusation is what an alert says.
type accusation struct {
	id, rule, name, level, control, message, subject, ip, account, production string
	// known is the role, the place, the account's name and a mark, where they are known.
	known          string
	do, references []string
	state          string
	at             time.Time
	evidence       []*event.Event
}

func (a accusation) event() *event.Event {
	severity := map[string]int{"informational": 1, "low": 21, "medium": 47, "high": 73, "critical": 99}[a.level]
	list := func(of []string) string {
		var out []string
		for _, s := range of {
			out = append(out, js(s))
		}
		return "[" + strings.Join(out, ",") + "]"
	}
	var evidence []string
	for i, e := range a.evidence {
		evidence = append(evidence, fmt.Sprintf(`{"event_id":"5e0c8a71-9b1f-4f7e-8a34-%012d","dataset":"aws.cloudtrail","object":"s3://org-trail/AWSLogs/o-1/111111111111/CloudTrail/us-east-1/2026/11/06/111111111111_T0940Z_a1.json.gz","record":%d,"sha256":"9b74c9897bac770ffc029102a200c5de9b74c9897bac770ffc029102a200c5de","delivery_id":"%s"}`, i, 212+i, e.DeliveryID))
	}
	if a.state == "" {
		a.state = "final"
	}
	t := a.at.Format(time.RFC3339)
	name, known, marks := "", "", ""
	if k := js(a.known); a.known != "" {
		name, marks = `,"name":`+k, `,"marks":[`+k+`],"ruled_out":[`+k+`],"coverage":{"complete":false}`
		known = `,"identity":{"role":` + k + `,"via":` + k + `},"site":` + k + `,"tier":1`
	}
	doc := fmt.Sprintf(`{"@timestamp":%q,"cloud":{"account":{"id":%s%s},"region":"us-east-1"},"event":{"action":"Decrypt","dataset":"burstwatch.alert","kind":"alert","outcome":"success","severity":%d},"message":%s,`+
		`"rule":{"author":["Burstwatch"],"description":"A key that belongs to one production is used by a principal of another.","id":%s,"level":%q,"license":"Apache-2.0","name":%s,"reference":%s,"tags":["attack.t1078.004"],"version":"3"},`+
		`"source":{"ip":%s},"studio":{"alert":{"count":1,"do":%s,"evidence":[%s],"fields":{"kms key":"alias/sable-content"},"first":%q,"id":%s,"last":%q,"revision":1,"short_id":%s,"state":%s,"subject":%s%s},"control":%s,"production":%s%s}}`,
		t, js(a.account), name, severity, js(a.message), js(a.rule), a.level, js(a.name), list(a.references), js(a.ip), list(a.do), strings.Join(evidence, ","), t, js(a.id), t, js("A-"+a.id[:6]), js(a.state), js(a.subject), marks,
		list(strings.Fields(a.control)), js(a.production), known)
	sum := sha256.Sum256([]byte(a.id))
	return &event.Event{Doc: []byte(doc), DeliveryID: event.ID(sum[:16]), Time: a.at.UnixNano(), Alert: true}
}

func events(a accusation) []*event.Event { return []*event.Event{a.event()} }

// attack is text as an attacker would write it into a log.
const attack = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>` + "\u202egpj.exe\u200b\x1b[31m\x00{{.}}"

// world fills a store with some days of a studio.
func world(t testing.TB, s *local.Sink) {
	t.Helper()
	var events []*event.Event
	people := []string{"ada.k@studio.example", "bo@studio.example", "render-farm", "cy.l@studio.example"}
	for i := range 240 {
		at := noon.Add(-time.Duration(i*17) * time.Minute)
		outcome := "success"
		if i%11 == 0 {
			outcome = "failure"
		}
		events = append(events, call(fmt.Sprint("e", i), people[i%4], fmt.Sprintf("198.51.100.%d", 20+i%4), []string{"Decrypt", "GetObject", "AssumeRole", "DescribeInstances", "ConsoleLogin"}[i%5], outcome,
			[]string{"111111111111", "222222222222"}[i%2], []string{"SABLE", "HALO", ""}[i%3], at))
	}
	evil := call("evil", attack, attack, attack, "failure", attack, attack, noon.Add(-3*time.Minute))
	events = append(events, evil)
	alerts := []accusation{
		{id: "7f31aa00", rule: "bw-kms-cross", name: "Content key used across productions", level: "critical", control: "9.2", message: "SABLE's content key used by HALO's render role", subject: "halo-render", ip: "10.20.3.7", account: "222222222222", production: "SABLE",
			do: []string{"Read the key policy statement that admits halo-render; remove it, or name its duty.", "burstwatch scan ./logs --show A-7f31aa"}, references: []string{"https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html", "javascript:alert(1)", "internal wiki, page 12"}, at: noon.Add(-40 * time.Minute), evidence: events[:3]},
		{id: "c02e1111", rule: "bw-two-places", name: "One person in two places at once", level: "high", control: "1.3", message: "Ada K. in two places at once: London VPN and Singapore (4m45s overlap, 10,848 km)", subject: "ada.k@studio.example", ip: "198.51.100.24", account: "111111111111", production: "SABLE", do: []string{"Call Ada on a known number", "If not her: revoke her SSO sessions"}, at: noon.Add(-2 * time.Hour), evidence: events[4:6], state: "provisional"},
		{id: "19bd2222", rule: "bw-egress", name: "Content subnet reached the internet", level: "high", control: "2.2 2.3", message: "Render subnet of SABLE reached the internet", subject: "subnet-0aa1", ip: "10.1.2.3", account: "111111111111", production: "SABLE", do: []string{"Isolate the subnet"}, at: noon.Add(-26 * time.Hour), evidence: events[7:8]},
		{id: "55113333", rule: "bw-ssm", name: "SSM session without a transcript", level: "medium", control: "4.1", message: "SSM session without a transcript", subject: "bo@studio.example", account: "222222222222", production: "HALO", at: noon.Add(-30 * time.Hour)},
		{id: "66664444", rule: "bw-root", name: "Root was used", level: "low", control: "1.1", message: "Root of account 111111111111 was used", subject: "root", account: "111111111111", at: noon.Add(-50 * time.Hour)},
		{id: "eeee5555", rule: attack, name: attack, level: "medium", control: "10.11", message: attack, subject: attack, ip: attack, account: attack, production: attack, known: attack, do: []string{attack}, references: []string{"javascript:alert(1)", "https://user:pass@evil.example/", "https://ok.example/?q=<script>"}, at: noon.Add(-3 * time.Minute), evidence: []*event.Event{evil}, state: attack},
		{id: "ffff6666", rule: "bw-long", name: strings.Repeat("long", 100), level: "informational", control: "3.1", message: strings.Repeat("averyverylongwordwithoutanyspace", 40), subject: strings.Repeat("x", 300), account: "111111111111", production: "SABLE", at: noon.Add(-60 * time.Hour)},
	}
	for i := range 14 {
		a := alerts[0]
		a.id = fmt.Sprintf("7f31bb%02d", i)
		a.at = noon.Add(-time.Duration(45+3*i) * time.Minute)
		alerts = append(alerts, a)
	}
	for _, a := range alerts {
		events = append(events, a.event())
	}
	if err := s.Write(context.Background(), events); err != nil {
		t.Fatal(err)
	}
}

func testSink(t testing.TB) *local.Sink {
	t.Helper()
	s, err := local.Open(context.Background(), plugin.Env{Log: slog.New(slog.DiscardHandler), DataDir: t.TempDir(), Now: func() time.Time { return noon }}, local.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

func testStatus() pipeline.Status {
	return pipeline.Status{
		Time: noon, Started: noon.Add(-time.Hour), State: "running",
		Sources: []pipeline.SourceStatus{
			{Name: "org-trail", State: "running", Since: noon.Add(-time.Hour), Open: 2, Done: 1204, Records: 1284026, Rejected: 7, Alerts: 21},
			{Name: "flows", State: "failing", Error: "open /logs/flows: permission denied " + attack, Since: noon.Add(-4 * time.Minute), Restarts: 3},
		},
		Logs: []pipeline.LogStatus{
			{Source: "org-trail", Dataset: "aws.cloudtrail", Account: "111111111111", Region: "us-east-1", Records: 1284026, LastEvent: noon.Add(-4 * time.Minute), LastRead: noon},
			{Source: "org-trail", Dataset: "aws.cloudtrail", Account: "333333333333", Region: "eu-west-2", Records: 12, LastEvent: noon.Add(-9 * time.Hour)},
			{Source: "flows", Dataset: "aws.vpcflow", Account: "222222222222", Region: "us-west-2", Records: 99, LastEvent: noon.Add(-77 * time.Hour)},
		},
		Sinks: []pipeline.SinkStatus{
			{Name: "store", State: "ok", Since: noon.Add(-time.Hour), In: 1284047, Delivered: 1284000, Waiting: 47, Oldest: noon.Add(-2 * time.Second)},
			{Name: "files", State: "full", Error: "write /out/events.ndjson: no space left on device (it is tried again until there is room)", Since: noon.Add(-10 * time.Minute), In: 900, Delivered: 100, Waiting: 800, Retries: 42, Oldest: noon.Add(-10 * time.Minute)},
		},
		Quarantine: pipeline.QuarantineStatus{State: "ok", Records: 7, Bytes: 18432},
	}
}

func testRules() Rules {
	return Rules{Loaded: 72, Refused: []RefusedRule{{"rules/odd.yml:12", "unknown modifier |holds"}}, Idle: []IdleRule{{"bw-sites", "Login from outside every site", "needs sites in studio.yaml"}}}
}

type setting func(*Config)

// testServer is a page over a store that fill has filled, nil for none.
func testServer(t testing.TB, fill func(testing.TB, *local.Sink), settings ...setting) *Server {
	t.Helper()
	c := Config{
		Listen: "127.0.0.1:0", Version: "v1.2.3", Now: func() time.Time { return noon }, Status: testStatus, Rules: testRules,
		Metrics: metrics.NewSet(), Log: slog.New(slog.DiscardHandler),
	}
	if fill != nil {
		sink := testSink(t)
		fill(t, sink)
		c.Store = func() Store { return sink.Store() }
	}
	for _, set := range settings {
		set(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// get asks the page as a browser on this machine would.
func get(s *Server, path string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:9810"+path, nil)
	r.Header.Set("Accept", "text/html,*/*")
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}
