package reader_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/klauspost/compress/gzip"
	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/cmd/internal/reader"
	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/parsers"
)

// lines is a log family of one record a line; a line "bad" is rejected.
type lines struct{ n int64 }

func (p *lines) Reset(*event.Origin, []byte) { p.n = 0 }
func (p *lines) Mark() []byte                { return []byte("m") }
func (p *lines) Parse(w []byte, base int64, atEOF bool, b *event.Batch) (int, error) {
	done := 0
	for done < len(w) {
		n := bytes.IndexByte(w[done:], '\n')
		if n < 0 && !atEOF {
			break
		}
		line := w[done:]
		if n >= 0 {
			line = line[:n]
		}
		if string(line) == "bad" {
			b.Reject(event.Reject{Offset: base + int64(done), Raw: line, Reason: "bad"})
		} else {
			e := b.Add(0)
			e.Record, e.Offset, e.Number = line, base+int64(done), p.n
			p.n++
		}
		done += len(line) + 1
	}
	return min(done, len(w)), nil
}

func spec() parsers.Spec {
	return parsers.Spec{Name: "lines", Detect: func(string, []byte) int { return 1 }, New: func(parsers.Options) parsers.Parser { return &lines{} }}
}

func newReader() *reader.Reader {
	return reader.New(reader.Options{Specs: []parsers.Spec{spec()}, MaxRecord: 1 << 20, Now: time.Now})
}

type read struct {
	records []string
	rejects []string
	marks   [][]byte
	ends    []int64
}

// readAll reads an object in windows of the given size, with recycled memory poisoned.
func readAll(o *ingest.Object, window int) (read, error) {
	var got read
	var spare *event.Batch
	next := func() *event.Batch {
		if spare != nil {
			b := spare
			spare = nil
			b.Reuse(nil)
			return b
		}
		b := event.NewBatch(window, nil)
		b.Poison()
		return b
	}
	err := newReader().Read(context.Background(), o, next, func(b *event.Batch) error {
		for _, e := range b.Events {
			got.records = append(got.records, fmt.Sprintf("%d@%d:%s", e.Number, e.Offset, e.Record))
		}
		for _, r := range b.Rejects {
			got.rejects = append(got.rejects, r.Reason)
		}
		got.marks, got.ends = append(got.marks, b.Mark), append(got.ends, b.End)
		spare = b
		return nil
	})
	return got, err
}

func object(body io.Reader) *ingest.Object {
	return &ingest.Object{Origin: &event.Origin{Name: "a.log"}, Body: io.NopCloser(body), Size: -1}
}

func content(t *rapid.T) string {
	line := rapid.SampledFrom([]string{"a", "bb", "a longer line of text", "bad", ""})
	return strings.Join(rapid.SliceOfN(line, 1, 60).Draw(t, "lines"), "\n") + "\n"
}

func TestEventsDoNotDependOnWindowsOrReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := content(t)
		want, err := readAll(object(strings.NewReader(text)), 1<<16)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readAll(object(iotest.OneByteReader(strings.NewReader(text))), rapid.IntRange(1, 64).Draw(t, "window"))
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got.records, got.rejects) != fmt.Sprint(want.records, want.rejects) {
			t.Fatalf("got %q\nwant %q", got.records, want.records)
		}
	})
}

func TestReadingGoesOnAtAnyMarkAsIfNeverStopped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := content(t)
		whole, err := readAll(object(strings.NewReader(text)), 32)
		if err != nil {
			t.Fatal(err)
		}
		at := rapid.IntRange(0, len(whole.ends)-1).Draw(t, "restart")
		o := object(strings.NewReader(text))
		o.From, o.Mark = whole.ends[at], whole.marks[at]
		rest, err := readAll(o, 32)
		if err != nil {
			t.Fatal(err)
		}
		n := len(whole.records) - len(rest.records)
		if n < 0 || fmt.Sprint(rest.records) != fmt.Sprint(whole.records[n:]) {
			t.Fatalf("after %d: %q, want the end of %q", o.From, rest.records, whole.records)
		}
	})
}

