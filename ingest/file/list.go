package file

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Found is a file to be read.
type Found struct {
	// Path is as a person would type it; - is standard input.
	Path string
	// Size is its length in bytes as it lies there, -1 if it has none.
	Size int64
}

// Skipped is a file that is not read.
type Skipped struct {
	Path, Reason string
	// Failed is set where it should have been read and could not be.
	Failed bool
}

// List finds the files under paths, which are files, folders or - for standard
// input, in the order of the times in their names, those without one by path
// behind. What is plainly no log (hidden files, the studio file, rules) is
// skipped, unless it was named itself. It fails where a path is not there.
func List(paths []string) ([]Found, []Skipped, error) {
	var l listing
	var errs []error
	for _, p := range paths {
		if p == "-" {
			l.found = append(l.found, Found{Path: p, Size: -1})
			continue
		}
		info, err := os.Stat(p)
		switch {
		case err != nil:
			errs = append(errs, err)
		case info.IsDir():
			l.walk(p)
		default:
			l.add(p, info)
		}
	}
	slices.SortStableFunc(l.found, func(a, b Found) int {
		return cmp.Or(cmp.Compare(stamp(a.Path), stamp(b.Path)), cmp.Compare(a.Path, b.Path))
	})
	l.found = slices.CompactFunc(l.found, func(a, b Found) bool { return a.Path == b.Path })
	return l.found, l.skipped, errors.Join(errs...)
}

type listing struct {
	found   []Found
	skipped []Skipped
}

func (l *listing) skip(path, reason string, failed bool) {
	l.skipped = append(l.skipped, Skipped{Path: path, Reason: reason, Failed: failed})
}

// walk follows symbolic links to files, never to folders: those may lead in circles.
func (l *listing) walk(root string) {
	_ = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			l.skip(p, plain(err), true)
			return nil
		case p != root && strings.HasPrefix(d.Name(), "."):
			l.skip(p, "hidden", false)
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		info, err := os.Stat(p)
		switch {
		case err != nil:
			l.skip(p, plain(err), true)
		case info.IsDir():
			l.skip(p, "a link to a folder", false)
		case noLog(d.Name()):
			l.skip(p, "no log by its name", false)
		default:
			l.add(p, info)
		}
		return nil
	})
}

// add takes a file that was named or found. What is no regular file could block
// for ever when it is opened.
func (l *listing) add(p string, info fs.FileInfo) {
	if !info.Mode().IsRegular() {
		l.skip(p, fmt.Sprintf("not a regular file (%s)", kind(info.Mode())), false)
		return
	}
	l.found = append(l.found, Found{Path: p, Size: info.Size()})
}

func kind(m fs.FileMode) string {
	switch {
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return m.String()
}

// noLog knows what lies beside logs and is none.
func noLog(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yaml", ".yml", ".md", ".html", ".pdf", ".exe", ".png", ".jpg":
		return true
	}
	return false
}

// plain is the cause of an error without the path, which is said beside it.
func plain(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// stamp is the time in the name of a log file of AWS, as text that sorts:
// …_20261106T0940Z_…; names without one sort last.
func stamp(path string) string {
	name := path[strings.LastIndexByte(path, filepath.Separator)+1:]
	for i := 0; i+14 <= len(name); i++ {
		if name[i+8] == 'T' && name[i+13] == 'Z' && digits(name[i:i+8]) && digits(name[i+9:i+13]) {
			return name[i : i+14]
		}
	}
	return "~"
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
