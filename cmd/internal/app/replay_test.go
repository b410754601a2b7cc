package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/quarantine"
	"github.com/burstwatch/burstwatch/sinks/console"
)

// columns are those of a flow log, in an order of its own.
const columns = "action version srcaddr dstaddr srcport dstport protocol packets bytes start end"

// replayed runs a replay over a folder with two file sinks, one and two.
func replayed(t *testing.T, dir string, r Replay) (Replayed, error) {
	t.Helper()
	conf := fmt.Sprintf(`
data_dir: %[1]s/data
http: {listen: "127.0.0.1:0"}
sources:
  logs: {type: file, paths: [%[1]s/logs]}
  odd: {type: file, paths: [%[1]s/odd], format: %[2]s}
sinks:
  one: {type: file, path: %[1]s/one.ndjson}
  two: {type: file, path: %[1]s/two.ndjson}
`, dir, columns)
	log := &journal{}
	a, err := New(Options{Replay: &r, Log: slog.New(slog.NewTextHandler(log, nil)), Load: func() (*config.Config, error) {
		return config.Parse("test", []byte(conf), catalog.Sources(), catalog.Sinks(console.Output{}))
	}})
	if err != nil {
		return Replayed{}, err
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if err := a.Run(ctx); err != nil {
		t.Fatalf("%v\n%s", err, log.b.String())
	}
	return a.Replayed(), nil
}

func quarantined(t *testing.T, dir string, records ...quarantine.Record) {
	t.Helper()
	s, err := quarantine.Open(vfs.Default, filepath.Join(dir, "data", "quarantine"), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	var lines []byte
	for i := range records {
		records[i].Time = time.Now()
		lines = records[i].Append(lines)
	}
	if err := s.Write(lines); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func left(t *testing.T, dir string) (reasons []string) {
	t.Helper()
	_, err := quarantine.Read(vfs.Default, filepath.Join(dir, "data", "quarantine"), func(r quarantine.Record) error {
		reasons = append(reasons, r.Sink+": "+r.Reason)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return reasons
}

func contents(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

const trailRecord = `{"eventVersion":"1.09","eventTime":"2026-11-05T10:00:00Z","eventID":"00000000-0000-4000-8000-00000000000%d","eventSource":"sts.amazonaws.com",` +
	`"eventName":"GetCallerIdentity","awsRegion":"eu-west-2","sourceIPAddress":"198.51.100.7","eventType":"AwsApiCall","userIdentity":{"type":"IAMUser","userName":"artist"}}`

// What a sink has refused goes to that sink alone, under the delivery id that it
// had, and out of the quarantine; what nobody can be sent stays.
func TestWhatASinkRefusedIsSentToItAgain(t *testing.T) {
	dir := t.TempDir()
	doc := `{"@timestamp":"2026-11-05T10:00:00.000Z","burstwatch":{"delivery_id":"00112233445566778899aabbccddeeff"},"event":{"dataset":"aws.cloudtrail"}}`
	quarantined(t, dir,
		quarantine.Record{Sink: "one", ID: "00112233445566778899aabbccddeeff", Dataset: "aws.cloudtrail", Raw: []byte(doc), Reason: "mapping conflict"},
		quarantine.Record{Sink: "gone", ID: "00", Raw: []byte("{}"), Reason: "of a sink that is not there any more"},
		quarantine.Record{Source: "logs", Reason: "a damaged archive: there is nothing to read"})
	got, err := replayed(t, dir, Replay{Quarantine: true})
	if err != nil {
		t.Fatal(err)
	}
	if got != (Replayed{Sent: 1, Left: 2}) {
		t.Errorf("%+v", got)
	}
	if one, two := contents(t, filepath.Join(dir, "one.ndjson")), contents(t, filepath.Join(dir, "two.ndjson")); one != doc+"\n" || two != "" {
		t.Errorf("one has %q, two has %q", one, two)
	}
	if rest := left(t, dir); len(rest) != 2 || rest[0] != "gone: of a sink that is not there any more" {
		t.Errorf("in quarantine: %q", rest)
	}
}

// A record that can be read now is judged and delivered like any other, under the
// delivery id that it would have had; one that cannot is in quarantine again. Parts
// of an over-sized one are put together.
func TestWhatCouldNotBeReadIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	whole := fmt.Sprintf(trailRecord, 1)
	parted := fmt.Sprintf(trailRecord, 2)
	quarantined(t, dir,
		quarantine.Record{Source: "s3", Origin: "a", Identity: []byte("a"), Dataset: "aws.cloudtrail", Offset: 100, Raw: []byte(whole), Reason: "too long then"},
		quarantine.Record{Source: "s3", Origin: "b", Identity: []byte("b"), Dataset: "aws.cloudtrail", Raw: []byte(`{"eventID": }`), Reason: "broken JSON"},
		quarantine.Record{Source: "s3", Origin: "c", Identity: []byte("c"), Dataset: "aws.cloudtrail", Offset: 10, Raw: []byte(parted[:50]), Part: 1, More: true},
		quarantine.Record{Source: "s3", Origin: "c", Identity: []byte("c"), Dataset: "aws.cloudtrail", Offset: 60, Raw: []byte(parted[50:]), Part: 2})
	got, err := replayed(t, dir, Replay{Quarantine: true})
	if err != nil {
		t.Fatal(err)
	}
	if got != (Replayed{Read: 3}) {
		t.Errorf("%+v", got)
	}
	events, err := catalog.ParseRecord([]byte(whole), "aws.cloudtrail")
	if err != nil {
		t.Fatal(err)
	}
	id := events[0].Schema.ID(events[0], &event.Scratch{})
	for _, name := range []string{"one.ndjson", "two.ndjson"} {
		text := contents(t, filepath.Join(dir, name))
		if strings.Count(text, "\n") != 2 || !strings.Contains(text, id.String()) {
			t.Errorf("%s has %q, and not %s", name, text, id)
		}
	}
	if rest := left(t, dir); len(rest) != 1 || !strings.Contains(rest[0], "broken JSON") {
		t.Errorf("in quarantine: %q", rest)
	}
}

// Files are read as if they were new, and nothing is kept of how far.
func TestFilesAreReplayedEachTime(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "restored.json")
	if err := os.WriteFile(name, []byte(fmt.Sprintf(trailRecord, 1)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := replayed(t, dir, Replay{Paths: []string{name}}); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(strings.TrimSpace(contents(t, filepath.Join(dir, "one.ndjson"))), "\n")
	if len(lines) != 2 || strings.Split(lines[0], `"delivery_id"`)[1][:40] != strings.Split(lines[1], `"delivery_id"`)[1][:40] {
		t.Errorf("%q", lines)
	}
}

// A service that runs has the quarantine to itself.
func TestAReplayBesideTheServiceIsRefused(t *testing.T) {
	s := start(t, map[string]string{"burstwatch.yaml": pipelineFile, "studio.yaml": "name: x"})
	_, err := New(Options{Replay: &Replay{Quarantine: true}, Log: slog.New(slog.DiscardHandler), Load: func() (*config.Config, error) {
		c, err := s.o.Load()
		return c, err
	}})
	if err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("it says %v", err)
	}
}

// A line of a flow log says nothing without its header: that is kept with it, and
// it is read by it when it can be read. One that had none is read by the format
// that its source has now.
func TestALineIsReadAgainByTheHeaderThatItHad(t *testing.T) {
	const line = "ACCEPT 5 10.0.0.1 203.0.113.7 443 1024 6 10 1000 1762336800 1762336860"
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, "logs", "flows.log"), columns+"\n"+line+"\nACCEPT 5 cut\n"+line+"\n")
	conf := fmt.Sprintf("data_dir: %[1]s/data\nhttp: {listen: \"\"}\nsources: {logs: {type: file, paths: [%[1]s/logs], follow: false}}\nsinks: {one: {type: file, path: %[1]s/one.ndjson}}\n", dir)
	a, err := New(Options{Once: true, Log: slog.New(slog.DiscardHandler), Load: func() (*config.Config, error) {
		return config.Parse("test", []byte(conf), catalog.Sources(), catalog.Sinks(console.Output{}))
	}})
	if err != nil {
		t.Fatal(err)
	}
	_ = a.Run(t.Context()) // one line is in quarantine: that is what it says
	var kept []quarantine.Record
	if _, err := quarantine.Read(vfs.Default, filepath.Join(dir, "data", "quarantine"), func(r quarantine.Record) error {
		kept = append(kept, r)
		return nil
	}); err != nil || len(kept) != 1 || kept[0].Format != columns {
		t.Fatalf("kept %+v, %v", kept, err)
	}
	for name, x := range map[string]struct {
		source, format string
		read           bool
	}{"with its header": {"logs", columns, true}, "without one": {"logs", "", false}, "of a source with a format": {"odd", "", true}} {
		dir := t.TempDir()
		quarantined(t, dir, quarantine.Record{Source: x.source, Origin: "a", Identity: []byte("a"), Dataset: "aws.vpcflow", Format: x.format, Offset: 100, Raw: []byte(line)})
		got, err := replayed(t, dir, Replay{Quarantine: true})
		if err != nil || got != (Replayed{Read: 1}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if read := strings.Contains(contents(t, filepath.Join(dir, "one.ndjson")), `"203.0.113.7"`); read != x.read {
			t.Errorf("%s it is read: %v; in quarantine: %q", name, read, left(t, dir))
		}
	}
}
