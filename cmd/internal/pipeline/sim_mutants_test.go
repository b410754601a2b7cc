package pipeline

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/window"
	"github.com/burstwatch/burstwatch/sinks"
)

// TestSimulationCatches: a simulation that cannot fail shows nothing. Each
// mutant breaks one promise, as a bug of ours would, and is caught by some seed.
func TestSimulationCatches(t *testing.T) {
	const seeds = 400
	for name, m := range map[string]mutant{
		"a sink that says durable before it is":        {sink: func(s sinks.Sink) sinks.Sink { return &hasty{Sink: s} }},
		"a sink whose retries are dropped":             {sink: func(s sinks.Sink) sinks.Sink { return careless{s} }},
		"a sink whose failures are taken for success":  {sink: func(s sinks.Sink) sinks.Sink { return deaf{s} }},
		"a sink that keeps events after Write":         {sink: func(s sinks.Sink) sinks.Sink { return &keeping{Sink: s} }},
		"a quarantine whose files are not synced":      {disk: func(fs vfs.FS) vfs.FS { return lazy{FS: fs, of: "quarantine", files: true} }},
		"a quarantine whose folder is not synced":      {disk: func(fs vfs.FS) vfs.FS { return lazy{FS: fs, of: "quarantine", folders: true} }},
		"a spool that acknowledges before it syncs":    {disk: func(fs vfs.FS) vfs.FS { return lazy{FS: fs, of: "spool", files: true} }},
		"a spool whose folder is not synced":           {disk: func(fs vfs.FS) vfs.FS { return lazy{FS: fs, of: "spool", folders: true} }},
		"a spool that deletes what it has handed out":  {disk: func(fs vfs.FS) vfs.FS { return rash{FS: fs} }},
		"a spool that notes more than the sink has":    {disk: func(fs vfs.FS) vfs.FS { return boastful{FS: fs} }},
		"rules that forget what they have committed":   {cases: func(c Cases) Cases { return forgetful{c} }},
		"a position that moves when read, not told":    {read: readAhead},
		"a delivery id that differs from read to read": {emit: renamed},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := uint64(1); seed <= seeds; seed++ {
				if _, err := play(t, seed, m, nil); err != nil {
					t.Logf("caught by seed %d: %v", seed, err)
					return
				}
			}
			t.Errorf("not caught by %d seeds", seeds)
		})
	}
}

// hasty answers first and writes later.
type hasty struct {
	sinks.Sink
	later []*event.Event
}

func (s *hasty) Write(ctx context.Context, events []*event.Event) error {
	now := s.later
	s.later = nil
	for _, e := range events {
		c := *e
		c.Doc = slices.Clone(e.Doc)
		s.later = append(s.later, &c)
	}
	if len(now) > 0 {
		_ = s.Sink.Write(ctx, now)
	}
	return nil
}

type careless struct{ sinks.Sink }

func (s careless) Write(ctx context.Context, events []*event.Event) error {
	err := s.Sink.Write(ctx, events)
	var part *sinks.PartialError
	if errors.As(err, &part) && len(part.Reject) == 0 {
		return nil
	}
	if errors.As(err, &part) {
		part.Retry = nil
	}
	return err
}

type deaf struct{ sinks.Sink }

func (s deaf) Write(ctx context.Context, events []*event.Event) error {
	err := s.Sink.Write(ctx, events)
	var part *sinks.PartialError
	if errors.As(err, &part) {
		return err
	}
	return nil
}

// keeping sends what it was given a second time, when it is no longer its own.
type keeping struct {
	sinks.Sink
	kept []*event.Event
}

func (s *keeping) Write(ctx context.Context, events []*event.Event) error {
	if again := s.kept; len(again) > 0 {
		s.kept = nil
		_ = s.Sink.Write(ctx, again)
	}
	err := s.Sink.Write(ctx, events)
	if err == nil {
		for _, e := range events {
			s.kept = append(s.kept, &event.Event{DeliveryID: e.DeliveryID, Doc: e.Doc, Record: e.Record})
		}
	}
	return err
}

// lazy says synced and does not, below the folder of.
type lazy struct {
	vfs.FS
	of             string
	files, folders bool
}

type unsynced struct{ vfs.File }

func (unsynced) Sync() error { return nil }

func (l lazy) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.Create(name, c)
	if l.files && err == nil && strings.Contains(name, l.of) {
		f = unsynced{f}
	}
	return f, err
}

func (l lazy) OpenDir(name string) (vfs.File, error) {
	f, err := l.FS.OpenDir(name)
	if l.folders && err == nil && strings.Contains(name, l.of) {
		f = unsynced{f}
	}
	return f, err
}

// rash removes a segment of a spool as soon as it is read.
type rash struct{ vfs.FS }

func (r rash) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := r.FS.Open(name, o...)
	if err == nil && strings.HasSuffix(name, ".seg") {
		_ = r.Remove(name)
	}
	return f, err
}

// boastful says of a segment that is read in part that all of it is done with.
type boastful struct{ vfs.FS }

type boastfulFile struct{ vfs.File }

func (a boastful) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := a.FS.OpenReadWrite(name, c, o...)
	return boastfulFile{f}, err
}

func (f boastfulFile) WriteAt(_ []byte, at int64) (int, error) {
	p := binary.LittleEndian.AppendUint64(nil, 1<<40)
	p = binary.LittleEndian.AppendUint32(p, 1)
	p = binary.LittleEndian.AppendUint32(p, crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli)))
	return f.File.WriteAt(p, at)
}

// forgetful says committed and keeps nothing.
type forgetful struct{ Cases }

func (forgetful) Commit([]Found, []window.Frontier) error { return nil }

func readAhead(e *emission) {
	if o := e.object; !e.source.at.queue && int64(e.at) > o.recent.upto {
		o.recent = position{upto: int64(e.at)}
	}
}

func renamed(e *emission, o *ingest.Object) {
	o.Origin.Identity = fmt.Append(nil, "id of ", e.name)
}
