//go:build unix

package file

import (
	"io/fs"
	"os"
	"syscall"
)

// inode is what a file system calls a file, so that a renamed one is known
// without reading it. It means nothing once the file is gone: numbers are used
// again.
type inode struct{ Dev, Ino uint64 }

func inodeOf(_ string, info fs.FileInfo) inode {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return inode{}
	}
	return inode{uint64(s.Dev), uint64(s.Ino)} //nolint:unconvert // as wide or narrower on every system
}

// removed reports whether an open file has no name any more.
func removed(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && s.Nlink == 0
}

// openFile opens for reading without waiting for anybody, which a pipe would.
func openFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}
