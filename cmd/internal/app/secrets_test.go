package app

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/internal/quarantine"
	"github.com/burstwatch/burstwatch/internal/redact/redacttest"
	"github.com/burstwatch/burstwatch/sinks/console"
)

// TestNoSecretIsWritten: secrets are planted in records of every dataset, in
// whole and in broken ones, and the whole service run over them. Then everything
// that it has written is searched: events and alerts at each sink, the spool of
// one that is down, quarantine, local store, state, its own log, status and
// metrics.
func TestNoSecretIsWritten(t *testing.T) {
	seeds := *secretSeeds
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		t.Logf("seed %d", seed)
		plot := newPlot(t, rand.NewPCG(seed, 0), 60, "builtin")
		places := plot.search(t)
		plot.everywhere(t, places)
	}
}

// FuzzNoSecretIsWritten does the same with a few records, whose every choice is a
// piece of the input, and rules that are loaded at once.
func FuzzNoSecretIsWritten(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x00\x11\x22\x33\x44\x55\x66\x77 choose what is planted, where, and how it is broken"))
	f.Add(bytes.Repeat([]byte{0xff, 0x80, 0x03, 0x55}, 200))
	f.Fuzz(func(t *testing.T, input []byte) {
		newPlot(t, &choices{rest: input}, 6, alertOnEverything(t)).search(t)
	})
}

// choices makes random numbers of the input and their count: an input of zeros must
// not make a secret of zeros, which stands anywhere.
type choices struct {
	rest []byte
	n    uint64
}

// Uint64 implements rand.Source.
func (c *choices) Uint64() uint64 {
	c.n++
	var b [8]byte
	c.rest = c.rest[copy(b[:], c.rest):]
	x := binary.LittleEndian.Uint64(b[:])
	return x ^ x<<32 ^ c.n*0x9e3779b97f4a7c15 // what is drawn from few numbers is told by the high bits
}

