package local

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A damaged store is refused and left as it is: what it still holds was
// acknowledged, and only a person can decide that it may be done without. The
// messages say how to go on.
var (
	errDamaged = errors.New("the file is damaged")
	errEmpty   = errors.New("the file is empty, which this program never leaves behind")
	errOrphan  = errors.New("the file is missing, but its -wal file, with events that are not elsewhere, is there")
	errForeign = errors.New("the file is a SQLite database, but no store of burstwatch")
	errNewer   = errors.New("the file was made by a newer burstwatch")
)

// explain says of an error what it means and what to do.
func explain(file string, err error) error {
	if err == nil {
		return nil
	}
	advice := ""
	switch code := codeOf(err); {
	case errors.Is(err, errForeign), errors.Is(err, errNewer):
		advice = "give the sink another path, or use the program that wrote it"
	case errors.Is(err, errDamaged), errors.Is(err, errEmpty), errors.Is(err, errOrphan), code == sqlite3.SQLITE_CORRUPT, code == sqlite3.SQLITE_NOTADB:
		advice = fmt.Sprintf("stop burstwatch, save %s with its -wal and -shm files, and try `sqlite3 %s .recover`; "+
			"moved elsewhere, the store begins empty, and what other sinks hold is not touched", file, file)
	case code == sqlite3.SQLITE_FULL:
		return fullDisk{fmt.Errorf("local store %s: %w (its disk is full: it goes on when there is room)", file, err)}
	case code == sqlite3.SQLITE_BUSY:
		advice = "another process keeps it locked"
	case code == sqlite3.SQLITE_READONLY, code == sqlite3.SQLITE_PERM, code == sqlite3.SQLITE_CANTOPEN, errors.Is(err, fs.ErrPermission):
		advice = "this user must be able to write the file and its folder"
	}
	if advice == "" {
		return fmt.Errorf("local store %s: %w", file, err)
	}
	return fmt.Errorf("local store %s: %w (%s)", file, err, advice)
}

// fullDisk is SQLite's error for a full disk, which the pipeline knows as the
// operating system's.
type fullDisk struct{ error }

// Is reports that it means the same as ENOSPC.
func (fullDisk) Is(target error) bool { return target == syscall.ENOSPC }

// Unwrap returns the error with its advice.
func (f fullDisk) Unwrap() error { return f.error }

// codeOf is SQLite's primary result code, 0 for errors of others.
func codeOf(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}
