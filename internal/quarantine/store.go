package quarantine

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/internal/durable"
)

// ErrFull says that the quarantine has reached its size. Nothing was written;
// there is room again when segments have been removed.
var ErrFull = errors.New("the quarantine is full")

// SegmentBytes is the size at which a segment ends.
const SegmentBytes = 16 << 20

// Store is a quarantine being written. It is used by one goroutine at a time.
type Store struct {
	files vfs.FS
	dir   string
	max   int64
	size  int64 // of all segments, as far as known
	last  uint64
	open  vfs.File // the segment being written, nil if none is
	name  string
	wrote int64 // to open
	safe  bool  // some of open is synced
}

// Open prepares to write in the folder dir, of at most max bytes. The folder
// is made when there is something to keep.
func Open(files vfs.FS, dir string, max int64) (*Store, error) {
	s := &Store{files: files, dir: dir, max: max}
	if err := s.measure(); err != nil {
		return nil, err
	}
	return s, nil
}

// Size is what all segments take on disk, in bytes, as far as the Store knows:
// what others removed it sees when it is full.
func (s *Store) Size() int64 { return s.size }

// Write appends lines, made by Record.Append, and syncs them. On error none of
// them counts as kept, though some may be there, and all are to be written
// again; then the damaged segment is left behind and a new one begun.
func (s *Store) Write(lines []byte) error {
	if err := s.makeRoom(int64(len(lines))); err != nil {
		return err
	}
	if s.open == nil {
		if err := s.begin(); err != nil {
			return fmt.Errorf("quarantine %s: %w", s.dir, err)
		}
	}
	n, err := s.open.Write(lines)
	s.wrote, s.size = s.wrote+int64(n), s.size+int64(n)
	if err == nil {
		err = s.open.Sync()
	}
	if err != nil {
		s.leave()
		return fmt.Errorf("quarantine %s: %w", s.name, err)
	}
	s.safe = true
	if s.wrote >= SegmentBytes {
		_ = s.Close() // it is synced already
	}
	return nil
}

// Close ends the segment being written. Write begins another.
func (s *Store) Close() error {
	if s.open == nil {
		return nil
	}
	err := s.open.Close()
	s.open = nil
	if err != nil {
		return fmt.Errorf("quarantine %s: %w", s.name, err)
	}
	return nil
}

// makeRoom fails where n more bytes are too many. One write into an empty
// quarantine always fits.
func (s *Store) makeRoom(n int64) error {
	if s.size == 0 || s.size+n <= s.max {
		return nil
	}
	if err := s.measure(); err != nil {
		return err
	}
	if s.size == 0 || s.size+n <= s.max {
		return nil
	}
	return fmt.Errorf("%w: %s holds %d bytes of at most %d; remove segments that are dealt with", ErrFull, s.dir, s.size, s.max)
}

// begin makes the next segment, and sure that its name survives a crash.
func (s *Store) begin() error {
	if err := durable.MakeFolder(s.files, s.dir); err != nil {
		return err
	}
	s.name = s.files.PathJoin(s.dir, segmentName(s.last+1))
	f, err := s.files.Create(s.name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	s.last++
	s.open, s.wrote, s.safe = f, 0, false
	if err := durable.SyncFolder(s.files, s.dir); err != nil {
		s.leave()
		return err
	}
	return nil
}

// leave gives up a segment whose last write failed: what it ends with is not
// known. It is kept if any of it is synced.
func (s *Store) leave() {
	_ = s.open.Close()
	s.open = nil
	if !s.safe && s.files.Remove(s.name) == nil {
		s.size -= s.wrote
	}
}

// measure finds the segments, their size, and the last number in use.
func (s *Store) measure() error {
	names, err := segments(s.files, s.dir)
	if err != nil {
		return fmt.Errorf("quarantine %s: %w", s.dir, err)
	}
	s.size = 0
	for _, name := range names {
		if n, _ := number(name); n > s.last {
			s.last = n
		}
		info, err := s.files.Stat(s.files.PathJoin(s.dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return fmt.Errorf("quarantine %s: %w", s.dir, err)
		}
		s.size += info.Size()
	}
	return nil
}

func segmentName(n uint64) string { return fmt.Sprintf("quarantine-%08d.ndjson", n) }

// number is that of a segment's name.
func number(name string) (uint64, bool) {
	digits, ok := strings.CutPrefix(name, "quarantine-")
	digits, ok2 := strings.CutSuffix(digits, ".ndjson")
	n, err := strconv.ParseUint(digits, 10, 64)
	return n, ok && ok2 && err == nil
}
