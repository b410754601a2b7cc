package file

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
)

// numbered makes documents that are all different, of the sizes drawn.
func numbered(r *rapid.T, n *int) []*event.Event {
	var out []*event.Event
	for range rapid.IntRange(1, 8).Draw(r, "events") {
		*n++
		size := rapid.SampledFrom([]int{0, 10, 300, 5000, 30000}).Draw(r, "size")
		out = append(out, doc(fmt.Sprintf(`{"event":{"dataset":"d%d"},"n":%d,"x":"%s"}`, *n%2, *n, strings.Repeat("y", size))))
	}
	return out
}

// TestWhatWasAcknowledgedSurvivesACrash writes, rotates and compresses, and
// crashes between any two steps on a file system that keeps a random part of
// what was not synced, page by page.
func TestWhatWasAcknowledgedSurvivesACrash(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		o := Options{
			Path:        rapid.SampledFrom([]string{"/logs/events.ndjson", "/logs/{dataset}.ndjson", "/logs/%Y%m%d-{dataset}.ndjson"}).Draw(r, "path"),
			RotateSize:  64 << 10,
			RotateEvery: time.Hour,
			Compress:    rapid.SampledFrom([]string{"none", "gzip", "zstd"}).Draw(r, "compress"),
		}
		w := &world{files: vfs.NewCrashableMem(), clock: &clock{now: time.Now()}, acked: map[string]bool{}}
		for range rapid.IntRange(1, 4).Draw(r, "lives") {
			w.live(t, r, o)
		}
		s := mustOpen(t, testEnv(w.files, w.clock), o)
		mustWrite(t, s, numbered(r, &w.n)) // opens, repairs and goes on
		mustClose(t, s)
		repairAll(t, w.files, w.clock, o)
		lines := linesOf(r, w.files, "/logs")
		for d := range w.acked {
			if lines[d] == 0 {
				r.Fatalf("lost: %.60q", d)
			}
		}
	})
}

// world is what goes on from life to life of the process.
type world struct {
	files *vfs.MemFS
	clock *clock
	n     int
	acked map[string]bool
}

// live runs a sink until its machine crashes before a drawn step.
func (w *world) live(t *testing.T, r *rapid.T, o Options) {
	acked := maps.Clone(w.acked)
	var next *vfs.MemFS
	machine := &crasher{FS: w.files, steps: rapid.IntRange(0, 60).Draw(r, "steps")}
	cfg := vfs.CrashCloneCfg{
		UnsyncedDataPercent: rapid.SampledFrom([]int{0, 50, 100}).Draw(r, "kept"),
		RNG:                 rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 0)),
	}
	machine.crash = func() {
		next = w.files.CrashClone(cfg)
		w.acked = maps.Clone(acked)
	}
	s := mustOpen(t, testEnv(machine, w.clock), o)
	for range rapid.IntRange(0, 6).Draw(r, "writes") {
		batch := numbered(r, &w.n)
		if rapid.IntRange(0, 9).Draw(r, "cancelled") == 0 {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if s.Write(ctx, batch) == nil {
				r.Fatalf("acknowledged although cancelled")
			}
			continue
		}
		mustWrite(t, s, batch)
		machine.mu.Lock()
		for _, e := range batch {
			acked[string(e.Doc)] = true
		}
		machine.mu.Unlock()
		w.clock.add(time.Duration(rapid.IntRange(0, 40).Draw(r, "minutes")) * time.Minute)
	}
	mustClose(t, s)
	if next == nil {
		machine.crash()
	}
	w.files = next
}

// repairAll opens every file once, as writing to it would.
func repairAll(t *testing.T, files vfs.FS, c *clock, o Options) {
	t.Helper()
	s := mustOpen(t, testEnv(files, c), o)
	names, err := files.List("/logs")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if filepath.Ext(name) == ".ndjson" {
			if err := s.repair("/logs/"+name, -1); err != nil {
				t.Fatal(err)
			}
		}
	}
	mustClose(t, s)
}

