package file

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/state"
)

// book is all files known to a source, in memory, and their records in the
// store, if there is one.
type book struct {
	mu     sync.Mutex
	all    map[string]*known // by key
	inodes map[inode]*known  // those attached
	former map[inode]*known  // and what was last known of others
	prints map[fingerprint][]*known
	sizes  map[int]int // how many fingerprints there are of each length

	store *state.Store
	space state.Space
	log   *slog.Logger
	lost  bool // a write failed, and was reported
}

func newBook(env plugin.Env) *book {
	return &book{all: map[string]*known{}, inodes: map[inode]*known{}, former: map[inode]*known{}, prints: map[fingerprint][]*known{}, sizes: map[int]int{},
		store: env.State, space: state.Source(env.Name), log: env.Log}
}

// load reads the records that the store holds. None of them is attached: what a
// path or an inode means now has to be found out.
func (b *book) load() error {
	if b.store == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	err := b.store.Scan(b.space, recordPrefix, func(key string, value []byte) error {
		k, err := decodeKnown(key, value)
		if err != nil {
			b.log.Error("a position cannot be read: its file is read again", "error", err)
			return nil
		}
		b.add(k)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the positions: %w", err)
	}
	return nil
}

// add puts a file into the book; the caller holds the lock, here and below.
func (b *book) add(k *known) {
	b.all[k.key] = k
	b.former[k.Inode] = k
	b.prints[k.Print] = append(b.prints[k.Print], k)
	b.sizes[k.Print.N]++
}

func (b *book) remove(k *known) {
	b.detach(k)
	delete(b.all, k.key)
	if b.former[k.Inode] == k {
		delete(b.former, k.Inode)
	}
	b.unprint(k)
}

func (b *book) unprint(k *known) {
	rest := b.prints[k.Print][:0]
	for _, other := range b.prints[k.Print] {
		if other != k {
			rest = append(rest, other)
		}
	}
	if b.prints[k.Print] = rest; len(rest) == 0 {
		delete(b.prints, k.Print)
	}
	if b.sizes[k.Print.N]--; b.sizes[k.Print.N] == 0 {
		delete(b.sizes, k.Print.N)
	}
}

// reprint gives a file that has grown a longer fingerprint. Its identity stays.
func (b *book) reprint(k *known, p fingerprint) {
	b.unprint(k)
	k.Print = p
	b.prints[p] = append(b.prints[p], k)
	b.sizes[p.N]++
}

// attach says that a file is the one with that inode.
func (b *book) attach(k *known, at inode) {
	b.detach(k)
	if other := b.inodes[at]; other != nil {
		b.detach(other)
	}
	k.Inode, k.attached, k.Gone = at, true, 0
	b.inodes[at], b.former[at] = k, k
}

// detach says that a file's content is no longer where it was.
func (b *book) detach(k *known) {
	if b.inodes[k.Inode] == k {
		delete(b.inodes, k.Inode)
	}
	k.attached = false
}

// like are the files whose content begins as head does, those with the longest
// fingerprints first.
func (b *book) like(head []byte) []*known {
	var found []*known
	h, done := sha256.New(), 0
	for n := 1; n <= len(head); n++ {
		if b.sizes[n] == 0 {
			continue
		}
		_, _ = h.Write(head[done:n])
		done = n
		found = append(found, b.prints[fingerprint{n, sum(h.Sum(nil)[:len(sum{})])}]...)
	}
	slices.Reverse(found)
	return found
}

// enter makes a record for a new file.
func (b *book) enter(r record) *known {
	k := &known{record: r}
	for n := 0; ; n++ {
		k.key = keyOf(r.ID, n)
		if b.all[k.key] == nil {
			break
		}
	}
	b.add(k)
	return k
}

// save writes a record, lazily: that the last writes are lost in a crash only
// costs reading again.
func (b *book) save(k *known) {
	if b.store == nil || b.all[k.key] != k {
		return
	}
	b.wrote(b.store.Put(b.space, k.key, k.encode()))
}

// keep makes durable what was written. It stands between the identity of a file
// that may grow and its first record: after a crash the file might begin with
// more than its fingerprint covers today, and all its records would get other ids.
func (b *book) keep() error {
	if b.store == nil {
		return nil
	}
	return b.store.Sync()
}

// forget drops the records of files that have been gone since before a time.
func (b *book) forget(before time.Time) {
	for key, k := range b.all {
		if k.Gone == 0 || k.status == open || time.Unix(k.Gone, 0).After(before) {
			continue
		}
		b.remove(k)
		if b.store != nil {
			b.wrote(b.store.Delete(b.space, key))
		}
	}
}

func (b *book) wrote(err error) {
	if err != nil && !b.lost {
		b.log.Error("positions are not kept: after a restart these files are read again", "error", err)
	}
	b.lost = err != nil
}
