package file

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// output is one file being written. It is used by the sink's caller alone.
type output struct {
	fs   vfs.FS
	path string
	file vfs.File
	buf  []byte // lines gathered, not yet written
	// size is the length of the file, synced how much of it is durable, both
	// in bytes and always at the end of a line.
	size, synced int64
	// last is when the file was last written.
	last time.Time
	// used orders the outputs by their last use.
	used time.Time
}

// output is the open file of a path.
func (s *sink) output(path string, now time.Time) (*output, error) {
	o := s.outputs[path]
	if o != nil && len(o.buf) == 0 && !o.changed() && !o.ours() {
		s.env.Log.Warn("the file was renamed or changed by another program: opened anew", "path", path)
		_ = o.file.Close()
		delete(s.outputs, path)
		o = nil
	}
	if o == nil {
		if err := s.makeRoom(); err != nil {
			return nil, err
		}
		var err error
		if o, err = s.open(path); err != nil {
			return nil, hint(err)
		}
		s.outputs[path] = o
		s.pack.leftovers(path)
	}
	o.used = now
	return o, nil
}

// makeRoom closes the file that was not used for longest, if there are too many.
func (s *sink) makeRoom() error {
	if len(s.outputs) < maxOpen {
		return nil
	}
	var oldest *output
	for _, o := range s.outputs {
		if len(o.buf) == 0 && !o.changed() && (oldest == nil || o.used.Before(oldest.used)) {
			oldest = o
		}
	}
	if oldest == nil {
		return nil // all are in use by this very batch: they are closed later
	}
	delete(s.outputs, oldest.path)
	if err := oldest.file.Close(); err != nil {
		return fmt.Errorf("close %s: %w", oldest.path, err)
	}
	return nil
}

// open opens a file to append to, cutting off what is not acknowledged or not
// whole, and makes its folder entry durable.
func (s *sink) open(path string) (*output, error) {
	files := s.env.FS
	dir := files.PathDir(path)
	if err := makeDir(files, dir); err != nil {
		return nil, fmt.Errorf("make the folder of %s: %w", path, err)
	}
	_, err := files.Stat(path)
	fresh := errors.Is(err, fs.ErrNotExist)
	if !fresh {
		good, known := s.good[path]
		if !known {
			good = -1
		}
		if err := s.repair(path, good); err != nil {
			return nil, err
		}
	}
	f, err := files.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, named("open", path, err)
	}
	o := &output{fs: files, path: path, file: f}
	if err := o.begin(fresh); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	delete(s.good, path)
	return o, nil
}

// begin makes the folder entry durable: the file may come from a process that
// died before it could. What stands in it is synced with the first Write.
func (o *output) begin(fresh bool) error {
	if fresh {
		if err := restrict(o.file); err != nil {
			return err
		}
	}
	info, err := o.file.Stat()
	if err != nil {
		return err
	}
	o.size, o.synced, o.last = info.Size(), info.Size(), info.ModTime()
	return syncDir(o.fs, o.fs.PathDir(o.path))
}

// restrict keeps a new file from everybody but its owner and group: it holds
// all that the logs hold. File systems that know no owners are left alone.
func restrict(f vfs.File) error {
	if m, ok := f.(interface{ Chmod(mode fs.FileMode) error }); ok {
		return m.Chmod(0o640)
	}
	return nil
}

// ours reports whether the path still leads to what was written: logrotate and
// its like move files away or empty them.
func (o *output) ours() bool {
	info, err := o.fs.Stat(o.path)
	return err == nil && info.Size() == o.size
}

// gather takes a document as one line. A raw line end in a document can only
// stand between tokens, where a space means the same.
func (o *output) gather(doc []byte) {
	at := len(o.buf)
	o.buf = append(append(o.buf, doc...), '\n')
	for line := o.buf[at : len(o.buf)-1]; ; {
		i := bytes.IndexByte(line, '\n')
		if i < 0 {
			return
		}
		line[i] = ' '
		line = line[i+1:]
	}
}

// changed reports whether more stands in the file than is durable.
func (o *output) changed() bool { return o.size != o.synced }

// append writes what was gathered. On an error some of it may stand in the file.
func (o *output) append(now time.Time) error {
	n, err := o.file.WriteAt(o.buf, o.size)
	o.size += int64(n)
	o.buf, o.last = o.buf[:0], now
	if err != nil {
		o.size = max(o.size, o.synced+1) // whatever the error says, look at the file again
		return hint(named("write", o.path, err))
	}
	return nil
}

func (o *output) sync() error {
	if err := o.file.Sync(); err != nil {
		return hint(named("sync", o.path, err))
	}
	o.synced = o.size
	return nil
}

// discard closes the file and gives back at once what a failed Write took,
// where the file system can do that.
func (o *output) discard() error {
	var err error
	if t, ok := o.file.(truncater); ok {
		err = t.Truncate(o.synced)
	}
	return errors.Join(err, o.file.Close())
}

// truncater is what an *os.File can do and vfs.File does not ask for.
type truncater interface{ Truncate(size int64) error }

// makeDir makes a folder and syncs every folder above it: one that is not
// synced is lost in a crash with all that it holds, and whether an earlier
// process had synced it cannot be seen.
func makeDir(files vfs.FS, dir string) error {
	if err := files.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	for {
		parent := files.PathDir(dir)
		if parent == dir || parent == "" {
			return nil
		}
		// A folder that cannot be read is none that was made here.
		if err := syncDir(files, parent); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
		dir = parent
	}
}

func syncDir(files vfs.FS, dir string) error {
	d, err := files.OpenDir(dir)
	if err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}
