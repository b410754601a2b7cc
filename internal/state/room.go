package state

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	probeBytes = 8 << 20 // more than one flush or one log needs
	probePause = 2 * time.Second
)

// room stands between Pebble and a full disk. Pebble ends the process when its
// log cannot be written; waiting for room instead costs nothing, because what
// is not committed is not acknowledged.
type room struct {
	files  vfs.FS
	probe  string
	log    *slog.Logger
	full   atomic.Bool
	done   chan struct{}
	closed sync.Once
}

func newRoom(files vfs.FS, dir string, log *slog.Logger) *room {
	return &room{files: files, probe: files.PathJoin(dir, "room.probe"), log: log, done: make(chan struct{})}
}

func (r *room) stop() { r.closed.Do(func() { close(r.done) }) }

// wait returns when there is room again. Every other write waits behind it.
func (r *room) wait() {
	r.full.Store(true)
	defer r.full.Store(false)
	r.log.Error("no space left for the state store: nothing is acknowledged until there is room")
	for !r.test() {
		select {
		case <-r.done:
			return
		case <-time.After(probePause):
		}
	}
	r.log.Info("there is room for the state store again")
}

// test writes a file, because free blocks say nothing of quotas.
func (r *room) test() bool {
	defer func() { _ = r.files.Remove(r.probe) }()
	f, err := r.files.Create(r.probe, vfs.WriteCategoryUnspecified)
	if err != nil {
		return false
	}
	chunk := make([]byte, 64<<10)
	for n := 0; n < probeBytes && err == nil; n += len(chunk) {
		_, err = f.Write(chunk)
	}
	if err == nil {
		err = f.Sync()
	}
	return f.Close() == nil && err == nil
}
