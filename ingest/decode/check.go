package decode

import (
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// check looks at what the metadata say of sizes and places before anything is
// believed.
func (t *table) check() error {
	rows := int64(0)
	// A row of real logs takes bytes, not sixty-fourths of one: this bounds what
	// a small file can unfold to.
	most := t.size*64 + 1<<16
	for i := range t.meta.RowGroups {
		g := &t.meta.RowGroups[i]
		if rows += g.NumRows; g.NumRows < 0 || rows < 0 || rows > most {
			return t.damaged("%d rows or more in a file of %d bytes", g.NumRows, t.size)
		}
		if len(g.Columns) != len(t.columns) {
			return t.damaged("a row group has %d columns of %d", len(g.Columns), len(t.columns))
		}
		for j := range g.Columns {
			if err := t.checkChunk(t.columns[j], &g.Columns[j].MetaData, g.NumRows); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *table) checkChunk(c *column, m *format.ColumnMetaData, rows int64) error {
	start, size := chunkPlace(m)
	switch {
	case start < 4 || size < 0 || start > t.end || size > t.end-start:
		return t.damaged("the column %s is said to lie at byte %d, %d bytes long, in a file of %d", c.name, start, size, t.size)
	case m.NumValues != rows:
		return t.damaged("the column %s has %d values for %d rows", c.name, m.NumValues, rows)
	case m.Type != c.kind:
		return t.damaged("the column %s is of two types", c.name)
	case m.Codec != format.Uncompressed && m.Codec != format.Snappy && m.Codec != format.Gzip && m.Codec != format.Zstd:
		return &CorruptError{Reason: fmt.Sprintf("the column %s of the Parquet file is compressed with %v, which is not read: use Snappy, gzip or zstd", c.name, m.Codec)}
	}
	return nil
}

func chunkPlace(m *format.ColumnMetaData) (start, size int64) {
	start = m.DataPageOffset
	if d := m.DictionaryPageOffset; d > 0 && d < start {
		start = d
	}
	return start, m.TotalCompressedSize
}

// release gives the pages' memory back, no more of it than is worth keeping.
func (t *table) release() {
	p := &t.tools.parquet
	kept := 0
	for _, b := range p.spare {
		kept += cap(b)
	}
	for _, c := range t.columns {
		for _, b := range [][]byte{c.data, c.dictData} {
			if kept+cap(b) <= 8<<20 && cap(b) > 0 {
				kept += cap(b)
				p.spare = append(p.spare, b[:0])
			}
		}
	}
	if cap(p.scratch) > 2<<20 {
		p.scratch = nil
	}
}

// room returns memory of n bytes, b's own if it is enough.
func (t *table) room(b []byte, n int) ([]byte, error) {
	if n <= cap(b) {
		return b[:n], nil
	}
	p := &t.tools.parquet
	for i, s := range p.spare {
		if n <= cap(s) && t.memory+cap(s)-cap(b) <= maxPages {
			p.spare = append(p.spare[:i], p.spare[i+1:]...)
			t.memory += cap(s) - cap(b)
			return s[:n], nil
		}
	}
	if t.memory+n-cap(b) > maxPages {
		return nil, errTooLarge()
	}
	t.memory += n - cap(b)
	return make([]byte, n), nil
}

func errTooLarge() error {
	return &CorruptError{Reason: fmt.Sprintf("the Parquet file needs more than %d MiB of memory: write it with smaller pages", maxPages>>20)}
}
