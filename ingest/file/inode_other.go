//go:build !unix

package file

import (
	"hash/fnv"
	"io/fs"
	"os"
)

// inode is the number of a file, or what has to do instead where there is none:
// its name and time of making.
type inode struct{ Dev, Ino uint64 }

func inodeOf(info fs.FileInfo) inode {
	h := fnv.New64a()
	_, _ = h.Write([]byte(info.Name()))
	return inode{Ino: h.Sum64()}
}

func removed(fs.FileInfo) bool { return false }

func openFile(path string) (*os.File, error) { return os.Open(path) } //nolint:gosec // the file that the user names
