package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/ingest/decode"
	"github.com/burstwatch/burstwatch/internal/aws"
)

// content is n bytes none of which is where another would do.
func content(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return b
}

func TestABodyThatIsCutIsReadOnWhereItBrokeOff(t *testing.T) {
	for name, short := range map[string]bool{"reset": false, "ends early": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(s *station) {
				data := content(3*chunkSize + 17)
				s.cloud.put(bucket, "a", data)
				s.cloud.send(announce("a"))
				s.cloud.cut = func(_ string, from int64) (int, bool) {
					if from < 200_000 {
						return 70_000, short
					}
					return -1, false
				}
				s.start()
				s.await("deleted", s.empty)
				s.end()
				if got := s.got["s3://"+bucket+"/a"]; len(got) != 1 || got[0] != string(data) {
					t.Errorf("read %d times, or not what was written", len(got))
				}
				if !slices.Equal(s.cloud.given, []int64{70_000, 140_000, 210_000}) {
					t.Errorf("asked for the rest from %d", s.cloud.given)
				}
			})
		})
	}
}

func TestABodyThatNeverComesIsNoCompleteFile(t *testing.T) {
	bubble(t, func(s *station) {
		s.cloud.cut = func(_ string, from int64) (int, bool) { return max(0, 50_000-int(from)), true }
		s.cloud.put(bucket, "a", content(100_000))
		s.cloud.send(announce("a"))
		s.start()
		s.await("deleted", s.empty)
		s.end()
		if s.reads("a") != 0 || s.failed["s3://"+bucket+"/a"] != 5 {
			t.Errorf("read %d times, failed %d", s.reads("a"), s.failed["s3://"+bucket+"/a"])
		}
		if kept := s.keptReasons("a"); len(kept) != 1 || !strings.Contains(kept[0], "broke off at byte 50000 of 100000") {
			t.Errorf("kept %q", kept)
		}
	})
}

func TestAnObjectThatIsReplacedWhileItIsReadIsReadAnew(t *testing.T) {
	bubble(t, func(s *station) {
		s.cloud.put(bucket, "a", content(100_000))
		s.cloud.send(announce("a"))
		replaced := false
		s.cloud.cut = func(_ string, from int64) (int, bool) {
			if from > 0 || replaced {
				return -1, false
			}
			replaced = true
			go s.cloud.put(bucket, "a", bytes.Repeat([]byte("new"), 40_000))
			return 50_000, false
		}
		s.start()
		s.await("deleted", s.empty)
		s.end()
		if got := s.got["s3://"+bucket+"/a"]; len(got) != 1 || !strings.HasPrefix(got[0], "newnew") {
			t.Errorf("read %d times, or a mixture", len(got))
		}
	})
}

// Whatever breaks off and whatever is refused: what is read whole is what was
// written.
func TestWhatIsReadToItsEndIsTheObject(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newCloud()
			data := content(rapid.OneOf(rapid.IntRange(0, 100), rapid.IntRange(chunkSize-2, chunkSize+2), rapid.IntRange(0, 5*chunkSize)).Draw(r, "size"))
			c.put(bucket, "a", data)
			c.cut = func(string, int64) (int, bool) {
				if !rapid.Bool().Draw(r, "cut") {
					return -1, false
				}
				return rapid.IntRange(0, 2*chunkSize).Draw(r, "after"), rapid.Bool().Draw(r, "short")
			}
			c.fails = func(string, string) error {
				if rapid.IntRange(0, 5).Draw(r, "fails") == 0 {
					return aws.NewError(rapid.SampledFrom([]aws.Kind{aws.Unreachable, aws.Throttled, aws.Denied}).Draw(r, "kind"), "now and then")
				}
				return nil
			}
			s := &source{s3: c, chunks: newChunks(rapid.SampledFrom([]int64{1, 4}).Draw(r, "memory")*chunkSize, 1)}
			s.env.Log = quiet()
			d, err := s.open(t.Context(), ref{bucket: bucket, key: "a"})
			if err != nil {
				return
			}
			defer d.Close()
			got, err := io.ReadAll(d)
			if err == nil && !bytes.Equal(got, data) {
				r.Fatalf("%d bytes of %d, and no error", len(got), len(data))
			}
			if !bytes.HasPrefix(data, got) {
				r.Fatal("what was read before it failed is not the object's begin")
			}
		})
	})
}

