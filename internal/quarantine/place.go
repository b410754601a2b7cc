package quarantine

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/internal/durable"
)

// Place is where a record stands: the number of its segment and its line, from
// 1. It stays the record's own until something of the segment is removed.
type Place struct {
	Segment uint64
	Line    int
}

// String is the place as a person types it: 3:17.
func (p Place) String() string { return fmt.Sprintf("%d:%d", p.Segment, p.Line) }

// ParsePlace reads what String wrote.
func ParsePlace(text string) (p Place, err error) {
	segment, line, ok := strings.Cut(text, ":")
	if ok {
		p.Segment, err = strconv.ParseUint(segment, 10, 64)
	}
	if ok && err == nil {
		p.Line, err = strconv.Atoi(line)
	}
	if !ok || err != nil || p.Line < 1 {
		return Place{}, fmt.Errorf("%q is no place in the quarantine; want segment and line, such as 3:17", text)
	}
	return p, nil
}

// Walk is Read, with the place of each record.
func Walk(files vfs.FS, dir string, fn func(Place, Record) error) (damaged int, err error) {
	names, err := segments(files, dir)
	if err != nil {
		return 0, fmt.Errorf("quarantine %s: %w", dir, err)
	}
	for _, name := range names {
		n, err := readSegment(files, files.PathJoin(dir, name), func(line int, r Record) error {
			segment, _ := number(name)
			return fn(Place{segment, line}, r)
		})
		damaged += n
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return damaged, err
		}
	}
	return damaged, nil
}

// Remove takes the records at these places out, which are durable elsewhere by
// now: segments of which nothing is left are removed, others written anew
// beside themselves and exchanged. A crash at any point leaves the one or the
// other. Nobody may write the quarantine meanwhile.
func Remove(files vfs.FS, dir string, places []Place) error {
	gone := map[uint64]map[int]bool{}
	for _, p := range places {
		if gone[p.Segment] == nil {
			gone[p.Segment] = map[int]bool{}
		}
		gone[p.Segment][p.Line] = true
	}
	for segment, lines := range gone {
		name := files.PathJoin(dir, segmentName(segment))
		if err := removeLines(files, name, lines); err != nil {
			return fmt.Errorf("quarantine %s: %w", name, err)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return durable.SyncFolder(files, dir)
}

func removeLines(files vfs.FS, name string, lines map[int]bool) error {
	text, err := contents(files, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a person has dealt with it
	}
	if err != nil {
		return err
	}
	var rest []string
	for i, line := range strings.SplitAfter(string(text), "\n") {
		if line != "" && !lines[i+1] {
			rest = append(rest, line)
		}
	}
	if len(rest) == 0 {
		return files.Remove(name)
	}
	next := name + ".next" // no segment's name: one that is left behind is overwritten
	f, err := files.Create(next, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, strings.Join(rest, ""))
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return files.Rename(next, name)
}

// contents is a segment whole: it has little more than SegmentBytes.
func contents(files vfs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(f)
}
