package spool

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/internal/durable"
)

// Settle makes durable what Done has said: it removes segments of which
// everything is done with, and notes how far the others are. An error costs
// repeats at worst, after a restart.
func (s *Spool) Settle() error {
	gone, notes := s.due()
	var errs error
	for _, g := range gone {
		if s.reader.g == g {
			s.reader.close() // or its room would not be free
		}
		if err := s.files.Remove(s.path(segmentName(g.number))); err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		if g.noted > 0 {
			_ = s.files.Remove(s.path(ackName(g.number))) // without its segment it says nothing
		}
		s.forget(g)
	}
	if len(gone) > 0 { // or a crash of the machine would bring them back
		errs = errors.Join(errs, durable.SyncFolder(s.files, s.dir))
	}
	for _, n := range notes {
		if err := s.note(n); err != nil {
			errs = errors.Join(errs, err)
		}
	}
	if errs != nil {
		return fmt.Errorf("spool %s: %w", s.dir, errs)
	}
	return nil
}

type note struct {
	g       *segment
	upto    int64
	records uint32
}

// due is what is to be removed and to be noted. When all is done with, and
// nobody writes, the newest segment goes too.
func (s *Spool) due() (gone []*segment, notes []note) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.segments {
		switch {
		case g.done() && !g.closed && !s.writing:
			_ = s.open.Close()
			s.open, g.closed = nil, true
			gone = append(gone, g)
		case g.done() && g.closed:
			gone = append(gone, g)
		case g.acked > g.noted:
			notes = append(notes, note{g, g.acked, g.ackedTo})
		}
	}
	return gone, notes
}

// note writes how far a segment is done with, and syncs it: once for each write
// of the sink, and a crash costs no more repeats than that one.
func (s *Spool) note(n note) error {
	f, err := s.files.OpenReadWrite(s.path(ackName(n.g.number)), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(appendAck(nil, n.upto, n.records), int64(n.g.place*ackSize))
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil && n.g.noted == 0 {
		err = durable.SyncFolder(s.files, s.dir) // it is new
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		n.g.noted, n.g.place = n.upto, 1-n.g.place
	}
	return err
}

func (s *Spool) forget(g *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.segments {
		if s.segments[i] == g {
			s.segments = append(s.segments[:i:i], s.segments[i+1:]...)
			return
		}
	}
}
