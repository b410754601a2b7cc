package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/internal/testground"
	"github.com/burstwatch/burstwatch/sinks/local"
)

const killConfig = `
data_dir: %[1]s/data
rules: [%[3]s]
http: {listen: ""}
sources:
  logs: {type: file, paths: ["%[2]s/AWSLogs/**"], follow: false}
sinks:
  store: {type: local}
  out: {type: file, path: %[1]s/out/events.ndjson, only: events}
`

// fewRules are loaded at once; the builtin ones take longer than there is anything
// to read. They leave windows open and fill the outbox of alerts all the same.
const fewRules = `
title: Somebody called
id: called
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName|startswith: Describe}, condition: s}
level: low
---
title: Much was called
id: many-calls
correlation: {type: event_count, rules: [called], group-by: [user.name], timespan: 1h, condition: {gte: 5}, generate: true}
level: high
`

// The process is killed at random moments of its work, again and again. What
// the next one finds must do: every event stands once in the local store, and
// at least once in the file, which cannot tell a repeat.
func TestEveryEventIsInTheStoreOnceHoweverOftenTheProcessIsKilled(t *testing.T) {
	kills, size, dir := testground.Amount(10, 15, 50), "3MB", t.TempDir()
	if testing.Short() {
		size = "1MB"
	}
	logs, rules := writeDemo(t, size), write(t, filepath.Join(t.TempDir(), "rules.yml"), "%s", fewRules)
	config := write(t, filepath.Join(dir, "burstwatch.yaml"), killConfig, dir, logs, rules)
	whole := undisturbed(t, logs, rules)
	seed := rand.Uint64()
	t.Logf("seed %d; undisturbed it takes %v", seed, whole)
	random := rand.New(rand.NewPCG(seed, 0))
	landed := 0
	n := 0
	for ; landed < kills && n < 4*kills; n++ {
		c := burstwatch(t, "run", "-c", config, "--once", "--log-level", "error")
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- c.Wait() }()
		select {
		case <-time.After(time.Duration(random.Int64N(int64(whole)))):
			_ = c.Process.Kill()
			<-done
			landed++
		case err := <-done:
			if err != nil {
				t.Fatalf("round %d: %v", n, err)
			}
			// It was done before the shot: give the next ones all of the work again.
			if err := os.RemoveAll(filepath.Join(dir, "data", "state")); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d of %d runs were killed at their work", landed, n)
	if out, diag, code := output(t, "run", "-c", config, "--once"); code != 0 {
		t.Fatalf("the last run ended with %d: %s%s", code, out, diag)
	}
	want := wanted(t, logs)
	compare(t, "the local store", want, stored(t, filepath.Join(dir, "data")), true)
	compare(t, "the file", want, inFiles(t, filepath.Join(dir, "out")), false)
}

// undisturbed is how long the work takes when nothing kills it: so long lie the
// moments at which it is.
func undisturbed(t *testing.T, logs, rules string) time.Duration {
	t.Helper()
	dir := t.TempDir()
	config := write(t, filepath.Join(dir, "burstwatch.yaml"), killConfig, dir, logs, rules)
	began := time.Now()
	if out, diag, code := output(t, "run", "-c", config, "--once"); code != 0 {
		t.Fatalf("exit %d: %s%s", code, out, diag)
	}
	return time.Since(began)
}

// wanted are the ids that scan finds in the same logs.
func wanted(t *testing.T, logs string) map[string]int {
	t.Helper()
	events, diag, code := output(t, "scan", "--events", filepath.Join(logs, "AWSLogs"))
	if code != 0 {
		t.Fatalf("scan: exit %d: %s", code, diag)
	}
	return deliveryIDs(t, events)
}

func stored(t *testing.T, dataDir string) map[string]int {
	t.Helper()
	s, err := local.OpenStore(t.Context(), filepath.Join(dataDir, "sinks", "store", "local.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ids := map[string]int{}
	for f := (local.Filter{Limit: 1000}); ; {
		rows, next, err := s.Events(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			ids[rows[i].DeliveryID]++
		}
		if f.Cursor = next; next == "" {
			return ids
		}
	}
}

func inFiles(t *testing.T, dir string) map[string]int {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.ndjson"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no file was written: %v", err)
	}
	ids := map[string]int{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for id, n := range deliveryIDs(t, text) {
			ids[id] += n
		}
	}
	return ids
}

func compare(t *testing.T, where string, want, got map[string]int, once bool) {
	t.Helper()
	var wrong []string
	for id := range want {
		if n := got[id]; n == 0 || once && n != 1 {
			wrong = append(wrong, fmt.Sprintf("%s %d times", id, n))
		}
	}
	for id := range got {
		if want[id] == 0 {
			wrong = append(wrong, id+" came from nowhere")
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		t.Errorf("%s: %d of %d events are wrong: %s", where, len(wrong), len(want), strings.Join(wrong[:min(5, len(wrong))], ", "))
	}
}
