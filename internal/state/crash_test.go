package state_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/internal/state"
)

// What was synced survives a crash, whatever the file system kept of the rest;
// what was put lazily survives up to some point in time, and a batch whole or
// not at all.
func TestACrashLosesOnlyTheLastLazyWrites(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 0))
			files := vfs.NewCrashableMem()
			synced := -1
			for round := range 1 + rng.IntN(4) {
				s := open(t, files, "data/state")
				checkPrefix(t, s, synced)
				n := number(t, s)
				for i := n + 1; i <= n+rng.IntN(40); i++ {
					b := s.NewBatch() // both or none
					b.Put("left", "n", fmt.Append(nil, i))
					b.Put("right", "n", fmt.Append(nil, i))
					b.Put("all", fmt.Sprintf("%06d", i), make([]byte, rng.IntN(20_000)))
					sync := rng.IntN(5) == 0
					if err := b.Commit(sync); err != nil {
						t.Fatal(err)
					}
					if sync || rng.IntN(10) == 0 && s.Sync() == nil {
						synced = i
					}
				}
				crashed := files.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
				if err := s.Close(); err != nil {
					t.Fatal(round, err)
				}
				files = crashed
			}
			checkPrefix(t, open(t, files, "data/state"), synced)
		})
	}
}

func number(t *testing.T, s *state.Store) int {
	t.Helper()
	left, err := s.Get("left", "n")
	right, err2 := s.Get("right", "n")
	if err != nil || err2 != nil || !bytes.Equal(left, right) {
		t.Fatalf("half a batch is there: %s and %s (%v, %v)", left, right, err, err2)
	}
	n := 0
	fmt.Sscan(string(left), &n)
	return n
}

func checkPrefix(t *testing.T, s *state.Store, synced int) {
	t.Helper()
	n := number(t, s)
	if n < synced {
		t.Fatalf("%d was synced, but only %d are there", synced, n)
	}
	if got := len(scan(t, s, "all", "")); got != n {
		t.Fatalf("%d keys are there of %d batches", got, n)
	}
}

// fullDisk has room for some bytes.
type fullDisk struct {
	vfs.FS
	mu   sync.Mutex
	room int
}

type fullFile struct {
	vfs.File
	d *fullDisk
}

func (d *fullDisk) take(n int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n > d.room {
		return syscall.ENOSPC
	}
	d.room -= n
	return nil
}

func (d *fullDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	return fullFile{f, d}, err
}

func (d *fullDisk) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.ReuseForWrite(from, to, c)
	return fullFile{f, d}, err
}

func (f fullFile) Write(p []byte) (int, error) {
	if err := f.d.take(len(p)); err != nil {
		return 0, err
	}
	return f.File.Write(p)
}

func TestAFullDiskIsWaitedForNotDiedOf(t *testing.T) {
	disk := &fullDisk{FS: vfs.NewMem(), room: 1 << 20}
	var log safeBuffer
	s, err := state.Open(disk, "state", slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		for i := range 64 {
			b := s.NewBatch()
			b.Put("x", fmt.Sprint(i), make([]byte, 64<<10))
			if err := b.Commit(true); err != nil {
				done <- err
			}
		}
		done <- nil
	}()
	for !s.Full() {
		time.Sleep(time.Millisecond)
	}
	if err := s.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("closing while the disk is full: %v", err)
	}
	disk.mu.Lock()
	disk.room = 1 << 30
	disk.mu.Unlock()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := len(scan(t, s, "x", "")); got != 64 || s.Full() {
		t.Errorf("%d of 64 are there; still full: %t", got, s.Full())
	}
	if !strings.Contains(log.String(), "no space left for the state store") || !strings.Contains(log.String(), "there is room") {
		t.Errorf("the log does not say so: %s", log.String())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}
func (s *safeBuffer) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

// A damaged store says so and what to do, or is read as it was: it never ends
// the process, and never gives back what was not put.
func TestADamagedStoreIsExplained(t *testing.T) {
	made := t.TempDir()
	s := open(t, vfs.Default, made)
	for i := range 300 {
		if err := s.Put("x", fmt.Sprint(i), bytes.Repeat([]byte{byte(i)}, 100)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, vfs.Default, made) // flushed, with a new log behind it
	if err := s.Put("x", "last", nil); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	files, _ := os.ReadDir(made)
	explained := 0
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 0))
		dir := filepath.Join(t.TempDir(), "state")
		if err := os.CopyFS(dir, os.DirFS(made)); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, files[rng.IntN(len(files))].Name())
		damage(t, name, rng)
		if tryDamaged(t, dir) {
			explained++
		}
	}
	if explained == 0 {
		t.Error("no damage was found")
	}
}

func damage(t *testing.T, name string, rng *rand.Rand) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil || len(data) == 0 {
		return
	}
	switch at := rng.IntN(len(data)); rng.IntN(3) {
	case 0:
		data[at] ^= 1 << rng.IntN(8)
	case 1:
		data = data[:at]
	case 2:
		clear(data[at:])
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// tryDamaged reports whether the damage was named.
func tryDamaged(t *testing.T, dir string) bool {
	t.Helper()
	s, err := state.Open(vfs.Default, dir, slog.New(slog.DiscardHandler))
	if err != nil {
		if !strings.Contains(err.Error(), dir) {
			t.Errorf("the error does not name the folder: %v", err)
		}
		return strings.Contains(err.Error(), "move the folder away")
	}
	defer s.Close()
	err = s.Scan("x", "", func(key string, value []byte) error {
		n := 0
		fmt.Sscan(key, &n)
		if key != "last" && !bytes.Equal(value, bytes.Repeat([]byte{byte(n)}, 100)) {
			t.Errorf("%s has a value that was never put", key)
		}
		return nil
	})
	return err != nil
}
