package decode

import (
	"bufio"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// narrow writes UTF-16 text as UTF-8, the byte order mark as line ends (see
// Stream.Read). Halves of surrogate pairs become U+FFFD.
func (s *Stream) narrow(w io.Writer) error {
	units := unitReader{in: s.rewind(), order: binary.LittleEndian}
	defer s.forget()
	if s.space[0] == 0xfe {
		units.order = binary.BigEndian
	}
	if _, err := units.read(); err != nil { // the mark itself
		return err
	}
	out := append(make([]byte, 0, 4<<10), "\n\n\n"...)
	for {
		r, err := units.rune()
		if err == nil {
			out = utf8.AppendRune(out, r)
		}
		if err != nil || len(out) > cap(out)-utf8.UTFMax || units.in.Buffered() == 0 {
			if _, err := w.Write(out); err != nil {
				return err
			}
			out = out[:0]
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// unitReader reads UTF-16.
type unitReader struct {
	in    *bufio.Reader
	order binary.ByteOrder
	next  rune // a unit that was read too early
	ahead bool
}

func (u *unitReader) read() (rune, error) {
	if u.ahead {
		u.ahead = false
		return u.next, nil
	}
	var b [2]byte
	_, err := io.ReadFull(u.in, b[:])
	return rune(u.order.Uint16(b[:])), err
}

func (u *unitReader) rune() (rune, error) {
	r, err := u.read()
	if err != nil || !utf16.IsSurrogate(r) {
		return r, err
	}
	low, err := u.read()
	if err == io.EOF {
		return utf8.RuneError, nil // the end is found again by the next read
	}
	if err != nil {
		return 0, err
	}
	if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
		return pair, nil
	}
	u.next, u.ahead = low, true
	return utf8.RuneError, nil
}