// TestAFullDiskLeavesNoHalfLineAndNoRepeat fails writes and syncs at drawn
// moments and retries until there is room.
func TestAFullDiskLeavesNoHalfLineAndNoRepeat(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := &disk{FS: vfs.NewCrashableMem(), room: 1 << 30}
		dir := "/logs"
		if rapid.Bool().Draw(r, "real") {
			d.FS, dir = vfs.Default, t.TempDir()
			d.plain = rapid.Bool().Draw(r, "plain")
		}
		s := mustOpen(t, testEnv(d, &clock{now: time.Now()}), Options{Path: dir + "/events.ndjson", Compress: "none"})
		n, want := 0, map[string]bool{}
		for range rapid.IntRange(1, 10).Draw(r, "writes") {
			batch := numbered(r, &n)
			for range rapid.IntRange(0, 2).Draw(r, "failures") {
				d.set(rapid.IntRange(0, 40000).Draw(r, "room"), rapid.Bool().Draw(r, "sync"))
				if s.Write(context.Background(), batch) == nil {
					batch = numbered(r, &n)
				}
				// Nothing of what was not acknowledged may stay, whatever comes next.
				if rapid.Bool().Draw(r, "other batch first") {
					batch = append(numbered(r, &n), batch...)
				}
			}
			d.set(1<<30, false)
			mustWrite(t, s, batch)
			for _, e := range batch {
				want[string(e.Doc)] = true
			}
		}
		mustClose(t, s)
		for line, times := range linesOf(r, d.FS, dir) {
			if times != 1 {
				r.Fatalf("%d times %.60q", times, line)
			}
			delete(want, line)
		}
		if len(want) > 0 {
			r.Fatalf("%d lines are lost", len(want))
		}
	})
}

func TestAFullDiskIsNamedInTheError(t *testing.T) {
	d := &disk{FS: vfs.NewMem(), room: 10}
	s := mustOpen(t, testEnv(d, &clock{now: time.Now()}), Options{Path: "/logs/events.ndjson", Compress: "none"})
	err := s.Write(context.Background(), docs(`{"a":"far too much for ten bytes"}`))
	if err == nil || !strings.Contains(err.Error(), "write /logs/events.ndjson") || !strings.Contains(err.Error(), "no space left on device") {
		t.Error(err)
	}
	d.set(1000, false)
	mustWrite(t, s, docs(`{"a":1}`))
	mustClose(t, s)
	if got := content(t, d, "/logs/events.ndjson"); got != "{\"a\":1}\n" {
		t.Errorf("%q", got)
	}
}

// TestWhatACrashLeftIsRepaired opens files as a crash may leave them.
func TestWhatACrashLeftIsRepaired(t *testing.T) {
	for name, c := range map[string]struct{ before, after string }{
		"half a line":              {"{\"a\":1}\n{\"b\":", "{\"a\":1}\n"},
		"a line without its end":   {"{\"a\":1}\n{\"b\":2}", "{\"a\":1}\n{\"b\":2}\n"},
		"zeros":                    {"{\"a\":1}\n\x00\x00\x00", "{\"a\":1}\n"},
		"a later page alone":       {"{\"a\":1}\n\x00\x00\x00\x00c\":3}\n{\"d\":4}\n", "{\"a\":1}\n"},
		"half a line, then others": {"{\"a\":1}\n{\"b\":\x00\x00}\n{\"d\":4}\n", "{\"a\":1}\n"},
		"nothing whole":            {"{\"a", ""},
		"nothing wrong":            {"{\"a\":1}\n\n{\"b\":2}\r\n", "{\"a\":1}\n\n{\"b\":2}\r\n"},
		"longer than the window": {
			strings.Repeat("{\"a\":1}\n", window/8+5) + "{\"b\"", strings.Repeat("{\"a\":1}\n", window/8+5),
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := vfs.NewMem()
			put(t, files, "/logs/events.ndjson", c.before)
			s := mustOpen(t, testEnv(files, &clock{now: time.Now()}), Options{Path: "/logs/events.ndjson", Compress: "none"})
			mustWrite(t, s, docs(`{"new":1}`))
			mustClose(t, s)
			if got := content(t, files, "/logs/events.ndjson"); got != c.after+"{\"new\":1}\n" {
				t.Errorf("got %.100q", got)
			}
		})
	}
}

func put(t *testing.T, files vfs.FS, name, text string) {
	t.Helper()
	if err := files.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := files.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatIsNotOursIsLeftAlone(t *testing.T) {
	const passwords = "root:x:0:0:root:/root:/bin/bash\nbin:x:1:1"
	files := vfs.NewMem()
	put(t, files, "/etc/passwd", passwords)
	s := mustOpen(t, testEnv(files, &clock{now: time.Now()}), Options{Path: "/etc/passwd", Compress: "none"})
	err := s.Write(context.Background(), docs(`{"new":1}`))
	if err == nil || !strings.Contains(err.Error(), "was not written by this sink") {
		t.Error(err)
	}
	mustClose(t, s)
	if got := content(t, files, "/etc/passwd"); got != passwords {
		t.Errorf("got %q", got)
	}
}
