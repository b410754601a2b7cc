package file

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// due reports whether what was gathered belongs into a new file. The period is
// counted from 1970 UTC and compared with the file's last write, so that a
// restart does not begin it anew.
func (s *sink) due(o *output, now time.Time) bool {
	if o.size == 0 {
		return false
	}
	if most := int64(s.opts.RotateSize); most > 0 && o.size+int64(len(o.buf)) > most {
		return true
	}
	every := s.opts.RotateEvery
	return every > 0 && period(now, every) > period(o.last, every)
}

func period(t time.Time, every time.Duration) int64 { return t.Unix() / int64(every/time.Second) }

// rotate puts the file aside under a name with the time in it and begins a new
// one. Every step is durable before the next.
func (s *sink) rotate(o *output, now time.Time) error {
	if err := o.sync(); err != nil {
		return err
	}
	name, err := s.asideName(o.path, now)
	if err != nil {
		return err
	}
	lines := o.buf
	o.buf = nil
	delete(s.outputs, o.path)
	if err := o.file.Close(); err != nil {
		return fmt.Errorf("close %s: %w", o.path, err)
	}
	if err := s.env.FS.Rename(o.path, name); err != nil {
		return hint(fmt.Errorf("rename %s: %w", o.path, err))
	}
	if err := syncDir(s.env.FS, filepath.Dir(name)); err != nil {
		return err
	}
	fresh, err := s.open(o.path)
	if err != nil {
		return hint(err)
	}
	*o = *fresh
	o.buf, o.used = lines, now
	s.outputs[o.path] = o
	s.pack.add(name)
	return nil
}

const stamp = "20060102T150405Z"

// asideName is events-20261106T093705Z.ndjson for events.ndjson, with a number
// behind the time if that is taken.
func (s *sink) asideName(path string, now time.Time) (string, error) {
	ext := filepath.Ext(path)
	stem := strings.TrimSuffix(path, ext) + "-" + now.Format(stamp)
	for n := 1; ; n++ {
		name := stem + ext
		if n > 1 {
			name = stem + "-" + strconv.Itoa(n) + ext
		}
		taken := false
		for _, ending := range endings {
			_, err := s.env.FS.Stat(name + ending)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return "", fmt.Errorf("look for %s: %w", name, err)
			}
			taken = taken || err == nil
		}
		if !taken {
			return name, nil
		}
	}
}

// asidePattern matches the names that asideName gives to a path's files.
func asidePattern(path string) *regexp.Regexp {
	ext := filepath.Ext(path)
	stem := strings.TrimSuffix(filepath.Base(path), ext)
	return regexp.MustCompile(`^` + regexp.QuoteMeta(stem) + `-\d{8}T\d{6}Z(-\d+)?` + regexp.QuoteMeta(ext) + `$`)
}
