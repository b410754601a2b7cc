package quarantine

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Read calls fn for every record of the folder dir, oldest segment first.
// Lines that are none, as a crash leaves them at the end of a segment, are
// passed over and counted; they were never acknowledged. A folder that is not
// there is empty. An error of fn ends the reading and is returned.
func Read(files vfs.FS, dir string, fn func(Record) error) (damaged int, err error) {
	return Walk(files, dir, func(_ Place, r Record) error { return fn(r) })
}

func readSegment(files vfs.FS, name string, fn func(line int, r Record) error) (damaged int, err error) {
	f, err := files.Open(name)
	if err != nil {
		return 0, fmt.Errorf("quarantine: %w", err)
	}
	defer func() { _ = f.Close() }()
	in := bufio.NewReaderSize(f, 64<<10)
	for line := 1; ; line++ {
		text, err := in.ReadBytes('\n')
		whole := err == nil
		if err != nil && err != io.EOF {
			return damaged, fmt.Errorf("quarantine %s: %w", name, err)
		}
		r, broken := Parse(text)
		switch {
		case len(bytes.TrimSpace(text)) == 0:
		case !whole || broken != nil:
			damaged++
		default:
			if err := fn(line, r); err != nil {
				return damaged, err
			}
		}
		if !whole {
			return damaged, nil
		}
	}
}

// segments are the names of all segments in dir, oldest first.
func segments(files vfs.FS, dir string) ([]string, error) {
	names, err := files.List(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		_, ok := number(name)
		return !ok
	})
	slices.SortFunc(names, func(a, b string) int {
		m, _ := number(a)
		n, _ := number(b)
		return int(int64(m) - int64(n))
	})
	return names, nil
}
