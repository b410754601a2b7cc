package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	ingestfile "github.com/burstwatch/burstwatch/ingest/file"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/quarantine"
	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/sinks"
	sinkfile "github.com/burstwatch/burstwatch/sinks/file"
)

// The same promises as in the simulation, with the real parts and real time:
// files are read, kept as NDJSON and their positions in the state store, on a
// file system that forgets what was not synced, each time that the process dies.
func TestAForgetfulDiskLosesNothing(t *testing.T) {
	logs, want := writeLogs(t)
	disk := vfs.NewCrashableMem()
	rng := rand.New(rand.NewPCG(1, 1))
	crashes, spooled := 50, 0
	if testing.Short() {
		crashes = 10
	}
	for range crashes {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		down := rng.IntN(2) == 0
		go func() { done <- runOnce(ctx, disk, logs, down) }()
		time.Sleep(time.Duration(rng.IntN(60_000)) * time.Microsecond)
		after := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
		cancel()
		<-done
		if names, _ := after.List("data/spool/out"); len(names) > 0 {
			spooled++
		}
		disk = after
	}
	t.Logf("%d of %d crashes left a spool", spooled, crashes)
	if err := runOnce(t.Context(), disk, logs, false); err != nil {
		t.Fatal(err)
	}
	checkDelivered(t, disk, want)
}

// writeLogs writes files of lines and returns the lines, and whether they can
// be read.
func writeLogs(t *testing.T) (dir string, want map[string]bool) {
	t.Helper()
	dir, want = t.TempDir(), map[string]bool{}
	for i := range 30 {
		var text strings.Builder
		for j := range 200 {
			line := fmt.Sprintf("file %d line %d", i, j)
			if j%50 == 49 {
				line = "!" + line
			}
			want[line] = j%50 != 49
			text.WriteString(line + "\n")
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.log", i)), []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, want
}

// runOnce is one life of the process; down says that its sink is for so long, so
// that everything goes to the spool.
func runOnce(ctx context.Context, disk vfs.FS, logs string, down bool) error {
	log := slog.New(slog.DiscardHandler)
	store, err := state.Open(disk, "data/state", log)
	if err != nil {
		return err
	}
	defer store.Close()
	env := plugin.Env{Name: "logs", Log: log, FS: disk, DataDir: "data/logs", State: store, Now: time.Now}
	p, err := New(Config{
		Open: func(context.Context) (Parts, error) {
			in, out := ingestfile.Spec(), sinkfile.Spec()
			from, _ := in.Options().(*ingestfile.Options)
			from.Paths, from.Follow = []string{logs}, false
			source, err := in.New(env, from)
			if err != nil {
				return Parts{}, err
			}
			to, _ := out.Options().(*sinkfile.Options)
			to.Path = "out/events.ndjson"
			sink, err := out.New(env, to)
			if err != nil {
				return Parts{}, err
			}
			if down {
				sink = unreachable{sink}
			}
			o := DefaultSinkOptions()
			o.Retry.InitialBackoff, o.Retry.MaxBackoff = 100*time.Microsecond, time.Millisecond
			o.Batch.MaxEvents, o.Batch.Timeout = 300, time.Millisecond
			return Parts{[]NamedSource{{"logs", source}}, []NamedSink{{"out", sink, o}}}, nil
		},
		Specs: lineSpecs(), Workers: 2, Window: 1024, FS: disk, DataDir: "data", State: store, Log: log, Now: time.Now,
		Once: true, DrainTimeout: 50 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	return p.Run(ctx)
}

type unreachable struct{ sinks.Sink }

func (unreachable) Write(context.Context, []*event.Event) error {
	return errors.New("connection refused")
}

func checkDelivered(t *testing.T, disk vfs.FS, want map[string]bool) {
	t.Helper()
	found, repeats := map[string]bool{}, 0
	f, err := disk.Open("out/events.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
		var doc struct{ Event struct{ Original string } }
		if err := json.Unmarshal(line, &doc); err != nil {
			t.Fatalf("half a line: %q", line)
		}
		if found[doc.Event.Original] {
			repeats++
		}
		found[doc.Event.Original] = true
	}
	_, err = quarantine.Read(disk, "data/quarantine", func(r quarantine.Record) error {
		found[string(r.Raw)] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for line := range want {
		if !found[line] {
			t.Errorf("%q is lost", line)
		}
	}
	t.Logf("%d lines, %d repeats", len(want), repeats)
}
