package file

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"slices"
	"time"
)

// pending is an unknown file that is looked at later: it may not be complete,
// or it may be a copy.
type pending struct {
	size, modified int64
	since          time.Duration
	look           int // the last that saw it
}

// identify finds out whether an unknown file is one that was lost sight of, or
// a new one.
func (s *source) identify(f sight) {
	if c, waits := s.copies[f.inode]; waits { // also while it is not looked into
		c.look = s.looks
		s.copies[f.inode] = c
	}
	if f.info.Size() == 0 || s.stillDenied(f) || s.attachUnchanged(f) || s.tooOld(f) {
		return
	}
	if _, waits := s.unsettled[f.inode]; waits && !s.settled(f) {
		return
	}
	file, err := s.open(f.path)
	if err != nil {
		s.refuse(f, err)
		return
	}
	keep := false
	defer func() {
		if !keep {
			_ = file.Close()
		}
	}()
	info, err := file.Stat()
	if err != nil || inodeOf(f.path, info) != f.inode || !info.Mode().IsRegular() {
		return // it was replaced: the next look sees by what
	}
	// As it is now: a copy that was being made when it was seen may be whole, if
	// what it is a copy of is truncated.
	f.info = info
	l, err := lookAt(&s.decoder, file, f.info.Size())
	if err != nil {
		s.refuse(f, err)
		return
	}
	if l.form == whole && !s.settled(f) || l.open && s.options.Follow && s.env.Now().Sub(f.info.ModTime()) < s.options.lastLineWait() {
		return
	}
	delete(s.unsettled, f.inode)
	keep = s.recognise(f, l, file)
}

// settled reports whether a file has not changed for long enough.
func (s *source) settled(f sight) bool {
	now := pending{f.info.Size(), f.info.ModTime().UnixNano(), s.clock(), s.looks}
	if !s.options.Follow || s.options.Settle == 0 || s.env.Now().Sub(f.info.ModTime()) >= s.options.Settle {
		return true
	}
	p, ok := s.unsettled[f.inode]
	if ok && p.size == now.size && p.modified == now.modified {
		now.since = p.since
	}
	s.unsettled[f.inode] = now
	return s.clock()-now.since >= s.options.Settle
}

// attachUnchanged takes a file that is as the store has it, down to inode, name,
// size and time, without opening it.
func (s *source) attachUnchanged(f sight) bool {
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	k := s.book.former[f.inode]
	if k == nil || k.attached || k.reading != nil || k.Path != f.path || k.Size != f.info.Size() || k.Modified != f.info.ModTime().UnixNano() {
		return false
	}
	k.seen = s.looks
	wasGone := k.Gone != 0
	s.book.attach(k, f.inode)
	if wasGone {
		s.book.save(k)
	}
	return true
}

func (s *source) tooOld(f sight) bool {
	if s.options.IgnoreOlder == 0 || s.env.Now().Sub(f.info.ModTime()) <= s.options.IgnoreOlder {
		return false
	}
	s.report(Skipped{f.path, "not written to for longer than ignore_older", false})
	return true
}

// recognise finds the record that belongs to a file, or makes one. It reports
// whether it has kept the open file.
func (s *source) recognise(f sight, l look, file *os.File) (kept bool) {
	s.book.mu.Lock()
	candidates := s.book.like(l.head)
	s.book.mu.Unlock()
	slices.SortStableFunc(candidates, func(a, b *known) int { return cmp.Compare(closeness(b, f), closeness(a, f)) })
	twin := false // another begins as it does
	for _, k := range candidates {
		s.book.mu.Lock()
		attached, reading := k.attached, k.reading
		s.book.mu.Unlock()
		switch {
		case attached:
			if k.Inode == f.inode {
				return false
			}
			if s.mayBeCopy(k, f, l, file) {
				return false
			}
			twin = twin || k.Print.N < printSize
		case reading != nil && l.form == whole:
			reading.abandon(&s.decoder, file, f.info.Size())
			return false // what it is shows when its reader has let go
		case reading != nil && reading.closed():
			return false // how far it goes shows when what was read has settled
		case reading != nil:
			if reading.moveTo(file) {
				s.adopt(k, f, l)
				return true
			}
			twin = true
		case s.continues(k, f, l, file):
			s.adopt(k, f, l)
			return false
		default:
			twin = true
		}
	}
	// Truncated since it was looked at, it no longer continues what it was, and
	// would get another identity: the next look sees what it is now.
	if l.stands(file) {
		s.enter(f, l, file, twin)
	}
	return false
}

// closeness says how much besides its content speaks for a file being k.
func closeness(k *known, f sight) int {
	n := 0
	if k.Inode == f.inode {
		n += 2
	}
	if k.Path == f.path {
		n++
	}
	return n
}

// adopt says that the file is k.
func (s *source) adopt(k *known, f sight, l look) {
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	size := f.info.Size()
	switch {
	case k.Form == whole && l.form == whole && size != k.Size:
		k.Offset, k.Mark, k.Tail, k.Done = 0, nil, tail{}, false
	case k.Form == wide:
		k.Done = k.Done && size == k.Size
	case k.Form == lines && l.form == whole:
		k.Done = false
	}
	k.Rotated = k.Rotated || k.Path != f.path
	k.Form, k.Path, k.seen = l.form, f.path, s.looks
	k.Size, k.Modified = size, f.info.ModTime().UnixNano()
	s.book.attach(k, f.inode)
	delete(s.copies, f.inode)
	if k.reading == nil {
		k.status = resting
	}
	s.book.save(k)
}

// enter makes a record of a new file. twin says that another file begins as it
// does, or did before it was written anew.
func (s *source) enter(f sight, l look, file *os.File, twin bool) {
	p := fingerprintOf(l.head)
	id := p.identity()
	if twin && l.form != whole && s.options.Follow {
		// Their records will differ from here on, and so must their ids, even
		// where two lines are the same.
		h := sha256.New()
		_, _ = h.Write(id)
		_, _ = h.Write([]byte(f.path))
		_ = binary.Write(h, binary.LittleEndian, []uint64{f.inode.Dev, f.inode.Ino, uint64(f.info.ModTime().UnixNano())})
		id = h.Sum(nil)[:len(sum{})]
	}
	r := record{Path: f.path, ID: id, Print: p, Form: l.form, Inode: f.inode, Size: f.info.Size(), Modified: f.info.ModTime().UnixNano()}
	if s.options.Start == End && s.looks == 1 && s.fresh && l.form == lines {
		r.Offset = lastLine(file, r.Size)
	}
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	k := s.book.enter(r)
	k.seen = s.looks
	s.book.attach(k, f.inode)
	s.book.save(k)
	s.unkept = s.unkept || l.form != whole && (p.N < printSize || twin)
	delete(s.copies, f.inode)
}

// lastLine is where the last line of a file begins that has not ended, or size.
func lastLine(file *os.File, size int64) int64 {
	b := make([]byte, min(size, 64<<10))
	n, _ := file.ReadAt(b, size-int64(len(b)))
	for i := n; i > 0; i-- {
		if b[i-1] == '\n' {
			return size - int64(len(b)) + int64(i)
		}
	}
	return size
}
