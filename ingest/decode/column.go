package decode

import (
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// column reads one column of a table, a value at a time.
type column struct {
	table *table
	// name is the path of the column, a dot between two parts.
	name   string
	path   []string
	kind   format.Type
	length int // of a fixed-length value
	levels int // the definition level of a value that is there
	style  style

	// Of the column's chunk in a row group:
	codec  format.CompressionCodec
	offset int64
	left   int64 // bytes behind offset

	// Of the page:
	values   int // that are yet to be read
	data     []byte
	defined  hybrid
	decode   values
	dict     []byte // values of the dictionary, in plain encoding
	dictData []byte // its memory
	offsets  []uint32
	entries  int // in the dictionary
}

// begin goes to the column's chunk in a row group.
func (c *column) begin(m *format.ColumnMetaData) {
	c.codec, c.values, c.entries, c.dict = m.Codec, 0, -1, nil
	c.offset, c.left = chunkPlace(m)
}

// next reads the next value into v; false stands for null.
func (c *column) next(v *value) (bool, error) {
	for c.values == 0 {
		if err := c.page(); err != nil {
			return false, err
		}
	}
	c.values--
	if c.levels > 0 {
		level, err := c.defined.next()
		if err != nil {
			return false, c.damaged("%v", err)
		}
		if int(level) != c.levels {
			return false, nil
		}
	}
	if err := c.decode.next(c, v); err != nil {
		return false, c.damaged("%v", err)
	}
	return true, nil
}

func (c *column) damaged(format string, args ...any) error {
	return c.table.damaged("column %s: %s", c.name, fmt.Sprintf(format, args...))
}

// page reads the next page of values, and the dictionary before it.
func (c *column) page() error {
	if c.left <= 0 {
		return c.damaged("it ends before the rows do")
	}
	h, raw, err := c.rawPage()
	if err != nil {
		return err
	}
	switch h.Type {
	case format.DictionaryPage:
		return c.dictionaryPage(h, raw)
	case format.DataPage:
		return c.pageV1(h, raw)
	case format.DataPageV2:
		return c.pageV2(h, raw)
	}
	return nil // indexes hold no values
}

// fixedSize is the size of a value in plain encoding, 0 where it varies.
func (c *column) fixedSize() int {
	switch c.kind {
	case format.Int32, format.Float:
		return 4
	case format.Int64, format.Double:
		return 8
	case format.Int96:
		return 12
	case format.FixedLenByteArray:
		return c.length
	}
	return 0
}

// start begins to read n values, nulls included, from b.
func (c *column) start(n int, e format.Encoding, b []byte) error {
	c.values = n
	if err := c.decode.reset(c, e, b); err != nil {
		return c.damaged("%v", err)
	}
	return nil
}