// alertOnEverything is a rule that tells of each CloudTrail event.
func alertOnEverything(t *testing.T) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(file, []byte("title: Anything\nid: anything\nlogsource: {product: aws, service: cloudtrail}\n"+
		"detection: {s: {eventSource|exists: true}, condition: s}\nlevel: high\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

var secretSeeds = flag.Uint64("secrets.seeds", 3, "how many seeds TestNoSecretIsWritten plants")

// planter makes records with secrets in them.
type planter struct {
	rng     *rand.Rand
	secrets map[string]string // and the record that each stands in
}

// addition is how the configuration of the test names a secret of the studio's own.
const addition = "redact: {keys: [studioPin], patterns: ['render-ticket-([a-z0-9]+)']}\n"

// text is a text with a secret in it; spaces says whether it may have some.
func (p *planter) text(spaces bool) (text, secret string) {
	for {
		plant := redacttest.Plants()[p.rng.IntN(len(redacttest.Plants()))]
		if !spaces && strings.ContainsAny(plant.Text, " \n\r") {
			continue
		}
		secret = strings.NewReplacer(`"`, "x", `\`, "x", "<", "x", ">", "x", "&", "x").Replace(plant.Secret(p.rng.IntN))
		if !spaces {
			secret = strings.ReplaceAll(secret, " ", "x")
		}
		text = strings.Replace(plant.Text, "%s", secret, 1)
		if p.rng.IntN(8) == 0 { // what the configuration adds
			secret = fmt.Sprintf("abc%020d", p.rng.Uint64())
			text = "render-ticket-" + secret
		}
		return text, secret
	}
}

// object is a JSON object that holds a secret, by its form or by its key.
func (p *planter) object() (object map[string]any, secret string) {
	text, secret := p.text(true)
	object = map[string]any{"name": "burst", "list": []any{"a", text}}
	if p.rng.IntN(2) == 0 {
		secret = fmt.Sprintf("s%020dZz", p.rng.Uint64())
		keys := append(redacttest.Keys(), "studio_pin")
		object = map[string]any{"name": "burst", "inner": map[string]any{keys[p.rng.IntN(len(keys))]: secret}}
	}
	return object, secret
}

// trail is a CloudTrail record.
func (p *planter) trail(n int) []byte {
	r := map[string]any{
		"eventVersion": "1.09", "eventTime": "2026-11-05T10:00:00Z", "eventID": fmt.Sprintf("00000000-0000-4000-8000-%012d", n),
		"eventSource": []string{"sts.amazonaws.com", "ssm.amazonaws.com", "ec2.amazonaws.com", "iam.amazonaws.com"}[p.rng.IntN(4)],
		"eventName":   []string{"AssumeRole", "SendCommand", "RunInstances", "StopLogging", "CreateAccessKey"}[p.rng.IntN(5)],
		"awsRegion":   "eu-west-2", "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2", "recipientAccountId": "111111111111",
		"eventType": "AwsApiCall", "userIdentity": map[string]any{"type": "IAMUser", "userName": "artist", "accountId": "111111111111"},
	}
	var secret string
	switch p.rng.IntN(3) {
	case 0:
		r["requestParameters"], secret = p.object()
	case 1:
		r["responseElements"], secret = p.object()
	default:
		var text string
		text, secret = p.text(true)
		key := []string{"userAgent", "errorMessage", "errorCode", "sourceIPAddress", "awsRegion", "recipientAccountId", "eventName", "userName"}[p.rng.IntN(8)]
		if key == "userName" {
			r["userIdentity"] = map[string]any{"type": "IAMUser", key: text}
		} else {
			r[key] = text
		}
	}
	return p.planted(secret, r)
}

func (p *planter) planted(secret string, record any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(record)
	p.secrets[secret] = b.String()
	return bytes.TrimSpace(b.Bytes())
}

// generic is a line of some other log: JSON or text.
func (p *planter) generic() []byte {
	if p.rng.IntN(2) == 0 {
		object, secret := p.object()
		return p.planted(secret, object)
	}
	text, secret := p.text(true)
	text = "Nov  5 10:00:00 node7 render[12]: " + strings.NewReplacer("\n", " ", "\r", " ").Replace(text)
	p.secrets[secret] = text
	return []byte(text)
}

// broken is a record that cannot be read: cut short, or not UTF-8.
func (p *planter) broken(record []byte) []byte {
	for secret := range p.secrets {
		if i := bytes.Index(record, []byte(secret)); i >= 0 {
			// Not within what makes it one: half a JWT is no secret.
			from := min(i+len(secret)+50, len(record))
			cut := from + p.rng.IntN(len(record)-from+1)
			if p.rng.IntN(3) == 0 {
				return append(append([]byte{'{', 0xff}, record[1:cut]...), 0xfe)
			}
			return record[:cut]
		}
	}
	return record
}

// write writes a folder of logs.
func (p *planter) write(dir string, records int) error {
	var trail, other, flows, session bytes.Buffer
	for n := range records {
		r := p.trail(n)
		if n%5 == 4 {
			r = p.broken(r)
		}
		trail.Write(append(r, '\n'))
		other.Write(append(p.generic(), '\n'))
		text, secret := p.text(true)
		text = "sh-4.2$ " + strings.NewReplacer("\n", " ", "\r", " ").Replace(text)
		p.secrets[secret] = text
		session.WriteString(text + "\n")
	}
	flows.WriteString("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status studio-note\n")
	for range records / 3 {
		text, secret := p.text(false)
		columns := strings.Fields("2 111111111111 eni-1 10.0.0.1 10.0.0.2 443 1024 6 10 1000 1762336800 1762336860 ACCEPT OK -")
		columns[[]int{2, 14, 3, 12}[p.rng.IntN(4)]] = text
		line := strings.Join(columns, " ")
		p.secrets[secret] = line
		flows.WriteString(line + "\n")
	}
	for name, b := range map[string]*bytes.Buffer{"trail.ndjson": &trail, "other.log": &other, "flows.log": &flows, "session.log": &session} {
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// plot is a folder of logs with secrets in them, and a service that reads it.
type plot struct {
	*planter
	dir, conf string
	records   int
}

func newPlot(t *testing.T, from rand.Source, records int, rules string) *plot {
	t.Helper()
	p := &plot{planter: &planter{rng: rand.New(from), secrets: map[string]string{}}, dir: t.TempDir(), records: records}
	logs := filepath.Join(p.dir, "logs")
	for _, err := range []error{os.Mkdir(logs, 0o700), p.write(logs, records), os.MkdirAll(filepath.Join(p.dir, "blocked", "events.ndjson"), 0o700)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	p.conf = fmt.Sprintf(`
data_dir: %[1]s/data
rules: [%[3]s]
http: {listen: ""}
%[2]ssources:
  trail: {type: file, paths: [%[1]s/logs/trail.ndjson], follow: false, dataset: aws.cloudtrail}
  flows: {type: file, paths: [%[1]s/logs/flows.log], follow: false, dataset: aws.vpcflow}
  session: {type: file, paths: [%[1]s/logs/session.log], follow: false, dataset: aws.ssm_session}
  other: {type: file, paths: [%[1]s/logs/other.log], follow: false}
sinks:
  archive: {type: file, path: %[1]s/out/events.ndjson}
  search: {type: local}
  out: {type: console, format: json}
  gone: {type: file, path: %[1]s/blocked/events.ndjson, retry: {initial_backoff: 1ms, max_backoff: 10ms, timeout: 1s}}
`, p.dir, addition, rules)
	return p
}

// search runs the service until all is settled, and looks for the secrets in
// everything that it has written, which it returns.
func (p *plot) search(t *testing.T) map[string][]byte {
	t.Helper()
	out, log := &journal{}, &journal{}
	a, err := New(Options{
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Load: func() (*config.Config, error) {
			return config.Parse("test", []byte(p.conf), catalog.Sources(), catalog.Sinks(console.Output{Writer: out}))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	settled := waitFor(a, int64(2*p.records))
	status, _ := json.Marshal(a.pipeline.Status())
	var figures bytes.Buffer
	a.metrics.WritePrometheus(&figures)
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if !settled {
		t.Fatalf("it never settled: %s\n%s", status, log.b.String())
	}
	places := map[string][]byte{"console": out.b.Bytes(), "log": log.b.Bytes(), "status": status, "metrics": figures.Bytes()}
	gather(t, p.dir, places)
	for name, text := range places {
		for secret, record := range p.secrets {
			if i := bytes.Index(text, []byte(secret)); i >= 0 {
				t.Errorf("%s holds %q of the record\n%s\nhere: %.300q", name, secret, record, text[max(0, i-100):])
			}
		}
	}
	return places
}

// everywhere holds that the service has written to every place that there is.
func (p *plot) everywhere(t *testing.T, places map[string][]byte) {
	t.Helper()
	for _, kind := range []string{"/out/", "/quarantine/", "/spool/gone/", "/sinks/search/", "/state/", "console", "log"} {
		written := false
		for name, text := range places {
			written = written || strings.Contains(strings.TrimPrefix(name, p.dir), kind) && len(text) > 0
		}
		if !written {
			t.Errorf("nothing was written to %s", kind)
		}
	}
}

// waitFor waits until all is read, delivered, and in the spool of the sink that
// is down.
func waitFor(a *App, spool int64) bool {
	for range 3000 {
		s, open, spooled := a.pipeline.Status(), int64(0), int64(0)
		for _, x := range s.Sources {
			open += x.Open
		}
		for _, x := range s.Sinks {
			if x.Spool != nil {
				spooled += x.Spool.Records
			}
		}
		if done := len(s.Sources) == 4 && open == 0 && spooled >= spool && s.Rules.Outbox <= 1000; done {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// gather reads every file that the service has written.
func gather(t *testing.T, dir string, places map[string][]byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(name, filepath.Join(dir, "logs")) {
			return err
		}
		places[name], err = os.ReadFile(name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var raw []byte
	_, err = quarantine.Read(vfs.Default, filepath.Join(dir, "data", "quarantine"), func(r quarantine.Record) error {
		raw = append(append(append(raw, r.Raw...), r.Format...), '\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	places["quarantine, decoded"] = raw
}
