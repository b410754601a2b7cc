package state

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// The store is small: two memtables, which begin with 256 KiB and grow where much
// is written, a cache of 2 MiB. Checkpoints are few; what rules keep is written
// without being read, and read in the order of its keys. A larger memtable is
// what many notes need: keys are spread evenly, so each flush is merged with all
// of the first level, and much is written anew or deleted before it comes to that.
// A larger cache does not help these. One command is held to 64 MiB at two
// workers, the service to 256.
const (
	memtableBytes      = 32 << 20
	memtableOfACommand = 8 << 20
	cacheBytes         = 2 << 20
	openFiles          = 64
	// version is Pebble's format. It is pinned: a newer library must not by
	// itself write what the release before cannot read.
	version = pebble.FormatValueSeparation
)

// Open opens the store in the folder dir, which is made if there is none. One
// process at a time may have it open. log gets the store's own messages; the
// ordinary ones at level debug.
func Open(files vfs.FS, dir string, log *slog.Logger) (*Store, error) {
	return open(files, dir, log, false)
}

// OpenTemporary opens a store in a new folder of the system's for temporary
// files. Nothing of it is synced, and Close removes it: it is memory that may
// exceed memory.
func OpenTemporary(log *slog.Logger) (*Store, error) {
	dir, err := os.MkdirTemp("", "burstwatch-state-*")
	if err != nil {
		return nil, fmt.Errorf("make a folder for temporary state: %w", err)
	}
	s, err := open(vfs.Default, dir, log, true)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// remove closes a temporary store.
func (s *Store) remove() error {
	err := s.db.Close()
	s.cache.Unref()
	return s.explain("close", errors.Join(err, os.RemoveAll(s.dir)))
}

func open(files vfs.FS, dir string, log *slog.Logger, temporary bool) (_ *Store, err error) {
	defer func() {
		// Pebble ends the process on some kinds of damage; while opening,
		// that is an answer to give, not a reason to end.
		if fatal, ok := recover().(fatal); ok {
			err = damaged(dir, errors.New(string(fatal)))
		}
	}()
	log = log.With("store", dir)
	s := &Store{dir: dir, log: log, temporary: temporary, room: newRoom(files, dir, log)}
	s.cache = pebble.NewCache(cacheBytes)
	s.db, err = pebble.Open(dir, s.options(files))
	if err != nil {
		s.cache.Unref()
		return nil, refused(dir, err)
	}
	return s, nil
}

func (s *Store) options(files vfs.FS) *pebble.Options {
	o := &pebble.Options{
		FS:                          vfs.OnDiskFull(files, s.room.wait),
		Cache:                       s.cache,
		MemTableSize:                memtableBytes,
		MemTableStopWritesThreshold: 2,
		MaxOpenFiles:                openFiles,
		FormatMajorVersion:          version,
		CompactionConcurrencyRange:  func() (int, int) { return 1, 1 },
		Logger:                      logger{s.log},
	}
	o.Merger = joiner()
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10) // most look-ups are for what is not there
	}
	if s.temporary {
		o.MemTableSize = memtableOfACommand
		// It lives for one command, so to order what is on disk anew would
		// cost more than it saves.
		o.DisableWAL = true
		o.DisableAutomaticCompactions = true
		o.L0StopWritesThreshold = math.MaxInt32
		for i := range o.Levels {
			o.Levels[i].Compression = func() *sstable.CompressionProfile { return sstable.NoCompression }
		}
	}
	o.EventListener = listener(s.log)
	o.EnsureDefaults()
	return o
}

// refused says why the store did not open and what to do about it.
func refused(dir string, err error) error {
	switch {
	case errors.Is(err, syscall.EAGAIN), strings.Contains(err.Error(), heldByUs):
		return fmt.Errorf("state store %s is %w: end it, or give this one a data_dir of its own (%w)", dir, ErrInUse, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("state store %s: this user may not read and write there: %w", dir, err)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("state store %s: no space left on its disk: make room and start again: %w", dir, err)
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("state store %s: its disk is mounted read-only: %w", dir, err)
	case pebble.IsCorruptionError(err):
		return damaged(dir, err)
	}
	return fmt.Errorf("open state store %s: %w", dir, err)
}

// ErrInUse is wrapped by the error of Open where another process has the store.
var ErrInUse = errors.New("in use by another process")

// InUse reports whether another process has the store in the folder dir open.
// The lock is the kernel's, or that of the server of a shared file system: it
// ends with the process that held it, however that ended.
func InUse(files vfs.FS, dir string) (bool, error) {
	lock, err := pebble.LockDirectory(dir, files)
	if err == nil {
		return false, lock.Close()
	}
	if err = refused(dir, err); errors.Is(err, ErrInUse) {
		return true, nil
	}
	return false, err
}

// heldByUs is the only sign that Pebble gives of a store opened twice in one process.
const heldByUs = "lock held by current process"

func damaged(dir string, err error) error {
	return fmt.Errorf("state store %s is damaged: restore it, or move the folder away and start again; "+
		"sources are then read from their beginning, and destinations that recognise a delivery id drop the repeats: %w", dir, err)
}
