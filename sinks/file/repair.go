package file

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// window is how far back from the end of a file damage is looked for: more than
// can be written and not synced, the largest record included.
const window = 4 * maxUnsynced

// repair cuts a file to what is good: to a length that this process knows to
// be acknowledged, or (good < 0) to its whole lines.
//
// It is not only the last line that can be damaged. A crash may keep any of the
// pages that were not synced, a later one without an earlier. So the lines near
// the end are read, and all is cut from the first that is no JSON: what was
// acknowledged stands before it.
func (s *sink) repair(path string, good int64) error {
	f, err := s.env.FS.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("look at %s: %w", path, err)
	}
	if good < 0 || good > info.Size() {
		end, missing, err := wholeLines(f, info.Size())
		if err != nil {
			return fmt.Errorf("read the end of %s: %w", path, err)
		}
		if missing {
			return s.endLine(f, path, end)
		}
		good = end
	}
	if good == info.Size() {
		return nil
	}
	s.env.Log.Warn("cut off what a crash or a failed write left unfinished", "path", path, "at", good, "bytes", info.Size()-good)
	return s.cut(f, path, good)
}

// endLine completes a last line that lacks only its end.
func (s *sink) endLine(f vfs.File, path string, end int64) error {
	if _, err := f.WriteAt([]byte{'\n'}, end); err != nil {
		return fmt.Errorf("end the last line of %s: %w", path, err)
	}
	return nil
}

// wholeLines finds where the whole lines of a file end. missing says that only
// the end of the last line is missing there.
func wholeLines(f io.ReaderAt, size int64) (end int64, missing bool, err error) {
	from := max(0, size-window)
	r := bufio.NewReaderSize(io.NewSectionReader(f, from, size-from), 64<<10)
	end = from
	var line []byte
	for first := true; ; first = false {
		line, err = readLine(r, line[:0])
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, false, err
		}
		text, ended := bytes.CutSuffix(line, []byte{'\n'})
		whole := len(bytes.TrimSpace(text)) == 0 && ended || jsonscan.Valid(text)
		switch {
		case len(line) == 0:
			return end, false, nil
		case first && from > 0 && ended: // begins before the window
		case !whole:
			return end, false, foreign(line, end, size)
		case !ended:
			return end + int64(len(line)), true, nil
		}
		end += int64(len(line))
	}
}

func readLine(r *bufio.Reader, line []byte) ([]byte, error) {
	for {
		piece, err := r.ReadSlice('\n')
		line = append(line, piece...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// foreign refuses to cut what this sink cannot have written. Its lines begin
// with a brace, or with zeros where a crash lost the page.
func foreign(line []byte, at, size int64) error {
	if (line[0] == '{' || line[0] == 0) && size-at < window {
		return nil
	}
	return fmt.Errorf("at byte %d stands something that is no event: the file was not written by this sink; give the sink another path, or move the file away", at)
}

// cut shortens a file. Where the file system cannot, what stays is copied and
// put in the file's place.
func (s *sink) cut(f vfs.File, path string, size int64) error {
	if t, ok := f.(truncater); ok {
		if err := errors.Join(t.Truncate(size), f.Sync()); err != nil {
			return fmt.Errorf("cut %s at %d: %w", path, size, err)
		}
		return nil
	}
	files, temp := s.env.FS, path+".repair"
	to, err := files.Create(temp, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("make %s: %w", temp, err)
	}
	_, err = io.Copy(to, io.NewSectionReader(f, 0, size))
	if err = errors.Join(err, restrict(to), to.Sync(), to.Close()); err != nil {
		return fmt.Errorf("copy %s: %w", path, errors.Join(err, files.Remove(temp)))
	}
	if err := files.Rename(temp, path); err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	return syncDir(files, files.PathDir(path))
}
