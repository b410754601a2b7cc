package decode

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Parquet is read with the metadata decoder of parquet-go and values decoders
// of our own. Its page reader makes room for as many values as a run of six
// bytes says there are, several gigabytes, and panics over others; to check a
// page beforehand one has to read all of it. So values are read one by one
// where they lie: nothing is made as long as a file says, but pages, whose size
// is checked first.

// Limits of what a Parquet file may ask for.
const (
	// maxFooter is the largest footer.
	maxFooter = 4 << 20
	// maxPage is the largest page, compressed or not. Writers make pages of
	// 1 MiB, few make larger ones.
	maxPage = 16 << 20
	// maxPages is the memory for the pages of all columns together: rows need
	// one page of each, and its dictionary.
	maxPages = 48 << 20
	// maxValue and maxRow bound what a dictionary's entry, told once, makes of
	// each row; maxUnfold bounds it for the file, to what gzip could unfold to.
	maxValue  = 1 << 20
	maxRow    = 4 << 20
	maxUnfold = 1024
	// maxColumns is the largest number of columns.
	maxColumns = 1000
)

// parquetTools are what one Parquet file after the other is read with.
type parquetTools struct {
	scratch []byte   // a page as it lies in the file
	spare   [][]byte // memory of pages that are read
	line    []byte
	gzip    *gzip.Reader // of pages
}

// table is a Parquet file that is being read.
type table struct {
	*Stream
	at      io.ReaderAt
	end     int64 // where the footer begins
	meta    format.FileMetaData
	columns []*column
	flow    bool // it is a flow log, and read as one
	memory  int  // of all pages
	rows    int64
	written int64
}

// unparquet writes the rows as lines: of a flow log as text with a header, of
// any other table as JSON.
func (s *Stream) unparquet(w io.Writer) (err error) {
	t := &table{Stream: s}
	defer t.release()
	defer func() {
		if r := recover(); r != nil { // decoders of metadata do panic
			err = t.damaged("%v", r)
		}
	}()
	if err := t.open(); err != nil {
		return err
	}
	if t.flow {
		if _, err := w.Write(t.header()); err != nil {
			return err
		}
	}
	for i := range t.meta.RowGroups {
		if err := t.group(&t.meta.RowGroups[i], w); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) damaged(format string, args ...any) error {
	return &CorruptError{Reason: fmt.Sprintf("the Parquet file is damaged at row %d: ", t.rows) + fmt.Sprintf(format, args...)}
}

func (t *table) open() error {
	var ok bool
	if t.at, ok = t.src.body.(io.ReaderAt); !ok || t.size < 0 {
		return &CorruptError{Reason: "Parquet can only be read from a file, not from a stream: its metadata are at its end"}
	}
	if t.size < 12 {
		return t.damaged("%d bytes are too few for one", t.size)
	}
	footer, err := t.footer()
	if err != nil {
		return err
	}
	if n, err := measure(footer); err != nil {
		return t.damaged("%v", err)
	} else if err := thrift.Unmarshal(new(thrift.CompactProtocol), footer[:n], &t.meta); err != nil {
		return t.damaged("its metadata: %v", err)
	}
	if t.columns, err = columnsOf(t.meta.Schema); err != nil {
		return err
	}
	for _, c := range t.columns {
		c.table = t
	}
	t.flow = isFlowLog(t.columns)
	return t.check()
}

// footer reads the metadata's bytes from the end of the file.
func (t *table) footer() ([]byte, error) {
	var tail [8]byte
	if err := t.read(tail[:], t.size-8); err != nil {
		return nil, err
	}
	if string(tail[4:]) != "PAR1" {
		return nil, t.damaged("it does not end as one; it may be cut off")
	}
	size := int64(binary.LittleEndian.Uint32(tail[:]))
	if size > maxFooter || size > t.size-12 {
		return nil, t.damaged("its metadata are said to be of %d bytes, the file is of %d", size, t.size)
	}
	t.end = t.size - 8 - size
	b := make([]byte, size)
	return b, t.read(b, t.end)
}

// read fills b from an offset of the file. That the file is shorter than its
// size is damage, anything else a failure of the body.
func (t *table) read(b []byte, offset int64) error {
	n, err := t.at.ReadAt(b, offset)
	switch {
	case n == len(b):
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return t.damaged("it is cut off at byte %d", offset+int64(n))
	}
	t.src.err = err
	return err
}

// group writes the rows of one row group.
func (t *table) group(g *format.RowGroup, w io.Writer) error {
	for i, c := range t.columns {
		c.begin(&g.Columns[i].MetaData)
	}
	line := t.tools.parquet.line[:0]
	defer func() { t.tools.parquet.line = line[:0] }()
	for range g.NumRows {
		whole := len(line)
		var err error
		if line, err = t.row(line); err != nil {
			return errors.Join(t.write(w, line[:whole]), err)
		}
		t.rows++
		if len(line) > 16<<10 {
			if err := t.write(w, line); err != nil {
				return err
			}
			line = line[:0]
		}
	}
	return t.write(w, line)
}

func (t *table) write(w io.Writer, lines []byte) error {
	if t.written += int64(len(lines)); t.written > t.size*maxUnfold+maxPages {
		return t.damaged("it unfolds to more than %d times its size", maxUnfold)
	}
	_, err := w.Write(lines)
	return err
}
