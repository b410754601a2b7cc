package main

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/internal/state"
)

// holds waits until a process works on the data_dir; only one does.
func (r *road) holds(c *exec.Cmd) {
	r.t.Helper()
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		held, err := state.InUse(vfs.Default, filepath.Join(filepath.Dir(r.config), "data", "state"))
		switch {
		case err == nil && held:
			return
		case time.Since(begin) > patience():
			r.t.Fatalf("process %d does not take the data_dir after %s: %v", c.Process.Pid, patience(), err)
		}
	}
}

// moves waits until so many more events have arrived, or there are no more.
func (r *road) moves(events int) {
	r.t.Helper()
	for had, begin := r.search.count(), time.Now(); r.search.count() < had+events && r.bucket.messages() > 0; time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > patience() {
			r.t.Fatalf("no %d events more than %d have arrived after %s", events, had, patience())
		}
	}
}

// oneOfTwo is the configuration of one of two services on the same queue. What
// it has had in hand lies in its file.
func (r *road) oneOfTwo() (config, file string) {
	r.t.Helper()
	text, err := os.ReadFile(r.config)
	if err != nil {
		r.t.Fatal(err)
	}
	dir := r.t.TempDir()
	file = filepath.Join(dir, "events.ndjson")
	changed := strings.NewReplacer(
		"data_dir: "+filepath.Dir(r.config), "data_dir: "+dir,
		"rules: [builtin]", "rules: stateless\ninstances: 2",
		"visibility_timeout: 30s", "visibility_timeout: 30s, max_number_of_messages: 20", // or the first one takes them all
		"\nsinks:", "\nsinks:\n  kept: {type: file, only: events, path: "+file+"}",
	).Replace(string(text))
	return write(r.t, filepath.Join(dir, "burstwatch.yaml"), "%s", changed), file
}

// TestTwoServicesOnOneQueueTellEachEventAndEachAlertOnce: both read the whole
// road, with rules that judge each event by itself; one is killed at its work
// and started again.
func TestTwoServicesOnOneQueueTellEachEventAndEachAlertOnce(t *testing.T) {
	r := newRoad(t)
	want := r.records()
	told := matches(scanned(t, "--rules", "stateless", "--studio", filepath.Join(r.logs, "studio.yaml"), filepath.Join(r.logs, "AWSLogs"), filepath.Join(r.logs, "sessions")))
	r.upload()
	one, first := r.oneOfTwo()
	two, second := r.oneOfTwo()
	r.must("setup", "-c", one)
	a, b := r.start(one), r.start(two)
	for begin := time.Now(); lines(first) == 0 || lines(second) == 0 || r.search.count() == 0; time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > patience() {
			t.Fatalf("after %s one has had %d events and the other %d", patience(), lines(first), lines(second))
		}
	}
	r.kill(b)
	t.Logf("killed with %d events of %d in Elasticsearch, of which it has had %d", r.search.count(), len(want), lines(second))
	r.through(len(want), func() bool { return maps.Equal(told, matches(r.search.alerts())) }, a, r.start(two))
	got := r.search.events()
	same(t, counted(want), counted(got))
	ids := idsOf(got)
	sameIDs(t, ids, r.bus.ids(r.bus.topic))
	sameIDs(t, ids, r.cloud.central("aws."))
	same(t, told, matches(r.search.alerts()))
	once := map[string]int{}
	for _, x := range r.search.alerts() {
		once[x.Burstwatch.DeliveryID]++
		if x.Studio.Alert.Count != 1 || x.Studio.Alert.Revision != 1 {
			t.Errorf("%s tells %d matches, in revision %d", x.Rule.ID, x.Studio.Alert.Count, x.Studio.Alert.Revision)
		}
	}
	sameIDs(t, once, r.bus.ids(r.bus.topic+"-alerts"))
}

// matches counts what alerts tell by rule: how many events matched it.
func matches(alerts []*told) map[string]int {
	out := map[string]int{}
	for _, a := range alerts {
		out[a.Rule.ID] += int(a.Studio.Alert.Count)
	}
	return out
}

func lines(file string) int {
	text, _ := os.ReadFile(file) // 0: there is none yet
	return bytes.Count(text, []byte("\n"))
}
