// Package durable makes folders whose names survive a crash: a file that was
// synced is lost all the same where the folder that names it was not.
//
// It imports nothing of ours. internal/quarantine and internal/spool call it.
package durable

import (
	"errors"
	"io/fs"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// MakeFolder makes dir and syncs every folder above it: whether an earlier
// process lived long enough to do so cannot be seen.
func MakeFolder(files vfs.FS, dir string) error {
	if err := files.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for parent := files.PathDir(dir); parent != dir && parent != ""; parent = files.PathDir(dir) {
		// A folder that this user may not read is none that was made here.
		if err := SyncFolder(files, parent); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
		dir = parent
	}
	return nil
}

// SyncFolder makes sure that the names in a folder survive a crash.
func SyncFolder(files vfs.FS, dir string) error {
	f, err := files.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
