package file

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/sinks"
)

// clock is the time that a sink is told.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func testEnv(files vfs.FS, c *clock) plugin.Env {
	return plugin.Env{Name: "out", Log: slog.New(slog.DiscardHandler), FS: files, Now: c.Now}
}

func doc(text string) *event.Event { return &event.Event{Doc: []byte(text)} }

func docs(text ...string) []*event.Event {
	var out []*event.Event
	for _, t := range text {
		out = append(out, doc(t))
	}
	return out
}

func mustOpen(t testing.TB, env plugin.Env, o Options) *sink {
	t.Helper()
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	s, err := open(env, o)
	if err != nil {
		t.Fatal(err)
	}
	out, _ := s.(*sink)
	return out
}

func mustWrite(t testing.TB, s sinks.Sink, events []*event.Event) {
	t.Helper()
	if err := s.Write(context.Background(), events); err != nil {
		t.Fatal(err)
	}
}

func mustClose(t testing.TB, s sinks.Sink) {
	t.Helper()
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// fataler is a *testing.T or a *rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// linesOf reads every file of a folder, compressed or not, and counts the
// lines. A line that is no JSON is fatal.
func linesOf(t fataler, files vfs.FS, dir string) map[string]int {
	t.Helper()
	names, err := files.List(dir)
	if err != nil {
		t.Fatalf("%v", err)
	}
	all := map[string]int{}
	for _, name := range names {
		if strings.HasSuffix(name, ".lock") || strings.HasSuffix(name, ".part") || strings.HasSuffix(name, ".repair") {
			continue
		}
		for line := range strings.Lines(content(t, files, filepath.Join(dir, name))) {
			text, whole := strings.CutSuffix(line, "\n")
			if !whole || !json.Valid([]byte(text)) {
				t.Fatalf("%s holds the line %.80q", name, line)
			}
			all[text]++
		}
	}
	return all
}

func content(t fataler, files vfs.FS, name string) string {
	t.Helper()
	f, err := files.Open(name)
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var r io.Reader
	switch filepath.Ext(name) {
	case ".gz":
		r, err = gzip.NewReader(bytes.NewReader(b))
	case ".zst":
		r, err = zstd.NewReader(bytes.NewReader(b))
	default:
		return string(b)
	}
	if err == nil {
		b, err = io.ReadAll(r)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(b)
}

// disk is a file system with limited room. A write that does not fit is done
// in part, as a real one is. It hides Truncate if told to, as wrappers do.
type disk struct {
	vfs.FS
	mu       sync.Mutex
	room     int
	failSync bool
	plain    bool
}

func (d *disk) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := d.FS.OpenReadWrite(name, c, o...)
	return d.wrap(f), err
}

func (d *disk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	return d.wrap(f), err
}

func (d *disk) wrap(f vfs.File) vfs.File {
	if f == nil {
		return nil
	}
	limited := &diskFile{f, d}
	if t, ok := f.(truncater); ok && !d.plain {
		return struct {
			*diskFile
			truncater
		}{limited, t}
	}
	return limited
}

func (d *disk) set(room int, failSync bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room, d.failSync = room, failSync
}

type diskFile struct {
	vfs.File
	disk *disk
}

func (f *diskFile) take(n int) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if n <= f.disk.room {
		f.disk.room -= n
		return n, nil
	}
	n, f.disk.room = f.disk.room, 0
	return n, &os.PathError{Op: "write", Path: "disk", Err: syscall.ENOSPC}
}

func (f *diskFile) WriteAt(b []byte, at int64) (int, error) {
	n, full := f.take(len(b))
	n, err := f.File.WriteAt(b[:n], at)
	if err == nil {
		err = full
	}
	return n, err
}

func (f *diskFile) Write(b []byte) (int, error) {
	n, full := f.take(len(b))
	n, err := f.File.Write(b[:n])
	if err == nil {
		err = full
	}
	return n, err
}

func (f *diskFile) Sync() error {
	f.disk.mu.Lock()
	fail := f.disk.failSync
	f.disk.mu.Unlock()
	if fail {
		return &os.PathError{Op: "sync", Path: "disk", Err: syscall.EIO}
	}
	return f.File.Sync()
}

// crasher calls crash before the step whose turn it is, once; steps are all
// calls that change what lies on the disk.
type crasher struct {
	vfs.FS
	mu    sync.Mutex
	steps int
	crash func()
}

func (c *crasher) step() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.steps == 0 {
		c.crash()
	}
	c.steps--
}

func (c *crasher) OpenReadWrite(name string, k vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	c.step()
	f, err := c.FS.OpenReadWrite(name, k, o...)
	return &crasherFile{f, c}, err
}

func (c *crasher) Create(name string, k vfs.DiskWriteCategory) (vfs.File, error) {
	c.step()
	f, err := c.FS.Create(name, k)
	return &crasherFile{f, c}, err
}

func (c *crasher) OpenDir(name string) (vfs.File, error) {
	f, err := c.FS.OpenDir(name)
	return &crasherFile{f, c}, err
}

func (c *crasher) Rename(from, to string) error {
	c.step()
	return c.FS.Rename(from, to)
}

func (c *crasher) Remove(name string) error {
	c.step()
	return c.FS.Remove(name)
}

type crasherFile struct {
	vfs.File
	c *crasher
}

func (f *crasherFile) WriteAt(b []byte, at int64) (int, error) {
	f.c.step()
	return f.File.WriteAt(b, at)
}

func (f *crasherFile) Write(b []byte) (int, error) {
	f.c.step()
	return f.File.Write(b)
}

func (f *crasherFile) Sync() error {
	f.c.step()
	return f.File.Sync()
}
