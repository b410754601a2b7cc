package inflate

import (
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

const (
	// history is how far back a match may lie.
	history = 32 << 10
	// inputSize is how much is read at once.
	inputSize = 32 << 10
	// windowSize holds the history and what has not been written yet. It stays
	// in the second cache of small machines, beside what parses the content.
	windowSize = history + 96<<10
)

// Reader reads the members of a gzip file, one after the other. It is owned by
// one goroutine and may be used for one file after the other; it takes about
// 180 KiB. The zero Reader needs a Reset.
type Reader struct {
	src   io.Reader
	ended error               // what src said when it had no more to give
	in    [inputSize + 8]byte // the last eight are never used
	pos   int                 // of the next byte of in
	end   int                 // behind the last one
	read  int64               // bytes read from src

	bits  uint64 // read and not used yet, the next one lowest
	nbits uint   // how many

	lit  table
	dist table

	w       io.Writer
	out     [windowSize + 16]byte // the last sixteen likewise
	at      int                   // where the next byte goes
	limit   int                   // where what is there is written
	written int                   // what of out has been written
	sum     uint32
	size    int64 // of the member so far
}

// Reset turns to another file. What was read ahead of the one before is dropped.
func (z *Reader) Reset(src io.Reader) {
	z.src, z.ended, z.w = src, nil, nil
	z.pos, z.end, z.read, z.bits, z.nbits = 0, 0, 0, 0, 0
}

// Forget drops the file, so that the Reader does not keep it. Offset stays.
func (z *Reader) Forget() { z.src, z.w = nil, nil }

// Offset is how many bytes of the file have been used.
func (z *Reader) Offset() int64 { return z.read - int64(z.end-z.pos) - int64(z.nbits>>3) }

// Peek returns up to the next two bytes of the file without using them: fewer
// only where it ends, or fails with err.
func (z *Reader) Peek() (next []byte, err error) {
	for z.end-z.pos < 2 {
		if err = z.more(); err != nil {
			break
		}
	}
	if err == io.EOF {
		err = nil
	}
	return z.in[z.pos:min(z.end, z.pos+2)], err
}

// Skip uses up a byte that Peek has shown.
func (z *Reader) Skip() { z.pos++ }

// Header reads the header of a member. It fails with gzip.ErrHeader where there
// is none, io.ErrUnexpectedEOF where it is cut off.
func (z *Reader) Header() error {
	h := header{z: z}
	h.read()
	return unexpected(h.err)
}

// WriteTo writes the content of the member whose header has been read. All that
// could be read is written, whatever comes behind it. It fails with
// io.ErrUnexpectedEOF, flate.CorruptInputError or gzip.ErrChecksum, and with the
// errors of the file and of w as they are.
func (z *Reader) WriteTo(w io.Writer) (int64, error) {
	z.w, z.at, z.limit, z.written, z.sum, z.size = w, 0, firstPiece, 0, 0, 0
	for last := false; !last; {
		var err error
		if last, err = z.block(); err != nil {
			if failed := z.flush(); failed != nil {
				err = failed
			}
			return z.size, unexpected(err)
		}
	}
	if err := z.flush(); err != nil {
		return z.size, err
	}
	return z.size, z.trailer()
}

// trailer checks the content against the sum and size behind it.
func (z *Reader) trailer() error {
	z.bits, z.nbits = 0, 0 // what fills the last byte
	var t [8]byte
	for i := range t {
		b, err := z.readByte()
		if err != nil {
			return unexpected(err)
		}
		t[i] = b
	}
	if binary.LittleEndian.Uint32(t[:]) != z.sum || binary.LittleEndian.Uint32(t[4:]) != uint32(z.size) {
		return gzip.ErrChecksum
	}
	return nil
}

// flush writes what has been unpacked.
func (z *Reader) flush() error {
	fresh := z.out[z.written:z.at]
	if len(fresh) == 0 {
		return nil
	}
	z.written = z.at
	z.sum = crc32.Update(z.sum, crc32.IEEETable, fresh)
	z.size += int64(len(fresh))
	_, err := z.w.Write(fresh)
	return err
}

// slide writes what is there and, where that needs it, makes room and keeps the
// history.
func (z *Reader) slide() error {
	if err := z.flush(); err != nil {
		return err
	}
	z.limit = outLimit
	if z.at <= outLimit {
		return nil
	}
	copy(z.out[:history], z.out[z.at-history:z.at])
	z.at, z.written = history, history
	return nil
}

// more reads on when all input but a byte has been used. What has been unpacked
// is written before: the source may wait for long.
func (z *Reader) more() error {
	if z.ended != nil {
		return z.ended
	}
	if z.w != nil {
		if err := z.flush(); err != nil {
			return err
		}
	}
	z.end = copy(z.in[:], z.in[z.pos:z.end])
	z.pos = 0
	for range 100 {
		n, err := z.src.Read(z.in[z.end:inputSize])
		z.end += n
		z.read += int64(n)
		if z.ended = err; n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

func (z *Reader) readByte() (byte, error) {
	for z.pos == z.end {
		if err := z.more(); err != nil {
			return 0, err
		}
	}
	z.pos++
	return z.in[z.pos-1], nil
}

// unexpected turns the end of the file into an error: it is none only between
// members.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// corrupt says that the content before here is damaged.
func (z *Reader) corrupt() error { return flate.CorruptInputError(z.Offset()) }