func TestWhatATruncatedGzipHeldBeforeTheCutIsUsed(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	for i := range 5000 {
		fmt.Fprintf(w, "line %d %x\n", i, i*i*7919)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := readAll(object(bytes.NewReader(z.Bytes()[:z.Len()/2])), 512)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.records) < 1000 || len(got.rejects) != 1 || !strings.Contains(got.rejects[0], "cut off") {
		t.Errorf("%d records, rejects %q; want the records before the cut, and one reject that says so", len(got.records), got.rejects)
	}
}

func TestABodyThatFailsIsReadAgainNotQuarantined(t *testing.T) {
	broken := errors.New("connection reset")
	_, err := readAll(object(io.MultiReader(strings.NewReader("one\ntwo\n"), iotest.ErrReader(broken))), 64)
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want the body's error: the object has to be read again", err)
	}
}

// idle is a body that grows: each piece is followed by ErrIdle.
type idle struct{ pieces []string }

func (r *idle) Read(p []byte) (int, error) {
	if len(r.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.pieces[0])
	if r.pieces[0] = r.pieces[0][n:]; r.pieces[0] == "" {
		r.pieces = r.pieces[1:]
		return n, ingest.ErrIdle
	}
	return n, nil
}

func TestAGrowingBodyIsHandedOnWheneverItIdles(t *testing.T) {
	got, err := readAll(object(&idle{pieces: []string{"on", "e\ntwo\nth", "ree\n", "last"}}), 64)
	if err != nil {
		t.Fatal(err)
	}
	if want := "[0@0:one 1@4:two 2@8:three 3@14:last]"; fmt.Sprint(got.records) != want {
		t.Errorf("got %v, want %s", got.records, want)
	}
	if len(got.ends) < 3 {
		t.Errorf("%d batches: records waited for the end of the body", len(got.ends))
	}
}

func TestEveryBatchThatWasAskedForIsHandedOnOrGivenBack(t *testing.T) {
	broken := errors.New("connection reset")
	for name, body := range map[string]io.Reader{
		"whole":  strings.NewReader(strings.Repeat("a line\n", 50)),
		"broken": io.MultiReader(strings.NewReader(strings.Repeat("a line\n", 50)), iotest.ErrReader(broken)),
		"empty":  strings.NewReader(""),
	} {
		for refuse := range 4 {
			asked, settled := 0, 0
			next := func() *event.Batch {
				asked++
				return event.NewBatch(64, func(*event.Batch, error) { settled++ })
			}
			n := 0
			_ = newReader().Read(context.Background(), object(body), next, func(b *event.Batch) error {
				b.Done(nil)
				if n++; n == refuse {
					return broken
				}
				return nil
			})
			if asked != settled {
				t.Errorf("%s, refused at batch %d: %d batches asked for, %d settled", name, refuse, asked, settled)
			}
		}
	}
}

// What it begins with does not matter: it is not unpacked, and no log.
func TestWhatASourceRefusesIsKeptAsItIs(t *testing.T) {
	for _, text := range []string{"PAR1 and no table", "\x1f\x8b and no archive", "one\ntwo\n", "", strings.Repeat("large", 100_000)} {
		o := object(strings.NewReader(text))
		o.Refused = "nobody understands it"
		var raws, reasons []string
		end := int64(-1)
		err := newReader().Read(context.Background(), o, func() *event.Batch { return event.NewBatch(64, nil) }, func(b *event.Batch) error {
			for _, r := range b.Rejects {
				raws, reasons = append(raws, string(r.Raw)), append(reasons, r.Reason)
			}
			end = b.End
			if len(b.Events) > 0 {
				t.Errorf("%.20q: %d events", text, len(b.Events))
			}
			return nil
		})
		if err != nil || len(raws) != 1 || raws[0] != text || reasons[0] != o.Refused || end != int64(len(text)) {
			t.Errorf("%.20q: %v, %d rejects, %q, up to %d", text, err, len(raws), reasons, end)
		}
	}
	o := object(iotest.ErrReader(io.ErrUnexpectedEOF))
	o.Refused = "x"
	if _, err := readAll(o, 64); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}
