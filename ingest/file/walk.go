package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Skipped is a file or folder that is not read.
type Skipped struct {
	// Path is as a person would type it, Reason why it is not read.
	Path, Reason string
	// Failed is set where it should have been read and could not be.
	Failed bool
}

// visit is what a walk calls.
type visit struct {
	file func(path string, info fs.FileInfo)
	skip func(Skipped)
}

// walk visits the files of path: a file, a folder with everything below it, or
// a pattern (doublestar's: ** any folders, * ? [] {}). It reports whether
// anything is there. Links to files are followed, links to folders only where
// the path names them: those may lead in circles.
func (v *visit) walk(path string) bool {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		v.folder(path)
		return true
	case err == nil:
		v.regular(path, info)
		return true
	case hasMeta(path):
		return v.pattern(path)
	case errors.Is(err, fs.ErrNotExist):
		return false
	}
	v.skip(Skipped{path, plain(err), true})
	return true
}

func hasMeta(path string) bool { return strings.ContainsAny(path, "*?[{") }

// folder visits everything below a folder but what is plainly no log.
func (v *visit) folder(root string) {
	_ = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			v.failed(p, err)
		case p != root && strings.HasPrefix(d.Name(), "."):
			v.skip(Skipped{p, "hidden", false})
			if d.IsDir() {
				return fs.SkipDir
			}
		case d.IsDir():
		case noLog(d.Name()):
			v.skip(Skipped{p, "no log by its name", false})
		default:
			v.entry(p, d)
		}
		return nil
	})
}

// pattern visits what a pattern matches. Folders in which nothing can match are
// not entered.
func (v *visit) pattern(pattern string) (any bool) {
	base, rest := doublestar.SplitPattern(filepath.ToSlash(pattern))
	depth := strings.Count(rest, "/")
	if strings.Contains(rest, "**") || strings.Contains(rest, "{") {
		depth = 1 << 20
	}
	root := filepath.FromSlash(base)
	_ = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		below, _ := filepath.Rel(root, p)
		below = filepath.ToSlash(below)
		switch {
		case err != nil:
			if p != root || !errors.Is(err, fs.ErrNotExist) {
				v.failed(p, err)
			}
		case d.IsDir():
			if p != root && strings.Count(below, "/") >= depth {
				return fs.SkipDir
			}
		case doublestar.MatchUnvalidated(rest, below):
			any = true
			v.entry(p, d)
		}
		return nil
	})
	return any
}

// entry visits what a folder holds.
func (v *visit) entry(p string, d fs.DirEntry) {
	info, err := d.Info()
	if err == nil && d.Type()&fs.ModeSymlink != 0 {
		info, err = os.Stat(p)
	}
	switch {
	case err != nil:
		v.failed(p, err)
	case info.IsDir():
		v.skip(Skipped{p, "a link to a folder", false})
	default:
		v.regular(p, info)
	}
}

// failed reports what could not be looked at; what has vanished meanwhile is no
// failure.
func (v *visit) failed(p string, err error) {
	if errors.Is(err, fs.ErrNotExist) {
		if _, gone := os.Lstat(p); gone != nil {
			return
		}
		v.skip(Skipped{p, "a link to nothing", false})
		return
	}
	v.skip(Skipped{p, plain(err), true})
}

// regular visits a file. What is no regular file could block for ever when it
// is opened.
func (v *visit) regular(p string, info fs.FileInfo) {
	if !info.Mode().IsRegular() {
		v.skip(Skipped{p, fmt.Sprintf("not a regular file but %s", kindOf(info.Mode())), false})
		return
	}
	v.file(p, info)
}

func kindOf(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
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
