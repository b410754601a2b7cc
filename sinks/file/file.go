// Package file is the sink that keeps events and alerts as NDJSON: one ECS
// document a line, in files that are rotated by size and by period.
//
// Write returns nil only when the lines are synced, and so is the folder entry
// of a file that was made or renamed. A file cannot tell repeats; every
// document carries burstwatch.delivery_id, by which a reader can. What a crash
// or a full disk left of a batch that was not acknowledged is cut off before
// anything else is written, so no half line stands in the middle of a file.
//
// It knows documents only, goes through plugin.Env.FS, and imports internal/
// and the stage's door. The catalogue in cmd offers it.
package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"
	"time"

	"github.com/burstwatch/burstwatch/internal/durable"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/sinks"
)

// Options are the sink's keys.
type Options struct {
	Path        string        `yaml:"path" doc:"The file to append to. {dataset} is the event's dataset; %Y %m %d %H are the UTC time of writing."`
	RotateSize  plugin.Size   `yaml:"rotate_size" doc:"A file that would grow beyond this is renamed, with the time in its name; 0 is never."`
	RotateEvery time.Duration `yaml:"rotate_every" doc:"A new file for each such period of UTC, begun by its first event; 0 is never."`
	Compress    string        `yaml:"compress" doc:"Compress renamed files: none, gzip or zstd."`
}

// Defaults are the options that the configuration leaves out.
func Defaults() Options {
	return Options{RotateSize: 100e6, RotateEvery: 24 * time.Hour, Compress: "none"}
}

// Validate returns every fault at once.
func (o *Options) Validate() error {
	var faults []error
	if _, err := parsePath(o.Path); err != nil {
		faults = append(faults, plugin.FieldError{Key: "path", Reason: err.Error()})
	}
	if o.RotateSize != 0 && o.RotateSize < 64<<10 {
		faults = append(faults, plugin.FieldError{Key: "rotate_size", Reason: "want 0 (never) or at least 64KiB"})
	}
	if o.RotateEvery != 0 && o.RotateEvery < time.Minute {
		faults = append(faults, plugin.FieldError{Key: "rotate_every", Reason: "want 0 (never) or at least 1m"})
	}
	if _, ok := endings[o.Compress]; !ok {
		faults = append(faults, plugin.FieldError{Key: "compress", Reason: "want none, gzip or zstd"})
	}
	return errors.Join(faults...)
}

// Spec offers the sink.
func Spec() plugin.Spec[sinks.Sink] {
	spec := plugin.Define("file", "Keeps events and alerts as NDJSON files.", Defaults(), open)
	spec.Check = plugin.With("file", check)
	return spec
}

// check tries whether files can be made where they are to be.
func check(_ context.Context, _ plugin.Env, o Options) error {
	t, err := parsePath(o.Path)
	if err != nil {
		return plugin.FieldError{Key: "path", Reason: err.Error()}
	}
	return durable.Writable(t.folder())
}

const (
	// chunk is how much is gathered for a file before it is written.
	chunk = 1 << 20
	// maxUnsynced bounds what of a file is written but not synced, so that a
	// start after a crash knows how far back damage can reach.
	maxUnsynced = 8 << 20
	// maxOpen bounds the files open at once.
	maxOpen = 32
)

type sink struct {
	env     plugin.Env
	opts    Options
	path    pathTemplate
	lock    io.Closer
	pack    *packer
	outputs map[string]*output
	// good is the acknowledged length of files that a failed Write left with
	// more in them than that.
	good map[string]int64
}

func open(env plugin.Env, o Options) (sinks.Sink, error) {
	path, err := parsePath(o.Path)
	if err != nil {
		return nil, plugin.FieldError{Key: "path", Reason: err.Error()}
	}
	s := &sink{env: env, opts: o, path: path, outputs: map[string]*output{}, good: map[string]int64{}}
	if err := makeDir(env.FS, path.folder()); err != nil {
		return nil, fmt.Errorf("make the folder of %s: %w", o.Path, err)
	}
	if s.lock, err = env.FS.Lock(path.lockName()); err != nil {
		return nil, fmt.Errorf("lock %s (another process or sink may be writing to this path): %w", o.Path, err)
	}
	s.pack = startPacker(env, o.Compress)
	return s, nil
}

// Write appends the events and syncs. After an error nothing of them is kept,
// except in files that had been rotated in the middle of it.
func (s *sink) Write(ctx context.Context, events []*event.Event) error {
	var rejected []sinks.Rejected
	now := s.env.Now().UTC()
	err := s.write(ctx, events, now, &rejected)
	for _, o := range s.outputs {
		if err == nil && o.changed() {
			err = o.sync()
		}
	}
	if err != nil {
		s.undo()
		return err
	}
	if len(rejected) > 0 {
		return &sinks.PartialError{Reject: rejected}
	}
	return nil
}

func (s *sink) write(ctx context.Context, events []*event.Event, now time.Time, rejected *[]sinks.Rejected) error {
	for i, e := range events {
		if len(e.Doc) == 0 {
			*rejected = append(*rejected, sinks.Rejected{Index: i, Reason: "the event has no document"})
			continue
		}
		o, err := s.output(s.path.of(e.Doc, now), now)
		if err != nil {
			return err
		}
		o.gather(e.Doc)
		if len(o.buf) >= chunk {
			err = s.flush(ctx, o, now)
		}
		if err != nil {
			return err
		}
	}
	for _, o := range s.outputs {
		if err := s.flush(ctx, o, now); err != nil {
			return err
		}
	}
	return nil
}

// flush writes what was gathered for a file, into a new one if it is due.
func (s *sink) flush(ctx context.Context, o *output, now time.Time) error {
	if len(o.buf) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.due(o, now) {
		if err := s.rotate(o, now); err != nil {
			return err
		}
	}
	if err := o.append(now); err != nil {
		return err
	}
	if o.size-o.synced >= maxUnsynced {
		return o.sync()
	}
	return nil
}

// undo forgets what the failed Write left, on disk too as far as that is
// possible now. Files are opened anew afterwards: after a failed sync nothing
// that a handle says of its file can be believed.
func (s *sink) undo() {
	for path, o := range s.outputs {
		if !o.changed() {
			o.buf = o.buf[:0]
			continue
		}
		s.good[path] = o.synced
		if err := o.discard(); err != nil {
			s.env.Log.Debug("the failed batch is cut off at the next attempt", "path", path, "error", err)
		}
		delete(s.outputs, path)
	}
}

// Close lets go of the files; everything acknowledged was synced before. What
// is being compressed is left for the next start.
func (s *sink) Close(context.Context) error {
	s.pack.stop()
	var faults []error
	for path, o := range s.outputs {
		if err := o.file.Close(); err != nil {
			faults = append(faults, fmt.Errorf("close %s: %w", path, err))
		}
	}
	clear(s.outputs)
	return errors.Join(append(faults, s.lock.Close())...)
}

// hint adds to an error what a person can do about it.
func hint(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w (it is tried again until there is room)", err)
	}
	return err
}

// named says of an error what was being done to what, unless it says so itself.
func named(doing, path string, err error) error {
	var known *fs.PathError
	if errors.As(err, &known) && known.Path == path {
		return err
	}
	return fmt.Errorf("%s %s: %w", doing, path, err)
}
