package file

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/burstwatch/burstwatch/internal/plugin"
)

// endings are what compressed files are called, by the value of the option.
var endings = map[string]string{"none": "", "gzip": ".gz", "zstd": ".zst"}

// packer compresses files that were put aside, one after the other, beside the
// writing. A file that it could not finish stays as it was and is found again
// at the next start.
type packer struct {
	env    plugin.Env
	kind   string
	cancel context.CancelFunc
	wake   chan struct{}
	done   sync.WaitGroup

	mu     sync.Mutex
	queue  []string
	queued map[string]bool
}

// startPacker returns nil, which packs nothing, if files are not to be compressed.
func startPacker(env plugin.Env, kind string) *packer {
	if endings[kind] == "" {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &packer{env: env, kind: kind, cancel: cancel, wake: make(chan struct{}, 1), queued: map[string]bool{}}
	p.done.Go(func() { p.run(ctx) })
	return p
}

// stop ends the packing; a file in the works is left as it was.
func (p *packer) stop() {
	if p != nil {
		p.cancel()
		p.done.Wait()
	}
}

// add queues a file.
func (p *packer) add(name string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	if !p.queued[name] {
		p.queue, p.queued[name] = append(p.queue, name), true
	}
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// leftovers queues what earlier runs put aside for a path and did not finish.
func (p *packer) leftovers(path string) {
	if p == nil {
		return
	}
	dir := p.env.FS.PathDir(path)
	names, err := p.env.FS.List(dir)
	if err != nil {
		p.env.Log.Warn("cannot look for files to compress", "folder", dir, "error", err)
	}
	for pattern := asidePattern(path); len(names) > 0; names = names[1:] {
		if pattern.MatchString(names[0]) {
			p.add(p.env.FS.PathJoin(dir, names[0]))
		}
	}
}

func (p *packer) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		}
		for name := p.next(); name != "" && ctx.Err() == nil; name = p.next() {
			if err := p.pack(ctx, name); err != nil && ctx.Err() == nil {
				p.env.Log.Warn("a file stays uncompressed until the next start", "path", name, "error", err)
			}
		}
	}
}

func (p *packer) next() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		return ""
	}
	name := p.queue[0]
	p.queue = p.queue[1:]
	delete(p.queued, name)
	return name
}

// pack compresses one file. The original goes only when the compressed one and
// its folder entry are durable.
func (p *packer) pack(ctx context.Context, name string) error {
	files := p.env.FS
	final := name + endings[p.kind]
	temp := final + ".part"
	if err := p.copy(ctx, name, temp); err != nil {
		return errors.Join(err, files.Remove(temp))
	}
	if err := files.Rename(temp, final); err != nil {
		return fmt.Errorf("rename %s: %w", temp, err)
	}
	dir := files.PathDir(name)
	if err := syncDir(files, dir); err != nil {
		return err
	}
	if err := files.Remove(name); err != nil {
		return fmt.Errorf("remove %s, which %s replaces: %w", name, final, err)
	}
	return syncDir(files, dir)
}

func (p *packer) copy(ctx context.Context, name, temp string) (err error) {
	from, err := p.env.FS.Open(name, vfs.SequentialReadsOption)
	if err != nil {
		return fmt.Errorf("open %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := p.env.FS.Create(temp, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("make %s: %w", temp, err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if err := restrict(to); err != nil {
		return fmt.Errorf("make %s: %w", temp, err)
	}
	buffered := bufio.NewWriterSize(to, 64<<10)
	squeeze, err := p.writer(buffered)
	if err != nil {
		return err
	}
	if _, err := io.Copy(squeeze, until(ctx, from)); err != nil {
		return errors.Join(fmt.Errorf("compress %s: %w", name, err), squeeze.Close())
	}
	if err := errors.Join(squeeze.Close(), buffered.Flush(), to.Sync()); err != nil {
		return fmt.Errorf("write %s: %w", temp, err)
	}
	return nil
}

// writer is small in memory: nobody waits for it.
func (p *packer) writer(to io.Writer) (io.WriteCloser, error) {
	if p.kind == "gzip" {
		return gzip.NewWriter(to), nil
	}
	return zstd.NewWriter(to, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
}

// reader is a function as an io.Reader.
type reader func(b []byte) (int, error)

func (r reader) Read(b []byte) (int, error) { return r(b) }

// until reads from an open file until ctx ends.
func until(ctx context.Context, from io.Reader) reader {
	return func(b []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return from.Read(b)
	}
}
