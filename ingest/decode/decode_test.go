package decode

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/ingest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func gz(s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, s)
	w.Close()
	return b.Bytes()
}

func zst(s string) []byte {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	io.WriteString(w, s)
	w.Close()
	return b.Bytes()
}

func wide(s string, big bool) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune("\uFEFF" + s)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// lines is text that compresses, but not to nothing.
func lines(size int) string {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for b.Len() < size {
		b.WriteString("line ")
		for range 40 {
			b.WriteByte('a' + byte(r.IntN(16)))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func decoded(t *testing.T, d *Decoder, body []byte) (string, error) {
	t.Helper()
	s, err := d.Open(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return "", err
	}
	out, err := io.ReadAll(s)
	return string(out), err
}

func TestEveryKindIsReadWhateverTheNameSays(t *testing.T) {
	text, mark := lines(200_000), "\n\n\n"
	skippable := []byte("\x5a\x2a\x4d\x18\x03\x00\x00\x00abc")
	cases := map[string]struct {
		body []byte
		kind Kind
		want string
	}{
		"empty":                    {nil, Plain, ""},
		"one byte":                 {[]byte("P"), Plain, "P"},
		"begin of a magic":         {[]byte("PAR"), Plain, "PAR"},
		"plain":                    {[]byte(text), Plain, text},
		"byte order mark":          {[]byte("\xef\xbb\xbf" + text), Plain, mark + text},
		"gzip":                     {gz(text), Gzip, text},
		"gzip of nothing":          {gz(""), Gzip, ""},
		"gzip members":             {cat(gz(text), gz(""), gz("x\n"), gz(text)), Gzip, text + "x\n" + text},
		"gzip and zeros":           {cat(gz(text), make([]byte, 100_000)), Gzip, text},
		"gzip, zeros, gzip":        {cat(gz("a"), make([]byte, 512), gz("b")), Gzip, "ab"},
		"zstd":                     {zst(text), Zstd, text},
		"zstd frames":              {cat(zst(text), skippable, zst("x")), Zstd, text + "x"},
		"zstd, skippable first":    {cat(skippable, zst(text)), Zstd, text},
		"UTF-16 little endian":     {wide("déjà 😀\n"+text, false), UTF16, mark + "déjà 😀\n" + text},
		"UTF-16 big endian":        {wide("déjà 😀\n"+text, true), UTF16, mark + "déjà 😀\n" + text},
		"UTF-16, half of a pair":   {cat(wide("a", false), []byte("\x3d\xd8b\x00\x3d\xd8")), UTF16, mark + "a\uFFFDb\uFFFD"},
		"UTF-16, halves, then one": {cat(wide("", false), []byte("\x3d\xd8\x3d\xd8\x00\xde")), UTF16, mark + "\uFFFD😀"},
	}
	var d Decoder // one for all, as a worker has it
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := decoded(t, &d, c.body)
			if got != c.want || err != nil {
				t.Errorf("got %d bytes %.40q, %v; want %d bytes %.40q", len(got), got, err, len(c.want), c.want)
			}
			if k := d.stream.Kind(); k != c.kind {
				t.Errorf("taken for %v, not %v", k, c.kind)
			}
		})
	}
}

func TestWhatComesBeforeDamageIsUsed(t *testing.T) {
	text := lines(300_000)
	whole, flipped := gz(text), gz(text)
	flipped[len(flipped)-5] ^= 1
	frame := zst(text)
	cases := map[string]struct {
		body   []byte
		min    int
		reason string
	}{
		"cut gzip":         {whole[:len(whole)/2], 100_000, "gzip content is cut off, at about byte"},
		"cut trailer":      {whole[:len(whole)-3], len(text), "gzip content is cut off"},
		"checksum":         {flipped, len(text), "does not match its checksum"},
		"garbage":          {cat(whole, []byte("garbage")), len(text), "something that is not gzip follows the gzip content, at byte"},
		"cut second":       {cat(whole, whole[:5]), len(text), "gzip content is cut off"},
		"only a header":    {whole[:2], 0, "gzip content is cut off"},
		"cut zstd":         {frame[:len(frame)/2], 100_000, "zstd content is cut off"},
		"zstd and garbage": {cat(frame, []byte("garbage")), len(text), "something that is not zstd follows"},
		"odd UTF-16":       {append(wide(text, true), 'x'), len(text), "UTF-16 text content is cut off"},
		"zip":              {[]byte("PK\x03\x04 and so on"), 0, "a zip archive, which is not read"},
		"bzip2":            {[]byte("BZh91AY&SYxxxx"), 0, "this is bzip2"},
	}
	var d Decoder
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := decoded(t, &d, c.body)
			var corrupt *CorruptError
			if !errors.As(err, &corrupt) || !strings.Contains(corrupt.Reason, c.reason) {
				t.Fatalf("got error %v, not a CorruptError with %q", err, c.reason)
			}
			got = strings.TrimLeft(got, "\n")
			if len(got) < c.min || !strings.HasPrefix(text, got) {
				t.Errorf("%d bytes of %d came before the damage", len(got), len(text))
			}
			if out := d.stream.out; corrupt.Offset != out {
				t.Errorf("damage said to be at %d, not %d", corrupt.Offset, out)
			}
		})
	}
}

