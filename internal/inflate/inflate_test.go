package inflate

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"pgregory.net/rapid"
)

// theirs is what the library makes of a file's members.
func theirs(file []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	_, err = z.WriteTo(&out)
	return out.Bytes(), err
}

// ours is what this package makes of them.
func ours(src io.Reader) ([]byte, error) {
	z := new(Reader)
	z.Reset(src)
	var out bytes.Buffer
	for {
		if err := z.Header(); err != nil {
			return out.Bytes(), err
		}
		if _, err := z.WriteTo(&out); err != nil {
			return out.Bytes(), err
		}
		if next, err := z.Peek(); len(next) == 0 {
			return out.Bytes(), err
		}
	}
}

func packed(t interface{ Fatal(...any) }, text []byte, level int) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// texts are contents that use every kind of block, long codes, and matches of
// all distances.
func texts() map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 300_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	var rare, near, far []byte
	for i := range 40 { // symbols of which each is half as frequent as the one before: codes of fifteen bits
		rare = append(rare, bytes.Repeat([]byte{byte(i)}, 1<<max(0, 17-i))...)
	}
	r.Shuffle(len(rare), func(i, j int) { rare[i], rare[j] = rare[j], rare[i] })
	for i := range 3000 {
		near = append(near, bytes.Repeat([]byte("abcdefghijklmnopqrstuvwxyz"[:1+i%26]), 1+i%40)...)
	}
	for range 20 {
		far = append(append(far, noise[:32760]...), "between"...)
	}
	return map[string][]byte{
		"nothing": {}, "a byte": {'a'}, "zeros": make([]byte, 1_000_000), "noise": noise, "rare": rare, "near": near, "far": far,
		"lines": []byte(strings.Repeat(`{"eventName":"GetObject","eventID":"0f8a"},`, 10_000)),
	}
}

func TestEveryTextComesBack(t *testing.T) {
	for name, text := range texts() {
		for level := gzip.HuffmanOnly; level <= gzip.BestCompression; level++ {
			got, err := ours(bytes.NewReader(packed(t, text, level)))
			if err != nil || !bytes.Equal(got, text) {
				t.Errorf("%s at level %d: %d bytes of %d, error %v", name, level, len(got), len(text), err)
			}
		}
	}
}

func TestHowTheFileIsReadMakesNoDifference(t *testing.T) {
	var file, want []byte
	for _, text := range texts() {
		text = text[:min(len(text), 50_000)]
		file, want = append(file, packed(t, text, 6)...), append(want, text...)
	}
	for name, src := range map[string]io.Reader{
		"byte by byte": iotest.OneByteReader(bytes.NewReader(file)), "by halves": iotest.HalfReader(bytes.NewReader(file)),
		"with the end": iotest.DataErrReader(bytes.NewReader(file)),
	} {
		if got, err := ours(src); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes of %d, error %v", name, len(got), len(want), err)
		}
	}
}

func TestWhatComesBeforeACutIsRead(t *testing.T) {
	text := []byte(strings.Repeat("one line of many, and another\n", 200))
	file := packed(t, text, 6)
	for n := range file {
		got, err := ours(bytes.NewReader(file[:n]))
		if !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.HasPrefix(text, got) {
			t.Fatalf("cut at %d: error %v after %d bytes", n, err, len(got))
		}
		if want, _ := theirs(file[:n]); len(got) < len(want) {
			t.Fatalf("cut at %d: %d bytes, the library reads %d", n, len(got), len(want))
		}
	}
}

// sizes notes how much is written at a time.
type sizes []int

func (s *sizes) Write(p []byte) (int, error) {
	*s = append(*s, len(p))
	return len(p), nil
}

func TestABeginIsWrittenBeforeAWholeWindow(t *testing.T) {
	for _, level := range []int{gzip.NoCompression, gzip.HuffmanOnly, gzip.BestCompression} {
		z, got := new(Reader), sizes(nil)
		z.Reset(bytes.NewReader(packed(t, texts()["lines"], level)))
		if err := z.Header(); err != nil {
			t.Fatal(err)
		}
		if _, err := z.WriteTo(&got); err != nil {
			t.Fatal(err)
		}
		// A block that is not compressed is copied as it was read.
		if got[0] < firstPiece || level != gzip.NoCompression && got[0] > firstPiece+300 {
			t.Errorf("level %d: %d bytes are written first, want about %d", level, got[0], firstPiece)
		}
	}
}

func TestABrokenSourceIsNotBrokenContent(t *testing.T) {
	broken := errors.New("connection reset")
	file := packed(t, texts()["lines"], 6)
	for _, n := range []int{0, 5, 100, len(file) - 3} {
		if _, err := ours(io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v, want the source's error", n, err)
		}
	}
}

func TestHeadersWithEverythingInThemAreRead(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Name, z.Comment, z.Extra = strings.Repeat("name", 300), "a comment", bytes.Repeat([]byte("extra"), 1000)
	if _, err := z.Write([]byte("text")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := ours(&b); string(got) != "text" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// alike fails unless a file means the same to the library and to us.
func alike(t interface{ Fatalf(string, ...any) }, file []byte) {
	want, theirErr := theirs(file)
	got, err := ours(bytes.NewReader(file))
	switch {
	case (err == nil) != (theirErr == nil):
		t.Fatalf("error %v, the library's is %v", err, theirErr)
	case err == nil && !bytes.Equal(got, want):
		t.Fatalf("%d bytes, the library reads %d others", len(got), len(want))
	case !bytes.HasPrefix(got, want) && !bytes.HasPrefix(want, got):
		t.Fatalf("%d bytes are no beginning of the library's %d, or the other way round", len(got), len(want))
	case err != nil && !known(err):
		t.Fatalf("unknown error %v", err)
	}
}

func known(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum)
}

func TestDamageIsSeenAsTheLibrarySeesIt(t *testing.T) {
	all := texts()
	rapid.Check(t, func(t *rapid.T) {
		text := all[rapid.SampledFrom([]string{"rare", "near", "lines", "noise", "a byte"}).Draw(t, "text")]
		file := packed(t, text[:min(len(text), 5000)], rapid.IntRange(gzip.HuffmanOnly, 9).Draw(t, "level"))
		for range rapid.IntRange(1, 4).Draw(t, "flips") {
			// The header's texts may be longer here than in the library.
			file[rapid.IntRange(10, len(file)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		alike(t, file)
	})
}

func FuzzInflate(f *testing.F) {
	for _, text := range texts() {
		for _, level := range []int{gzip.HuffmanOnly, 0, 1, 6} {
			f.Add(packed(f, text[:min(len(text), 3000)], level)[10:])
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		alike(t, append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}, body...))
	})
}

// BenchmarkInflate unpacks 10 MB of one text, with the library for comparison.
func BenchmarkInflate(b *testing.B) {
	text := texts()["lines"]
	if name := os.Getenv("INFLATE_FILE"); name != "" {
		raw, err := os.ReadFile(filepath.Clean(name))
		if err != nil {
			b.Fatal(err)
		}
		if text, err = theirs(raw); err != nil {
			b.Fatal(err)
		}
	}
	file := packed(b, text, 6)
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		z, src := new(Reader), bytes.NewReader(nil)
		for b.Loop() {
			src.Reset(file)
			z.Reset(src)
			if err := z.Header(); err != nil {
				b.Fatal(err)
			}
			if _, err := z.WriteTo(io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		z, src := new(gzip.Reader), bytes.NewReader(nil)
		for b.Loop() {
			src.Reset(file)
			if err := z.Reset(src); err != nil {
				b.Fatal(err)
			}
			if _, err := z.WriteTo(io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	})
}
