package file

// recheck looks into a known file that has changed: it reports whether its
// content is still the one that is known.
func (s *source) recheck(f sight) bool {
	file, err := s.open(f.path)
	if err != nil {
		s.refuse(f, err)
		return true // as far as anyone can tell
	}
	defer file.Close() //nolint:errcheck // only read
	l, err := lookAt(&s.decoder, file, f.info.Size())
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	k := s.book.inodes[f.inode]
	if k == nil {
		return false
	}
	if err != nil {
		s.book.log.Warn("a file cannot be looked at", "path", f.path, "error", err)
		return true
	}
	if !k.Print.of(l.head) || l.form != k.Form || k.Form == lines && !k.Tail.stands(file) {
		s.book.detach(k)
		k.status = resting
		return false
	}
	s.revise(k, l, f)
	return true
}

// revise takes over what has become of a file whose content is still the known
// one: it has grown, or was only touched.
func (s *source) revise(k *known, l look, f sight) {
	if grown := fingerprintOf(l.head); k.Form == lines && grown.N > k.Print.N {
		s.book.reprint(k, grown)
	}
	size := f.info.Size()
	if k.Form == whole && size != k.Size {
		// It was read too early. What was taken for its end may lie within a
		// record, so it is read from its begin: repeats have the same ids.
		k.Offset, k.Mark, k.Tail, k.Done, k.status = 0, nil, tail{}, false, settling
	}
	if k.Form == wide && size != k.Size {
		k.Done = false
	}
	k.Size, k.Modified = size, f.info.ModTime().UnixNano()
	s.book.save(k)
}
