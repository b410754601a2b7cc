package spool

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/internal/durable"
)

// Write appends records, each made by Record.Append and of at most MaxRecord
// bytes, and syncs them; since is when the first was handed over, in nanoseconds
// since 1970. After nil they survive a crash. On error none of them is in the
// queue, but after a crash some may be, and all are to be written again.
func (s *Spool) Write(records [][]byte, since int64) error {
	n := int64(0)
	for _, r := range records {
		n += int64(header + len(r))
	}
	g, err := s.room(n)
	if err != nil {
		return err
	}
	defer s.wrote()
	if g == nil {
		if g, err = s.begin(); err != nil {
			return fmt.Errorf("spool %s: %w", s.dir, err)
		}
	}
	disk, before := s.end(g)
	s.buf = s.buf[:0]
	for i, r := range records {
		s.buf = appendFrame(s.buf, g.number, disk+int64(len(s.buf)), before+uint32(i), r)
	}
	wrote, err := s.open.Write(s.buf)
	if err == nil {
		err = s.open.Sync()
	}
	if cap(s.buf) > 4<<20 { // one large record must not be remembered for ever
		s.buf = nil
	}
	s.account(g, int64(wrote), len(records), since, err)
	if err != nil {
		return fmt.Errorf("spool %s: %w", s.path(segmentName(g.number)), err)
	}
	return nil
}

// room returns the segment to be written, nil for a new one, if n more bytes
// may be. One write into an empty spool always fits.
func (s *Spool) room(n int64) (*segment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	used := int64(0)
	for _, g := range s.segments {
		used += g.disk
	}
	if used > 0 && used+n > s.most {
		return nil, fmt.Errorf("%w: %s holds %d bytes of at most %d; it goes on when the sink takes them", ErrFull, s.dir, used, s.most)
	}
	s.writing = true
	if s.open != nil {
		return s.segments[len(s.segments)-1], nil
	}
	return nil, nil
}

// end is how long a segment is, in bytes and records.
func (s *Spool) end(g *segment) (disk int64, records uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return g.disk, g.records
}

func (s *Spool) wrote() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = false
}

// begin makes the next segment, and sure that its name survives a crash.
func (s *Spool) begin() (*segment, error) {
	if err := durable.MakeFolder(s.files, s.dir); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.last++
	g := &segment{number: s.last}
	s.mu.Unlock()
	name := s.path(segmentName(g.number))
	f, err := s.files.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, err
	}
	if err := durable.SyncFolder(s.files, s.dir); err != nil {
		_ = f.Close()
		_ = s.files.Remove(name)
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open, s.segments = f, append(s.segments, g)
	return g, nil
}

// account counts what a write has brought. A segment whose write failed is left:
// what it ends with is not known.
func (s *Spool) account(g *segment, wrote int64, records int, since int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g.disk += wrote
	if err == nil {
		if g.first == 0 {
			g.first = since
		}
		g.size, g.records = g.disk, g.records+uint32(records)
	}
	if err != nil || g.disk >= s.segment {
		_ = s.open.Close() // it is synced, or given up
		s.open, g.closed = nil, true
	}
}
