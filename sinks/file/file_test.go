package file

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/sinks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func list(t *testing.T, files vfs.FS, dir string) []string {
	t.Helper()
	names, err := files.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func TestFilesAreRotatedBySize(t *testing.T) {
	files, c := vfs.NewMem(), &clock{now: time.Date(2026, 11, 6, 9, 37, 5, 0, time.UTC)}
	s := mustOpen(t, testEnv(files, c), Options{Path: "/logs/events.ndjson", RotateSize: 64 << 10, Compress: "none"})
	for i := range 4 {
		mustWrite(t, s, docs(fmt.Sprintf(`{"n":%d,"x":"%s"}`, i, strings.Repeat("y", 40<<10))))
	}
	mustClose(t, s)
	want := []string{".events.ndjson.lock", "events-20261106T093705Z-2.ndjson", "events-20261106T093705Z-3.ndjson", "events-20261106T093705Z.ndjson", "events.ndjson"}
	if got := list(t, files, "/logs"); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := linesOf(t, files, "/logs"); len(got) != 4 {
		t.Errorf("%d lines", len(got))
	}
}

func TestFilesAreRotatedByPeriodAlsoAcrossARestart(t *testing.T) {
	files, c := vfs.NewMem(), &clock{now: time.Now().UTC().Truncate(time.Hour).Add(-time.Hour)}
	o := Options{Path: "/logs/events.ndjson", RotateEvery: time.Hour, Compress: "none"}
	s := mustOpen(t, testEnv(files, c), o)
	mustWrite(t, s, docs(`{"n":1}`))
	c.add(59 * time.Minute)
	mustWrite(t, s, docs(`{"n":2}`))
	mustClose(t, s)
	c.add(62 * time.Minute) // the file's own time is the machine's: now, within the hour that began last
	s = mustOpen(t, testEnv(files, c), o)
	mustWrite(t, s, docs(`{"n":3}`))
	c.add(time.Hour)
	mustWrite(t, s, docs(`{"n":4}`))
	mustClose(t, s)
	if got := content(t, files, "/logs/events.ndjson"); got != "{\"n\":4}\n" {
		t.Errorf("got %q", got)
	}
	if got := len(linesOf(t, files, "/logs")); got != 4 {
		t.Errorf("%d lines", got)
	}
}

func TestRotatedFilesAreCompressedAlsoThoseOfARunBefore(t *testing.T) {
	for kind, ending := range map[string]string{"gzip": ".gz", "zstd": ".zst"} {
		t.Run(kind, func(t *testing.T) {
			files, c := vfs.NewMem(), &clock{now: time.Date(2026, 11, 6, 9, 0, 0, 0, time.UTC)}
			put(t, files, "/logs/events-20261105T000000Z.ndjson", "{\"old\":1}\n")
			put(t, files, "/logs/events-20261105T000000Z.ndjson"+ending+".part", "rubbish")
			put(t, files, "/logs/other-20261105T000000Z.ndjson", "{\"other\":1}\n")
			s := mustOpen(t, testEnv(files, c), Options{Path: "/logs/events.ndjson", RotateSize: 64 << 10, Compress: kind})
			for i := range 3 {
				mustWrite(t, s, docs(fmt.Sprintf(`{"n":%d,"x":"%s"}`, i, strings.Repeat("y", 40<<10))))
			}
			want := []string{
				".events.ndjson.lock", "events-20261105T000000Z.ndjson" + ending, "events-20261106T090000Z-2.ndjson" + ending,
				"events-20261106T090000Z.ndjson" + ending, "events.ndjson", "other-20261105T000000Z.ndjson",
			}
			for deadline := time.Now().Add(time.Minute); !slices.Equal(list(t, files, "/logs"), want); time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("got %q", list(t, files, "/logs"))
				}
			}
			mustClose(t, s)
			if got := linesOf(t, files, "/logs"); len(got) != 5 {
				t.Errorf("%d lines", len(got))
			}
		})
	}
}

