package s3

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// A Parquet file is read from its end, and column by column. By ranges that were
// two requests for each page of each column; so it is downloaded as all others
// are, into a file that has no name.

// ReadAt reads at an offset. It may begin after not more than one chunk was read.
func (d *download) ReadAt(p []byte, offset int64) (int, error) {
	if d.table == nil {
		if err := d.save(); err != nil {
			return 0, err
		}
	}
	return d.table.ReadAt(p, offset)
}

// save writes the whole object to the file.
func (d *download) save() error {
	if d.before > 0 {
		return errors.New("a table was read as a stream before it was read at offsets")
	}
	if err := os.MkdirAll(d.folder, 0o700); err != nil {
		return fmt.Errorf("a place for the table: %w", err)
	}
	f, err := os.CreateTemp(d.folder, "table-*.parquet")
	if err != nil {
		return fmt.Errorf("a place for the table: %w", err)
	}
	d.table = f
	if err := os.Remove(f.Name()); err != nil {
		return fmt.Errorf("a place for the table: %w", err)
	}
	d.read = 0 // what was looked at to see that it is a table
	if _, err := io.Copy(f, onlyReader{d}); err != nil {
		return fmt.Errorf("keep the table while it is read: %w", err)
	}
	return nil
}

// onlyReader hides that a download can be read at offsets.
type onlyReader struct{ d *download }

// Read is the download's.
func (r onlyReader) Read(p []byte) (int, error) { return r.d.Read(p) }
