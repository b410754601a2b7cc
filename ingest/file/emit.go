package file

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/burstwatch/burstwatch/ingest"
)

// emit opens a file and hands it on.
func (s *source) emit(ctx context.Context, out ingest.Emitter, k *known) {
	defer s.handed()
	o, r := s.object(ctx, k)
	if o == nil {
		return
	}
	s.opened(1)
	if err := out.Object(ctx, o); err != nil {
		s.ended(r, err)
		_ = r.Close()
	}
}

func (s *source) opened(n int) {
	s.mu.Lock()
	s.reading += n
	s.mu.Unlock()
	if n < 0 {
		poke(s.changed)
	}
}

// object opens a queued file. It is nil if the file is not there any more, or no
// longer what it was; the next look sees to it.
func (s *source) object(ctx context.Context, k *known) (*ingest.Object, *reading) {
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	k.status = resting
	if !k.attached {
		return nil, nil
	}
	f, err := s.open(k.Path)
	if err != nil {
		s.postpone(k, err)
		return nil, nil
	}
	r := &reading{src: s, k: k, ctx: ctx, follow: s.options.Follow && k.Form != whole, form: k.Form, expect: k.Print,
		wake: make(chan struct{}, 1), file: f, rotated: k.Rotated}
	if k.Form == lines && k.Offset > 0 {
		r.offset = k.Offset
		b := make([]byte, min(k.Offset, tailSize))
		n, _ := f.ReadAt(b, k.Offset-int64(len(b)))
		r.last = b[:n]
	}
	info, err := f.Stat()
	if err != nil || inodeOf(k.Path, info) != k.Inode || !k.as(f, info) {
		_ = f.Close()
		k.Modified = 0 // so that the next look looks into it
		return nil, nil
	}
	k.reading, k.status = r, open
	k.Size, k.Modified = info.Size(), info.ModTime().UnixNano()
	o := &ingest.Object{
		Origin: origin(k.Path, s.env.Name, bytes.Clone(k.ID)), Body: r, Size: -1,
		From: k.Offset, Mark: k.Mark,
		Progress: func(upto int64, mark []byte) { s.settledTo(r, upto, mark) },
		Settled:  func(err error) { s.ended(r, err) },
	}
	o.Origin.Dataset, o.Origin.Format = s.options.Dataset, s.options.Format
	o.Seeked = k.Form == lines && k.Offset > 0
	if !r.follow {
		o.Size = info.Size()
	}
	return o, r
}

// as reports whether an open file is still as the last look saw it. One of lines
// may have been truncated since, before anything was read of it.
func (k *known) as(f *os.File, info fs.FileInfo) bool {
	switch {
	case !info.Mode().IsRegular():
		return false
	case k.Form == lines:
		head := make([]byte, k.Print.N)
		n, _ := f.ReadAt(head, 0)
		return info.Size() >= k.Offset && k.Print.of(head[:n]) && k.Tail.stands(f)
	}
	return info.Size() == k.Size
}

// postpone leaves a file alone after a failure, longer each time.
func (s *source) postpone(k *known, err error) {
	const most = 5 * time.Minute
	k.failures = min(k.failures+1, 16)
	k.retry = s.clock() + min(s.options.PollInterval<<k.failures, most)
	s.env.Log.Error("a file could not be read: it is tried again", "path", k.Path, "error", err, "times", k.failures)
}

// settledTo takes a position that is durable.
func (s *source) settledTo(r *reading, upto int64, mark []byte) {
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	k := r.k
	k.Offset, k.Mark = upto, bytes.Clone(mark)
	if k.Form == lines {
		if t, ok := r.settledTail(upto); ok {
			k.Tail = t
		}
	}
	s.book.save(k)
}

// lengthen gives a file that has grown a longer fingerprint, so that it can be
// told from others that began as it did.
func (s *source) lengthen(r *reading) {
	k := r.k
	if k.Print.N == printSize {
		return
	}
	if head := r.head(); len(head) > k.Print.N && k.Print.of(head) {
		s.book.reprint(k, fingerprintOf(head))
		s.book.save(k)
	}
}

// ended takes an object back: err says why not all of it is durable.
func (s *source) ended(r *reading, err error) {
	s.book.mu.Lock()
	k := r.k
	if k.Form == lines {
		s.lengthen(r)
	}
	k.reading, k.status = nil, resting
	switch {
	case err == nil:
		k.failures, k.retry, k.Done = 0, 0, true
		switch at, lost := r.progress(); {
		case k.Form == lines && !lost:
			k.Offset = max(k.Offset, at)
		case k.Form == wide:
			k.Size = at
		}
	case !errors.Is(err, context.Canceled) && !errors.Is(err, errMoved):
		s.postpone(k, err)
	}
	s.book.save(k)
	s.book.mu.Unlock()
}
