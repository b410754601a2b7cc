//go:build !unix

package file

import (
	"hash/fnv"
	"io/fs"
	"os"
)

// inode is what a file system calls a file. Where it does not say, the path has
// to do: a renamed file is then known by its content alone.
type inode struct{ Dev, Ino uint64 }

func inodeOf(path string, _ fs.FileInfo) inode {
	h := fnv.New64a()
	_, _ = h.Write([]byte(path))
	return inode{Ino: h.Sum64()}
}

func removed(fs.FileInfo) bool { return false }

func openFile(path string) (*os.File, error) { return os.Open(path) }