func TestEachDatasetCanHaveItsFile(t *testing.T) {
	files, c := vfs.NewMem(), &clock{now: time.Date(2026, 11, 6, 9, 0, 0, 0, time.UTC)}
	s := mustOpen(t, testEnv(files, c), Options{Path: "/logs/%Y/%m/{dataset}-100%%.ndjson", Compress: "none"})
	mustWrite(t, s, docs(`{"event":{"dataset":"aws.cloudtrail"}}`, `{}`, `{"event":{"dataset":"../../../etc/cron.d/x"}}`, `{"event":{"dataset":"aws.cloudtrail"},"n":2}`))
	mustClose(t, s)
	want := []string{".._.._.._etc_cron.d_x-100%.ndjson", "aws.cloudtrail-100%.ndjson", "unknown-100%.ndjson"}
	want[0] = "_" + want[0][1:] // no name begins with a dot
	if got := list(t, files, "/logs/2026/11"); !slices.Equal(sorted(got), sorted(want)) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

func TestMoreDatasetsThanOpenFilesLoseNothing(t *testing.T) {
	files, c := vfs.NewMem(), &clock{now: time.Now()}
	s := mustOpen(t, testEnv(files, c), Options{Path: "/logs/{dataset}.ndjson", Compress: "none"})
	for round := range 2 {
		for i := range 3 * maxOpen {
			mustWrite(t, s, docs(fmt.Sprintf(`{"event":{"dataset":"d%d"},"n":%d}`, i, round)))
			if len(s.outputs) > maxOpen {
				t.Fatalf("%d files are open", len(s.outputs))
			}
		}
	}
	mustClose(t, s)
	if got := len(linesOf(t, files, "/logs")); got != 6*maxOpen {
		t.Errorf("%d lines", got)
	}
}

func TestADocumentOfSeveralLinesBecomesOne(t *testing.T) {
	files := vfs.NewMem()
	s := mustOpen(t, testEnv(files, &clock{now: time.Now()}), Options{Path: "e.ndjson", Compress: "none"})
	err := s.Write(context.Background(), docs("{\"a\":\n{\n\"b\":1}}", ""))
	var partial *sinks.PartialError
	if !errors.As(err, &partial) || len(partial.Retry) != 0 || len(partial.Reject) != 1 || partial.Reject[0].Index != 1 {
		t.Errorf("verdict %v", err)
	}
	mustClose(t, s)
	if got := content(t, files, "e.ndjson"); got != "{\"a\": { \"b\":1}}\n" {
		t.Errorf("got %q", got)
	}
}

func TestAFileMovedAwayIsBegunAnew(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "events.ndjson")
	s := mustOpen(t, testEnv(vfs.Default, &clock{now: time.Now()}), Options{Path: path, Compress: "none"})
	mustWrite(t, s, docs(`{"n":1}`))
	if err := vfs.Default.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, s, docs(`{"n":2}`))
	mustClose(t, s)
	if a, b := content(t, vfs.Default, path+".1"), content(t, vfs.Default, path); a != "{\"n\":1}\n" || b != "{\"n\":2}\n" {
		t.Errorf("%q, %q", a, b)
	}
}

func TestFilesAreNotForEverybody(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	s := mustOpen(t, testEnv(vfs.Default, &clock{now: time.Now()}), Options{Path: filepath.Join(dir, "events.ndjson"), RotateSize: 64 << 10, Compress: "gzip"})
	for i := range 2 {
		mustWrite(t, s, docs(fmt.Sprintf(`{"n":%d,"x":"%s"}`, i, strings.Repeat("y", 40<<10))))
	}
	for deadline := time.Now().Add(time.Minute); !strings.HasSuffix(strings.Join(list(t, vfs.Default, dir)[1:2], ""), ".gz"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("got %q", list(t, vfs.Default, dir))
		}
	}
	mustClose(t, s)
	for _, name := range list(t, vfs.Default, dir)[1:] {
		info, err := vfs.Default.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if info, err := vfs.Default.Stat(dir); err != nil || info.Mode().Perm() != 0o750 {
		t.Errorf("the folder: %v %v", info.Mode(), err)
	}
}

func TestTwoSinksCannotShareAPath(t *testing.T) {
	files, c := vfs.NewMem(), &clock{now: time.Now()}
	o := Options{Path: "/logs/events.ndjson", Compress: "none"}
	first := mustOpen(t, testEnv(files, c), o)
	if _, err := open(testEnv(files, c), o); err == nil || !strings.Contains(err.Error(), "another process or sink") {
		t.Error(err)
	}
	mustClose(t, first)
	mustClose(t, mustOpen(t, testEnv(files, c), o))
}

func TestWrongOptionsAreNamed(t *testing.T) {
	o := Options{Path: "/logs/%q", RotateSize: 5, RotateEvery: time.Second, Compress: "rar"}
	err := o.Validate()
	for _, want := range []string{
		`path: unknown placeholder "%q"`, "rotate_size: want 0 (never) or at least 64KiB",
		"rotate_every: want 0 (never) or at least 1m", "compress: want none, gzip or zstd",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	for path, want := range map[string]string{"": "missing", "/logs/": "is a folder", "/l/{user}.x": "{dataset}", "/x%": "placeholder"} {
		if _, err := parsePath(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", path, err)
		}
	}
	d := Defaults()
	d.Path = "x"
	if err := d.Validate(); err != nil {
		t.Error(err)
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, path := range []string{"events.ndjson", "{dataset}.ndjson"} {
		b.Run(path, func(b *testing.B) {
			s := mustOpen(b, testEnv(vfs.Default, &clock{now: time.Now()}), Options{Path: filepath.Join(b.TempDir(), path), RotateSize: 100e6, Compress: "none"})
			e := doc(`{"event":{"dataset":"aws.cloudtrail","original":"` + strings.Repeat("z", 2000) + `"}}`)
			events := slices.Repeat([]*event.Event{e}, 1000)
			b.SetBytes(int64(1000 * len(e.Doc)))
			b.ReportAllocs()
			for b.Loop() {
				mustWrite(b, s, events)
			}
			b.ReportMetric(float64(b.N*1000)/b.Elapsed().Seconds(), "events/s")
			mustClose(b, s)
		})
	}
}
