package scan

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/burstwatch/burstwatch/ingest/file"
)

// share hands files to workers, so that each reads what it knows already: who
// calls what in one account comes again and again, and a worker keeps what it
// made of it. With files handed out in turn each worker meets every account, and
// two of them take a seventh more CPU than one. Safe for use by several
// goroutines.
type share struct {
	mu      sync.Mutex
	pending []handout // in the order of the times in their names
}

// handout is a file and the worker that reads its account.
type handout struct{ file, owner int }

// ahead is how many files a worker looks through for one of its own. It bounds
// how far files are read out of the order of their times, and a worker that runs
// out of its own helps the others.
const ahead = 64

func newShare(files []file.Found, workers int) *share {
	sizes, accounts := map[string]int64{}, make([]string, len(files))
	for i, f := range files {
		accounts[i] = account(f.Path)
		sizes[accounts[i]] += max(1, f.Size)
	}
	owners := dealt(sizes, workers)
	s := new(share)
	for i := range files {
		s.pending = append(s.pending, handout{file: i, owner: owners[accounts[i]]})
	}
	return s
}

// dealt gives each account to a worker: the largest first, each to who has the
// least so far.
func dealt(sizes map[string]int64, workers int) map[string]int {
	names := slices.SortedFunc(maps.Keys(sizes), func(a, b string) int {
		return cmp.Or(cmp.Compare(sizes[b], sizes[a]), strings.Compare(a, b))
	})
	owners, load := map[string]int{}, make([]int64, max(1, workers))
	for _, name := range names {
		least := slices.Index(load, slices.Min(load))
		owners[name] = least
		load[least] += sizes[name]
	}
	return owners
}

// next returns the index of the file that a worker reads now, and false when
// there is none left.
func (s *share) next(worker int) (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) == 0 {
		return 0, false
	}
	at := s.own(worker)
	h := s.pending[at]
	copy(s.pending[1:at+1], s.pending[:at])
	s.pending = s.pending[1:]
	return h.file, true
}

// own finds the worker's first among the next files. Where all are others' it is
// the first of theirs.
func (s *share) own(worker int) int {
	for at, h := range s.pending[:min(ahead, len(s.pending))] {
		if h.owner == worker {
			return at
		}
	}
	return 0
}

// account is the part of a path that ends with the number of an account, as in
// AWSLogs/111111111111/CloudTrail/us-east-1/2026/11/05/…, or the folder.
func account(path string) string {
	folder := filepath.Dir(path)
	for at := 0; at < len(folder); {
		name, _, _ := strings.Cut(folder[at:], string(filepath.Separator))
		if at += len(name); len(name) == 12 && strings.Trim(name, "0123456789") == "" {
			return folder[:at]
		}
		at++
	}
	return folder
}
