package file

import "os"

// mayBeCopy reports whether a file may be a copy of another that is still there,
// made before that one is truncated, or compressed before it is removed. It is
// left alone until that has happened or some time has passed.
func (s *source) mayBeCopy(k *known, f sight, l look, file *os.File) bool {
	if !s.options.Follow || k.Form != lines {
		return false
	}
	if l.form == lines {
		other, err := s.open(k.Path)
		if err != nil {
			return false
		}
		defer other.Close() //nolint:errcheck // only read
		info, err := other.Stat()
		if err != nil {
			return false
		}
		differs := f.info.Size() > info.Size() || !sameBegin(file, other, f.info.Size(), info.Size())
		// Asked last: truncated since it was looked at, it differs from everything.
		// The next look knows more.
		if differs && s.has(k, other, info.Size()) {
			return false
		}
	}
	c, ok := s.copies[f.inode]
	if !ok {
		c.since = s.clock()
	}
	c.look = s.looks
	s.copies[f.inode] = c
	return s.clock()-c.since < copyWait
}

// has reports whether an open file of a size still has the content of k.
func (s *source) has(k *known, f *os.File, size int64) bool {
	head := make([]byte, printSize)
	n, _ := f.ReadAt(head, 0)
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	return size >= k.Size && k.Print.of(head[:n]) && k.Tail.stands(f)
}

// continues reports whether a file has the content of a known one that was lost
// sight of, as far as that has been read.
func (s *source) continues(k *known, f sight, l look, file *os.File) bool {
	size := f.info.Size()
	switch {
	case k.Form == lines && l.form == lines:
		return size >= max(k.Offset, k.Tail.At) && k.Tail.stands(file)
	case k.Form == lines && l.form == whole:
		return k.Offset == 0 || k.Tail.N > 0 && k.Tail.standsIn(&s.decoder, file, size)
	case k.Form == whole && l.form == whole:
		return true // if its size differs it is read again
	case k.Form == wide && l.form == wide:
		return size >= k.Size
	}
	return k.Done && k.Form == whole && l.form == lines && size == k.Offset
}
