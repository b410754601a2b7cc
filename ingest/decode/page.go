package decode

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"math/bits"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// firstRead is how much of a page is read at once: a header and many a page.
const firstRead = 16 << 10

// rawPage reads the header of the page at offset, and the page as it lies there.
func (c *column) rawPage() (*format.PageHeader, []byte, error) {
	p := &c.table.tools.parquet
	var b []byte
	n, err := 0, errShort
	for size := min(c.left, firstRead); errors.Is(err, errShort); size = min(c.left, 8*size) {
		if int64(len(b)) == size || size > maxFooter {
			return nil, nil, c.damaged("its page has no header")
		}
		b = scratch(p, int(size))
		if err := c.table.read(b, c.offset); err != nil {
			return nil, nil, err
		}
		n, err = measure(b)
	}
	if err != nil {
		return nil, nil, c.damaged("%v", err)
	}
	h := new(format.PageHeader)
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), b[:n], h); err != nil {
		return nil, nil, c.damaged("the header of a page: %v", err)
	}
	size := int64(h.CompressedPageSize)
	if size < 0 || size > c.left-int64(n) || size > maxPage || h.UncompressedPageSize < 0 || h.UncompressedPageSize > maxPage {
		return nil, nil, c.damaged("a page of %d bytes, unpacked %d, where %d are left and %d are allowed", size, h.UncompressedPageSize, c.left, maxPage)
	}
	if rest := int64(n) + size; rest > int64(len(b)) {
		b = scratch(p, int(rest))
		if err := c.table.read(b, c.offset); err != nil {
			return nil, nil, err
		}
	}
	raw := b[n : int64(n)+size]
	if h.CRC != 0 && uint32(h.CRC) != crc32.ChecksumIEEE(raw) {
		return nil, nil, c.damaged("a page does not match its checksum")
	}
	c.offset += int64(n) + size
	c.left -= int64(n) + size
	return h, raw, nil
}

func scratch(p *parquetTools, n int) []byte {
	if cap(p.scratch) < n {
		p.scratch = make([]byte, max(n, firstRead))
	}
	return p.scratch[:n]
}

// unpack fills dst with what raw is compressed from.
func (c *column) unpack(dst, raw []byte) error {
	t := c.table.tools
	switch c.codec {
	case format.Uncompressed:
		if copy(dst, raw) != len(dst) || len(raw) != len(dst) {
			return c.damaged("a page of %d bytes is said to have %d", len(raw), len(dst))
		}
		return nil
	case format.Snappy:
		if n, err := snappy.DecodedLen(raw); err != nil || n != len(dst) {
			return c.damaged("a page is said to unpack to %d and to %d bytes", len(dst), n)
		}
		if _, err := snappy.Decode(dst, raw); err != nil {
			return c.damaged("%v", err)
		}
		return nil
	case format.Gzip:
		if t.parquet.gzip == nil {
			t.parquet.gzip = new(gzip.Reader)
		}
		if err := t.parquet.gzip.Reset(bytes.NewReader(raw)); err != nil {
			return c.damaged("%v", err)
		}
		return c.exactly(dst, t.parquet.gzip)
	}
	if err := t.needZstd(); err != nil {
		return err
	}
	defer t.zstd.Reset(nil) //nolint:errcheck // letting go of the page cannot fail
	if err := t.zstd.Reset(bytes.NewReader(raw)); err != nil {
		return c.damaged("%v", err)
	}
	return c.exactly(dst, t.zstd)
}

// exactly fills dst, and wants no more to come.
func (c *column) exactly(dst []byte, r io.Reader) error {
	var more [1]byte
	_, err := io.ReadFull(r, dst)
	if err == nil {
		if _, err = r.Read(more[:]); err == io.EOF {
			return nil
		}
	}
	return c.damaged("a page that should unpack to %d bytes does not: %v", len(dst), err)
}

func (c *column) dictionaryPage(h *format.PageHeader, raw []byte) (err error) {
	if c.entries >= 0 || !h.DictionaryPageHeader.Valid {
		return c.damaged("two dictionaries, or one without a header")
	}
	if c.dictData, err = c.table.room(c.dictData, int(h.UncompressedPageSize)); err != nil {
		return err
	}
	if err := c.unpack(c.dictData, raw); err != nil {
		return err
	}
	c.dict, c.entries = c.dictData, int(h.DictionaryPageHeader.V.NumValues)
	return c.index()
}

// index finds the entries of the dictionary.
func (c *column) index() error {
	c.offsets = c.offsets[:0]
	if size := c.fixedSize(); size > 0 || c.kind == format.Boolean {
		if c.entries < 0 || size == 0 || c.entries > len(c.dict)/size {
			return c.damaged("a dictionary of %d entries in %d bytes", c.entries, len(c.dict))
		}
		return nil
	}
	if c.entries < 0 || c.entries > len(c.dict)/4 {
		return c.damaged("a dictionary of %d entries in %d bytes", c.entries, len(c.dict))
	}
	if more := 4 * (c.entries - cap(c.offsets)); more > 0 {
		if c.table.memory += more; c.table.memory > maxPages {
			return errTooLarge()
		}
		c.offsets = make([]uint32, 0, c.entries)
	}
	rest := c.dict
	for range c.entries {
		c.offsets = append(c.offsets, uint32(len(c.dict)-len(rest)))
		var err error
		if _, rest, err = prefixed(rest); err != nil {
			return c.damaged("%v", err)
		}
	}
	return nil
}

func (c *column) pageV1(h *format.PageHeader, raw []byte) (err error) {
	d := &h.DataPageHeader.V
	if !h.DataPageHeader.Valid || d.NumValues < 0 {
		return c.damaged("a page without a header of its own")
	}
	if c.data, err = c.table.room(c.data, int(h.UncompressedPageSize)); err != nil {
		return err
	}
	if err := c.unpack(c.data, raw); err != nil {
		return err
	}
	rest := c.data
	if c.levels > 0 {
		if d.DefinitionLevelEncoding != format.RLE {
			return c.damaged("levels in the encoding %v, which is not read", d.DefinitionLevelEncoding)
		}
		var levels []byte
		if levels, rest, err = prefixed(rest); err != nil {
			return c.damaged("%v", err)
		}
		c.defined.reset(levels, bits.Len(uint(c.levels)))
	}
	return c.start(int(d.NumValues), d.Encoding, rest)
}

// pageV2 reads a page whose levels stand before what is compressed.
func (c *column) pageV2(h *format.PageHeader, raw []byte) (err error) {
	d := &h.DataPageHeaderV2.V
	levels := int(d.DefinitionLevelsByteLength)
	if !h.DataPageHeaderV2.Valid || d.NumValues < 0 || levels < 0 || levels > len(raw) || levels > int(h.UncompressedPageSize) || d.RepetitionLevelsByteLength != 0 {
		return c.damaged("a page of %d bytes with %d bytes of levels and %d values", len(raw), levels, d.NumValues)
	}
	if c.data, err = c.table.room(c.data, int(h.UncompressedPageSize)); err != nil {
		return err
	}
	copy(c.data, raw[:levels])
	if packed := d.IsCompressed; packed.Valid && !packed.V {
		if copy(c.data[levels:], raw[levels:]); len(raw) != len(c.data) {
			return c.damaged("a page of %d bytes is said to have %d", len(raw), len(c.data))
		}
	} else if err := c.unpack(c.data[levels:], raw[levels:]); err != nil {
		return err
	}
	if c.levels > 0 {
		c.defined.reset(c.data[:levels], bits.Len(uint(c.levels)))
	}
	return c.start(int(d.NumValues), d.Encoding, c.data[levels:])
}
