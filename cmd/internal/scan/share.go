package scan

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/burstwatch/burstwatch/ingest/awskey"
	"github.com/burstwatch/burstwatch/ingest/file"
)

// share hands files to workers, so that each reads what it knows already: who
// calls what in one account comes again and again, and a worker keeps what it
// made of it. With files handed out in turn each worker meets every account, and
// two of them take a seventh more CPU than one. Safe for use by several
// goroutines.
type share struct {
	mu     sync.Mutex
	queues [][]int // of each worker: indexes of files, in the order of the times in their names
}

func newShare(files []file.Found, workers int) *share {
	sizes, accounts := map[string]int64{}, make([]string, len(files))
	for i, f := range files {
		accounts[i] = account(f.Path)
		sizes[accounts[i]] += max(1, f.Size)
	}
	owners, s := dealt(sizes, workers), &share{queues: make([][]int, max(1, workers))}
	for i := range files {
		owner := owners[accounts[i]]
		s.queues[owner] = append(s.queues[owner], i)
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
// there is none left. Whoever has none of its own helps who has most.
func (s *share) next(worker int) (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := &s.queues[worker]
	for i := range s.queues {
		if len(s.queues[worker]) == 0 && len(s.queues[i]) > len(*q) {
			q = &s.queues[i]
		}
	}
	if len(*q) == 0 {
		return 0, false
	}
	i := (*q)[0]
	*q = (*q)[1:]
	return i, true
}

// account is whose log a file is, by its name: the number of an account of AWS, or
// the folder.
func account(path string) string {
	if k := awskey.Parse(filepath.ToSlash(path)); k.Account != "" {
		return k.Account
	}
	return filepath.Dir(path)
}