// One download that nobody reads takes all the memory that is shared. The others
// get on, and all of it is given back.
func TestDownloadsShareOneMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud()
		for i := range 8 {
			c.put(bucket, fmt.Sprint(i), content(20*chunkSize))
		}
		s := &source{s3: c, chunks: newChunks(16*chunkSize, 8)}
		s.env.Log = quiet()
		var all []*download
		for i := range 8 {
			d, err := s.open(t.Context(), ref{bucket: bucket, key: fmt.Sprint(i)})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, d)
		}
		synctest.Wait()
		waiting := 0
		for _, d := range all {
			waiting += len(d.ready)
		}
		if waiting != 16 {
			t.Errorf("%d chunks are in memory, want 16", waiting)
		}
		for _, d := range all[1:] {
			if n, err := io.Copy(io.Discard, onlyBytes{d}); n != 20*chunkSize || err != nil {
				t.Error(n, err)
			}
			d.Close()
		}
		all[0].Close()
		if n := len(s.chunks.free); n != 8 {
			t.Errorf("%d chunks were given back, want 8", n)
		}
	})
}

func TestADownloadEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud()
		c.put(bucket, "a", content(20*chunkSize))
		s := &source{s3: c, chunks: newChunks(chunkSize, 1)}
		s.env.Log = quiet()
		ctx, cancel := context.WithCancel(t.Context())
		d, err := s.open(ctx, ref{bucket: bucket, key: "a"})
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Minute, cancel)
		buf := make([]byte, chunkSize)
		for err == nil {
			_, err = d.Read(buf)
			time.Sleep(10 * time.Second)
		}
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		d.Close()
		if d.failed() != nil {
			t.Error("the object is blamed:", d.failed())
		}
	})
}

func TestATableIsReadAtOffsets(t *testing.T) {
	bubble(t, func(s *station) {
		data := append([]byte("PAR1"), content(5*chunkSize)...)
		s.cloud.put(bucket, "a", data)
		s.cloud.cut = func(_ string, from int64) (int, bool) {
			if from == 0 {
				return 2 * chunkSize, false
			}
			return -1, false
		}
		src := &source{s3: s.cloud, chunks: newChunks(2*chunkSize, 1)}
		src.env.Log, src.env.DataDir = quiet(), s.dir+"/not/yet"
		d, err := src.open(context.Background(), ref{bucket: bucket, key: "a"})
		if err != nil {
			t.Fatal(err)
		}
		head := make([]byte, 16) // as whoever looks whether it is one
		if _, err := io.ReadFull(d, head); err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{len(data) - 8, 0, 3 * chunkSize, 4} {
			got := make([]byte, 8)
			if _, err := d.ReadAt(got, int64(at)); err != nil || !bytes.Equal(got, data[at:at+8]) {
				t.Errorf("at %d: %q %v", at, got, err)
			}
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A Parquet file goes through the decoder that the
// pipeline reads with, though its body breaks off on the way.
func TestEveryRowOfAParquetFileIsRead(t *testing.T) {
	type flow struct {
		Version int32  `parquet:"version"`
		Account string `parquet:"account_id"`
		Bytes   int64  `parquet:"bytes"`
		Source  string `parquet:"srcaddr"`
		Status  string `parquet:"log_status"`
	}
	var file bytes.Buffer
	w := parquet.NewGenericWriter[flow](&file, parquet.Compression(&parquet.Snappy))
	const rows = 50_000
	for i := range rows {
		if _, err := w.Write([]flow{{2, "111122223333", int64(i) * 7919, fmt.Sprintf("10.0.%d.%d", i%251, i%241), "OK"}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	bubble(t, func(s *station) {
		s.cloud.put(bucket, "flows.parquet", file.Bytes())
		s.cloud.cut = func(_ string, from int64) (int, bool) {
			if from == 0 {
				return file.Len() / 2, true
			}
			return -1, false
		}
		src := &source{s3: s.cloud, chunks: newChunks(2*chunkSize, 1)}
		src.env.Log, src.env.DataDir = quiet(), s.dir
		d, err := src.open(context.Background(), ref{bucket: bucket, key: "flows.parquet"})
		if err != nil {
			t.Fatal(err)
		}
		var decoder decode.Decoder
		stream, err := decoder.Open(d, d.size)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(stream)
		if n := bytes.Count(text, []byte("\n")); err != nil || n != rows || !stream.Rows() {
			t.Errorf("%d lines, %v: %.200s", n, err, text)
		}
		stream.Close()
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
}
