package app

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/sinks/console"
)

// journal is a log that tests read while it is written.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) has(text string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Contains(j.b.String(), text)
}

// service is an App that runs, with its files.
type service struct {
	*App
	t   *testing.T
	dir string
	log journal
	// stop ends it; it is called once for each boot.
	stop func()
}

func start(t *testing.T, files map[string]string) *service {
	t.Helper()
	return startLooking(t, 5*time.Millisecond, files)
}

// startLooking starts a service that looks at its files every so often.
func startLooking(t *testing.T, every time.Duration, files map[string]string) *service {
	t.Helper()
	t.Cleanup(func() { goleak.VerifyNone(t) })
	s := &service{t: t, dir: t.TempDir()}
	for name, text := range files {
		s.write(name, text)
	}
	if err := os.MkdirAll(filepath.Join(s.dir, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	s.boot(every)
	t.Cleanup(func() { s.stop() })
	return s
}

// boot starts the service over its files, as they are.
func (s *service) boot(every time.Duration) {
	s.t.Helper()
	a, err := New(Options{Log: slog.New(slog.NewTextHandler(&s.log, nil)), Load: func() (*config.Config, error) {
		return config.Load(filepath.Join(s.dir, "burstwatch.yaml"), catalog.Sources(), catalog.Sinks(console.Output{}))
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	a.lookEvery = every
	s.App = a
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- a.Run(ctx) }()
	s.stop = func() {
		stop()
		<-ended
	}
}

// write replaces a file in one step, and gives it a time of its own.
func (s *service) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	text = strings.ReplaceAll(text, "DIR", s.dir)
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		s.t.Fatal(err)
	}
}

// until waits for what happens soon.
func (s *service) until(what string, is func() bool) {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			s.log.mu.Lock()
			defer s.log.mu.Unlock()
			s.t.Fatalf("it never happened that %s; the log:\n%s", what, &s.log.b)
		}
	}
}

func (s *service) tier() int {
	p := s.rules.Load().Known.Studio.Production("SABLE")
	if p == nil || s.loader.enricher.Known() != s.rules.Load().Known {
		return 0
	}
	return p.Tier
}

const pipelineFile = `
data_dir: DIR/data
studio: DIR/studio.yaml
http: {listen: ""}
sources: {logs: {type: file, paths: [DIR/logs]}}
sinks: {out: {type: file, path: DIR/out.ndjson}}
`

func TestAChangedStudioFileIsNoticedAndAnInvalidOneLeavesTheOldOneInForce(t *testing.T) {
	s := start(t, map[string]string{"burstwatch.yaml": pipelineFile, "studio.yaml": "productions: [{name: SABLE, tier: 1}]"})
	if s.tier() != 1 {
		t.Fatal("the studio file is not known")
	}
	s.write("studio.yaml", "productions: [{name: SABLE, tier: 2}]\n# changed")
	s.until("the change is in force", func() bool { return s.tier() == 2 })

	s.write("studio.yaml", "productions: [{name: SABLE, tier: 7}]\n# changed again")
	s.until("the fault is named", func() bool {
		return s.log.has("studio.yaml:1:35: productions[0].tier: want 1 (unreleased content), 2 (released content) or 3 (general), not 7")
	})
	if s.tier() != 2 || !s.log.has("what was known before stays in force") {
		t.Errorf("tier %d", s.tier())
	}
	if r := s.status().Refused; r == nil || r.Time.IsZero() || !strings.Contains(r.Error, "studio.yaml:1:35") {
		t.Errorf("the status says of the refusal: %+v", r)
	}
	s.write("studio.yaml", "productions: [{name: SABLE, tier: 3}]\n# and mended")
	s.until("what was mended is in force", func() bool { return s.tier() == 3 && s.status().Refused == nil })
}

func TestAReloadIsWholeOrNotAtAll(t *testing.T) {
	s := startLooking(t, time.Hour, map[string]string{"burstwatch.yaml": pipelineFile, "studio.yaml": "productions: [{name: SABLE, tier: 1}]"})
	s.write("other.yaml", "productions: [{name: SABLE, tier: 2}]")
	// The sink's folder cannot be made: there is a file in its place.
	broken := strings.NewReplacer("DIR/studio.yaml", "DIR/other.yaml", "DIR/out.ndjson", "DIR/studio.yaml/out.ndjson").Replace(pipelineFile)
	s.write("burstwatch.yaml", broken)
	s.Reload()
	s.until("the reload fails", func() bool { return s.log.has("the configuration was not reloaded") })
	if s.tier() != 1 {
		t.Errorf("sources and sinks are those from before, and the studio of the new configuration is in force: tier %d", s.tier())
	}
	s.write("burstwatch.yaml", strings.ReplaceAll(pipelineFile, "DIR/studio.yaml", "DIR/other.yaml"))
	s.Reload()
	s.until("the next one is in force", func() bool { return s.tier() == 2 })
}

func TestWhatNeedsARestartIsSaid(t *testing.T) {
	s := start(t, map[string]string{"burstwatch.yaml": pipelineFile, "studio.yaml": "name: x"})
	s.write("burstwatch.yaml", pipelineFile+"workers: 7\nmax_record: 2MiB\nmemory: 64MiB\ndrain_timeout: 3s\nquarantine: {max_bytes: 1GB}\n")
	s.Reload()
	s.until("the configuration is reloaded", func() bool { return s.log.has("configuration reloaded") })
	if !s.log.has(`settings="workers, max_record, memory, drain_timeout, quarantine"`) {
		t.Errorf("the log does not say so:\n%s", &s.log.b)
	}
}

func TestWatchWaitsForAFileToBeFinished(t *testing.T) {
	name := filepath.Join(t.TempDir(), "studio.yaml")
	put := func(text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("a")
	w := newWatch(&config.Config{Pipeline: config.Pipeline{Studio: name}})
	steps := []struct {
		do   func()
		want bool
	}{
		{func() {}, false},
		{func() { put("ab") }, false}, // it may still be growing
		{func() { put("abc") }, false},
		{func() {}, true},
		{func() {}, false}, // said once
		{func() { _ = os.Remove(name) }, false},
		{func() {}, true},
	}
	for i, step := range steps {
		step.do()
		if got := len(w.changed()) > 0; got != step.want {
			t.Errorf("step %d: changed %v", i, got)
		}
	}
}
