package file

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
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

// List finds the files under paths, which are files, folders, patterns such as
// logs/**/*.gz, or - for standard input, in the order of the times in their
// names, those without one by path behind. What is plainly no log (hidden files,
// the studio file, rules) is skipped, unless it was named itself. It fails
// where a path is not there, with what was found all the same.
func List(paths []string) ([]Found, []Skipped, error) {
	var (
		found   []Found
		skipped []Skipped
		missing []error
	)
	seen := map[inode]string{}
	v := visit{
		file: func(p string, info fs.FileInfo) {
			id := inodeOf(p, info)
			switch first, again := seen[id]; {
			case !again:
				seen[id] = p
				found = append(found, Found{p, info.Size()})
			case first != p:
				skipped = append(skipped, Skipped{p, "the same file as " + first, false})
			}
		},
		skip: func(s Skipped) { skipped = append(skipped, s) },
	}
	for _, p := range paths {
		if p == "-" {
			found = append(found, Found{Path: p, Size: -1})
		} else if !v.walk(p) {
			missing = append(missing, absent(p))
		}
	}
	found = inOrder(found, func(f Found) string { return f.Path })
	return found, skipped, errors.Join(missing...)
}

func absent(path string) error {
	if hasMeta(path) {
		return fmt.Errorf("nothing matches %s", path)
	}
	return fmt.Errorf("%s: %w", path, fs.ErrNotExist)
}

// inOrder sorts by the times in names, then by path, and drops repeats.
func inOrder[T any](list []T, path func(T) string) []T {
	type keyed struct {
		stamp, path string
		item        T
	}
	keys := make([]keyed, len(list))
	for i, item := range list {
		keys[i] = keyed{stamp(path(item)), path(item), item}
	}
	slices.SortStableFunc(keys, func(a, b keyed) int {
		return cmp.Or(cmp.Compare(a.stamp, b.stamp), cmp.Compare(a.path, b.path))
	})
	list = list[:0]
	for i, k := range keys {
		if i == 0 || k.path != keys[i-1].path {
			list = append(list, k.item)
		}
	}
	return list
}

// noStamp sorts behind every stamp.
const noStamp = "~"

// stamp is the time in the name of a log file of AWS, as text that sorts:
// …_20261106T0940Z_….
func stamp(path string) string {
	name := path[strings.LastIndexByte(path, filepath.Separator)+1:]
	for i := 0; i+14 <= len(name); i++ {
		if name[i+8] == 'T' && name[i+13] == 'Z' && digits(name[i:i+8]) && digits(name[i+9:i+13]) {
			return name[i : i+14]
		}
	}
	return noStamp
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
