package spool

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// ErrFull says that the spool has reached its size. Nothing was written; there
// is room again when the sink has taken what is in it.
var ErrFull = errors.New("the spool is full")

// Segments end at a fraction of the spool's size, so that room becomes free
// while much of it still waits.
const (
	largestSegment  = 16 << 20
	smallestSegment = 4 << 10
)

// Spool is one queue. Write is called by one goroutine, Read and Settle by one,
// everything else by any.
type Spool struct {
	files   vfs.FS
	dir     string
	most    int64
	segment int64 // size at which one ends

	// Of the writer:
	open vfs.File // the segment being written, nil if none is
	buf  []byte

	reader reader

	mu       sync.Mutex
	segments []*segment // oldest first
	last     uint64     // number of the newest there was
	writing  bool
	faults   int64 // damaged stretches that were met
}

// Open reads what is left in the folder dir of earlier times. The folder is made
// when there is something to write. most is its size in bytes.
func Open(files vfs.FS, dir string, most int64) (*Spool, error) {
	s := &Spool{files: files, dir: dir, most: most, segment: min(largestSegment, max(most/8, smallestSegment))}
	s.reader.s = s
	numbers, orphans, err := list(files, dir)
	if err != nil {
		return nil, fmt.Errorf("spool %s: %w", dir, err)
	}
	for _, name := range orphans {
		_ = files.Remove(s.path(name)) // it says nothing any more
	}
	for _, n := range numbers {
		g, err := s.load(n)
		if err != nil {
			return nil, fmt.Errorf("spool %s: %w", s.path(segmentName(n)), err)
		}
		s.segments, s.last = append(s.segments, g), n
	}
	return s, nil
}

func (s *Spool) path(name string) string { return s.files.PathJoin(s.dir, name) }

// Stats is what there is to know of a spool.
type Stats struct {
	// Records wait, those handed out and not done with included; Bytes is what
	// the spool takes on disk.
	Records, Bytes int64
	// Oldest is when what waits longest was handed over; zero if nothing waits
	// or it is not known.
	Oldest time.Time
	// Damaged are the stretches that could not be read.
	Damaged int64
}

// Stats is a snapshot.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := Stats{Damaged: s.faults}
	for _, g := range s.segments {
		x.Bytes += g.disk
		if g.done() {
			continue
		}
		x.Records += int64(g.records) - int64(g.ackedTo)
		if x.Oldest.IsZero() && g.first != 0 {
			x.Oldest = time.Unix(0, g.first)
		}
	}
	return x
}

// Unread reports whether Read has something to hand out.
func (s *Spool) Unread() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.segments {
		if g.read < g.size {
			return true
		}
	}
	return false
}

// Empty reports whether everything is done with.
func (s *Spool) Empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.segments {
		if !g.done() {
			return false
		}
	}
	return true
}

// Close ends it: what waits is there for the next Open. Neither Write nor Read
// may be at work.
func (s *Spool) Close() error {
	s.reader.close()
	err := s.Settle()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open != nil {
		err = errors.Join(err, s.open.Close())
		s.open = nil
	}
	if len(s.segments) == 0 {
		return err
	}
	if err != nil {
		return fmt.Errorf("spool %s: %w", s.dir, err)
	}
	return nil
}