func TestABrokenBodyIsNotBrokenContent(t *testing.T) {
	broken := errors.New("connection reset")
	text := lines(100_000)
	var d Decoder
	for _, body := range [][]byte{gz(text), zst(text), []byte(text), wide(text, false), cat(gz("a"), gz(text))} {
		for _, n := range []int{0, 1, 3, 20, len(body) / 2, len(body) - 1, len(body)} {
			r := io.MultiReader(bytes.NewReader(body[:n]), iotest.ErrReader(broken))
			s, err := d.Open(r, -1)
			if err == nil {
				_, err = io.Copy(io.Discard, s)
			}
			if !errors.Is(err, broken) {
				t.Errorf("%v, broken after %d bytes: %v", d.stream.Kind(), n, err)
			}
		}
	}
}

// pausing is a body that says, at each of its cuts, that there is no more now:
// with the last bytes, or instead of any.
type pausing struct {
	body []byte
	cuts []int
	pos  int
	with bool
}

func (p *pausing) Read(b []byte) (int, error) {
	if p.pos == len(p.body) {
		return 0, io.EOF
	}
	end := len(p.body)
	if len(p.cuts) > 0 {
		end = p.cuts[0]
	}
	if end == p.pos {
		p.cuts = p.cuts[1:]
		return 0, ingest.ErrIdle
	}
	n := copy(b, p.body[p.pos:end])
	p.pos += n
	if p.with && p.pos == end && end < len(p.body) {
		p.cuts = p.cuts[1:]
		return n, ingest.ErrIdle
	}
	return n, nil
}

func TestAPauseIsToldAndDamagesNothing(t *testing.T) {
	text := lines(60_000)
	bodies := [][]byte{gz(text), cat(gz(text), gz(text)), zst(text), []byte(text), []byte("\xef\xbb\xbfab"), wide(text, false), nil}
	plain := []string{text, text + text, text, text, "\n\n\nab", "\n\n\n" + text, ""}
	var d Decoder
	rapid.Check(t, func(t *rapid.T) {
		which := rapid.IntRange(0, len(bodies)-1).Draw(t, "body")
		body := bodies[which]
		cuts := rapid.SliceOfNDistinct(rapid.IntRange(0, len(body)), 0, 6, rapid.ID).Draw(t, "cuts")
		slices.Sort(cuts)
		cuts = dropLast(cuts, len(body))
		p := &pausing{body: body, cuts: append([]int(nil), cuts...), with: rapid.Bool().Draw(t, "with bytes")}
		s, err := d.Open(p, -1)
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		idles := 0
		for {
			// Memory that was read into belongs to somebody else from then on.
			buf := make([]byte, rapid.IntRange(1, 1<<16).Draw(t, "read"))
			n, err := s.Read(buf)
			got = append(got, buf[:n]...)
			fill(buf)
			if errors.Is(err, ingest.ErrIdle) {
				idles++
				continue
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if string(got) != plain[which] {
			t.Fatalf("got %d bytes, want %d", len(got), len(plain[which]))
		}
		// Detection may swallow a pause before the kind is known.
		if idles > len(cuts) || idles < len(cuts)-6 {
			t.Fatalf("told of %d pauses of %d", idles, len(cuts))
		}
	})
}

func TestClosingEarlyLeavesNothingBehind(t *testing.T) {
	var d Decoder
	for range 3 {
		s, err := d.Open(bytes.NewReader(gz(lines(100_000))), -1)
		if err != nil {
			t.Fatal(err)
		}
		s.Read(make([]byte, 10))
	}
	d.stream.Close()
	if _, err := d.stream.Read(make([]byte, 1)); err == nil {
		t.Error("a closed stream still reads")
	}
} // goleak in TestMain sees what was left

func TestOnlyContentWhoseOffsetsAreTheFilesOwnIsSeekable(t *testing.T) {
	for begin, want := range map[string]bool{
		"2 123": true, "\xef\xbb\xbf{": true, "": false, "P": false, "PAX": true,
		"\x1f\x8b\x08": false, "\x28\xb5\x2f\xfd": false, "\xff\xfea\x00": false, "PAR1\x15": false, "PK\x03\x04": false,
	} {
		if got := Seekable([]byte(begin)); got != want {
			t.Errorf("Seekable(%q) = %v", begin, got)
		}
	}
}

func fill(b []byte) {
	for i := range b {
		b[i] = 0xDB
	}
}

func dropLast(cuts []int, end int) []int {
	if n := len(cuts); n > 0 && cuts[n-1] == end {
		return cuts[:n-1]
	}
	return cuts
}
