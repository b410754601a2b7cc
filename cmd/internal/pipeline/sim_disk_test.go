package pipeline

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/internal/quarantine"
	"github.com/burstwatch/burstwatch/internal/spool"
)

// disk is the file system behind the quarantine and the spools. What was not synced is gone
// after a crash, or half there.
type disk struct {
	w    *world
	fs   *vfs.MemFS
	seen int // changes until now
	read int // changes when kept was read
	kept []quarantine.Record
	held map[string]map[string]string // by sink, what its spool holds: documents by id
	look int                          // changes when held was read
}

// simDisk is one process's view of it.
type simDisk struct {
	vfs.FS
	b *boundary
	d *disk
}

type simFile struct {
	vfs.File
	d    *simDisk
	name string
}

func (s *simDisk) do(what, name string, faults ...string) error {
	fate := s.b.park(context.Background(), what, name, faults...)
	if fate == "dead" {
		return errDead
	}
	s.d.seen++
	switch fate {
	case "full":
		return syscall.ENOSPC
	case "error":
		return syscall.EIO
	}
	return nil
}

func (s *simDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if err := s.do("create", name, "full"); err != nil {
		return nil, err
	}
	f, err := s.FS.Create(name, c)
	return &simFile{f, s, name}, err
}

func (s *simDisk) MkdirAll(name string, mode os.FileMode) error {
	if s.b.gone() {
		return errDead
	}
	return s.FS.MkdirAll(name, mode)
}

func (s *simDisk) Remove(name string) error {
	if err := s.do("remove", name, "error"); err != nil {
		return err
	}
	return s.FS.Remove(name)
}

// OpenReadWrite is how a spool's .ack is opened.
func (s *simDisk) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	if err := s.do("open", name, "full"); err != nil {
		return nil, err
	}
	f, err := s.FS.OpenReadWrite(name, c, o...)
	return &simFile{f, s, name}, err
}

// WriteAt writes all or, when the process dies, nothing: an .ack is one sector.
func (f *simFile) WriteAt(p []byte, at int64) (int, error) {
	if err := f.d.do("write at", f.name, "full", "error"); err != nil {
		return 0, err
	}
	return f.File.WriteAt(bytes.Clone(p), at)
}

func (s *simDisk) OpenDir(name string) (vfs.File, error) {
	f, err := s.FS.OpenDir(name)
	return &simFile{f, s, name}, err
}

// Write writes in two halves, between which the process can die.
func (f *simFile) Write(p []byte) (int, error) {
	if err := f.d.do("write", f.name, "full"); err != nil {
		return 0, err
	}
	n, _ := f.File.Write(bytes.Clone(p[:f.d.d.w.rng.IntN(len(p)+1)]))
	if err := f.d.do("write more", f.name, "full", "error"); err != nil {
		return n, err
	}
	m, err := f.File.Write(bytes.Clone(p[n:]))
	return n + m, err
}

func (f *simFile) Sync() error {
	if err := f.d.do("sync", f.name, "full", "error"); err != nil {
		return err
	}
	return f.File.Sync()
}

// after is what the disk holds after a crash: everything that was synced, and
// all or nothing of the rest. (What of it is a matter of chance in vfs.MemFS,
// and of the order of a map; half a write is made by Write.)
func (d *disk) after(everything bool) *vfs.MemFS {
	percent := 0
	if everything {
		percent = 100
	}
	return d.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rand.New(rand.NewPCG(1, 1))})
}

// crash loses what was not synced, or may have lost it. If only the process
// dies nothing is lost, and nothing synced that was not.
func (d *disk) crash() {
	if !d.w.chance(3) {
		d.fs = d.after(d.w.chance(2))
	}
	d.seen++
}

// durable is what the quarantine would hold after a crash now.
func (d *disk) durable() []quarantine.Record {
	if d.read == d.seen && d.kept != nil {
		return d.kept
	}
	d.kept = []quarantine.Record{}
	_, err := quarantine.Read(d.after(false), simQuarantine, func(r quarantine.Record) error {
		d.kept = append(d.kept, r)
		return nil
	})
	if err != nil {
		d.w.fail("quarantine cannot be read: %v", err)
	}
	d.read = d.seen
	return d.kept
}

const simQuarantine = "data/quarantine"

// covers reports whether the rejected pieces of an object, put together, hold
// its content from from to to.
func (d *disk) covers(o *simObject, from, to int64) bool {
	pieces := slices.Clone(d.durable())
	pieces = slices.DeleteFunc(pieces, func(r quarantine.Record) bool {
		return r.Sink != "" || string(r.Identity) != "id of "+o.name || len(r.Raw) == 0
	})
	slices.SortStableFunc(pieces, func(a, b quarantine.Record) int { return int(a.Offset - b.Offset) })
	for _, r := range pieces {
		end := r.Offset + int64(len(r.Raw))
		if want := hidden(o.content[r.Offset:end]); string(r.Raw) != want {
			d.w.fail("quarantine holds %q for %q of %s", r.Raw, want, o.name)
			return false
		}
		if r.Offset <= from && end > from {
			from = end
		}
	}
	return from >= to
}

// spooled is what a sink's spool would deliver of an event after a crash now.
func (d *disk) spooled(sink, id string) (doc string, ok bool) {
	if d.look != d.seen || d.held == nil {
		d.held, d.look = map[string]map[string]string{}, d.seen
	}
	if d.held[sink] == nil {
		d.held[sink] = d.readSpool(sink)
	}
	doc, ok = d.held[sink][id]
	return doc, ok
}

func (d *disk) readSpool(sink string) map[string]string {
	docs := map[string]string{}
	s, err := spool.Open(d.after(false), "data/spool/"+sink, 0)
	for err == nil {
		var c *spool.Chunk
		if c, err = s.Read(1000, 1<<20); c == nil {
			break
		}
		for _, r := range c.Records {
			docs[r.ID.String()] = string(r.Doc)
		}
		if len(c.Damaged) > 0 && c.Damaged[0].Records > 0 {
			d.w.fail("the spool of %s is damaged: %+v", sink, c.Damaged)
		}
	}
	if err != nil {
		d.w.fail("the spool of %s cannot be read: %v", sink, err)
	}
	_ = s.Close()
	return docs
}

// refused reports whether the quarantine holds the event for the sink.
func (d *disk) refused(sink, id string) bool {
	return slices.ContainsFunc(d.durable(), func(r quarantine.Record) bool { return r.Sink == sink && r.ID == id })
}

// simState is the store of checkpoints: what was put is durable once synced.
type simState struct{ b *boundary }

func (s *simState) Sync() error {
	type point struct {
		o *simObject
		p position
	}
	var points []point
	for _, src := range s.b.w.sources {
		for _, o := range src.objects {
			points = append(points, point{o, o.recent})
		}
	}
	switch s.b.park(context.Background(), "sync", "state", "error") {
	case "dead":
		return errDead
	case "error":
		return errors.New("the disk failed")
	}
	for _, p := range points {
		p.o.synced = p.p
	}
	return nil
}
