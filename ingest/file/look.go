package file

import (
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// sight is a file as one look has seen it.
type sight struct {
	path  string
	info  fs.FileInfo
	inode inode
}

// look goes once over all paths: it notes what has become of the files that are
// known, finds out what the others are, and queues what there is to read.
func (s *source) look() {
	s.looks++
	var found []sight
	v := visit{
		file: func(p string, info fs.FileInfo) {
			if !s.excluded(p) {
				found = append(found, sight{p, info, inodeOf(p, info)})
			}
		},
		skip: func(k Skipped) {
			if !s.excluded(k.Path) {
				s.report(k)
			}
		},
	}
	for _, p := range s.options.Paths {
		if p != "-" && !v.walk(p) && !hasMeta(p) {
			s.report(Skipped{p, "not there", !s.options.Follow})
		}
	}
	for _, f := range s.update(inOrder(found, func(f sight) string { return f.path })) {
		s.identify(f)
	}
	s.enqueue()
	s.forget()
}

func (s *source) excluded(p string) bool {
	slashed := filepath.ToSlash(p)
	for _, pattern := range s.options.Exclude {
		of := slashed
		if !strings.Contains(pattern, "/") {
			of = filepath.Base(p)
		}
		if doublestar.MatchUnvalidated(filepath.ToSlash(pattern), of) {
			return true
		}
	}
	return false
}

// update compares what was seen with what is known and returns the files that
// are not: new ones, and those whose content is another now. Those that have an
// inode that was known come first, so that no copy is taken for them.
func (s *source) update(found []sight) []sight {
	s.book.mu.Lock()
	var former, unknown, again []sight
	seen := map[inode]bool{}
	for _, f := range found {
		if seen[f.inode] {
			continue // a link, or a path of two patterns
		}
		seen[f.inode] = true
		k := s.book.inodes[f.inode]
		switch {
		case k == nil && s.book.former[f.inode] == nil:
			unknown = append(unknown, f)
		case k == nil:
			former = append(former, f)
		case s.shrunk(k, f.info.Size()):
			s.book.detach(k)
			former = append(former, f)
		case s.refresh(k, f):
			again = append(again, f)
		}
	}
	for _, k := range s.book.all {
		if k.attached && !seen[k.Inode] {
			s.vanished(k)
		}
	}
	s.book.mu.Unlock()
	for _, f := range again {
		if !s.recheck(f) {
			former = append(former, f)
		}
	}
	return append(former, unknown...)
}

// shrunk reports whether a file is shorter than what was read of it, or has lost
// its content in another way that its reader has seen.
func (s *source) shrunk(k *known, size int64) bool {
	if k.reading != nil {
		offset, lost := k.reading.progress()
		return lost || size < offset
	}
	return k.Form == lines && size < max(k.Offset, k.Tail.At)
}

// refresh notes name and size of a known file and reports whether its content
// has to be looked at because it may be another.
func (s *source) refresh(k *known, f sight) bool {
	k.seen = s.looks
	if f.path != k.Path {
		k.Path, k.Rotated = f.path, true
		if k.reading != nil {
			k.reading.rotate()
		}
		s.book.save(k)
	}
	if k.reading != nil && k.Form == lines {
		s.lengthen(k.reading)
	}
	modified := f.info.ModTime().UnixNano()
	if k.status == open || f.info.Size() == k.Size && modified == k.Modified {
		return false
	}
	k.changed = s.clock()
	if k.status == settling {
		k.Size, k.Modified = f.info.Size(), modified
		return false
	}
	return true
}

// vanished notes that a file was not seen where it was. One that is being read is
// read to its end; another may turn up elsewhere.
func (s *source) vanished(k *known) {
	if k.reading == nil {
		s.book.detach(k)
		k.status = resting
		return
	}
	k.reading.rotate()
	if _, lost := k.reading.progress(); lost {
		s.book.detach(k) // a copy may be there
	}
}
