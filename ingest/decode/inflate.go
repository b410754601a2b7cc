package decode

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/burstwatch/burstwatch/internal/inflate"
)

// MaxZstdWindow is the largest window of a zstd frame that is read: what RFC
// 8878 asks of every decoder, and what zstd -19 makes. Larger ones (--ultra,
// --long) would take up to 2 GiB of memory on the word of the file.
const MaxZstdWindow = 8 << 20

// tools are what one body after the other is decoded with.
type tools struct {
	input *bufio.Reader
	gzip  *inflate.Reader
	zstd  *zstd.Decoder

	parquet parquetTools
}

// begun is the body from its begin, what detection has read of it included.
func (s *Stream) begun() io.Reader {
	return io.MultiReader(bytes.NewReader(s.head), patient{&s.src, &s.pump})
}

// rewind is begun through a buffer.
func (s *Stream) rewind() *bufio.Reader {
	body := s.begun()
	if s.tools.input == nil {
		s.tools.input = bufio.NewReaderSize(body, 32<<10)
	} else {
		s.tools.input.Reset(body)
	}
	return s.tools.input
}

func (s *Stream) gunzip(w io.Writer) error {
	if s.tools.gzip == nil {
		s.tools.gzip = new(inflate.Reader)
	}
	z := s.tools.gzip
	z.Reset(s.begun())
	defer z.Forget()
	for {
		if err := z.Header(); err != nil {
			return err
		}
		if _, err := z.WriteTo(w); err != nil {
			return err
		}
		if done, err := s.padding(z); done || err != nil {
			return err
		}
	}
}

// padding passes over zero bytes, which tapes and block devices leave behind a
// gzip file, and reports whether it ends there.
func (s *Stream) padding(z *inflate.Reader) (done bool, err error) {
	for {
		next, err := z.Peek()
		switch {
		case len(next) == 0:
			return err == nil, err
		case len(next) == 2 && next[0] == 0x1f && next[1] == 0x8b:
			return false, nil
		case next[0] == 0:
			z.Skip()
		case err != nil:
			return false, err
		default:
			return false, &CorruptError{Reason: fmt.Sprintf("something that is not gzip follows the gzip content, at byte %d of the file", s.at())}
		}
	}
}

// at is how far the decoder has come in the body.
func (s *Stream) at() int64 {
	if s.kind == Gzip {
		return s.tools.gzip.Offset()
	}
	return s.src.pos - int64(s.tools.input.Buffered())
}

// needZstd makes the zstd decoder when the first one is needed.
func (t *tools) needZstd() error {
	if t.zstd != nil {
		return nil
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(MaxZstdWindow))
	if err != nil {
		return fmt.Errorf("making a zstd decoder: %w", err)
	}
	t.zstd = z
	return nil
}

// forget drops the body, so that the tools do not keep it.
func (s *Stream) forget() { s.tools.input.Reset(nil) }

func (s *Stream) unzstd(w io.Writer) error {
	if err := s.tools.needZstd(); err != nil {
		return err
	}
	in := s.rewind()
	defer s.forget()
	defer s.tools.zstd.Reset(nil) //nolint:errcheck // letting go of the body cannot fail
	if err := s.tools.zstd.Reset(in); err != nil {
		return err
	}
	_, err := s.tools.zstd.WriteTo(w)
	return err
}

// reason says in a user's words what a decompressor found.
func (s *Stream) reason(err error) string {
	at := ""
	if s.kind == Gzip || s.kind == Zstd {
		at = fmt.Sprintf(", at about byte %d of the file", s.at())
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Sprintf("the %s content is cut off%s", s.kind, at)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch):
		return fmt.Sprintf("the %s content does not match its checksum%s", s.kind, at)
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return fmt.Sprintf("the zstd content needs a window of more than %d MiB (zstd --long or --ultra): compress it again without", MaxZstdWindow>>20)
	case errors.Is(err, zstd.ErrMagicMismatch):
		return "something that is not zstd follows the zstd content" + at
	case errors.Is(err, zstd.ErrUnknownDictionary):
		return "the zstd content was compressed with a dictionary, which is not in the file"
	}
	return fmt.Sprintf("the %s content is damaged%s: %v", s.kind, at, err)
}
