package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/spool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const dir = "data/spool/sink"

func open(t testing.TB, files vfs.FS, most int64) *spool.Spool {
	t.Helper()
	s, err := spool.Open(files, dir, most)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func record(i, size int) spool.Record {
	r := spool.Record{Time: int64(i), Since: 1, Offset: int64(i), Dataset: "aws.cloudtrail", Source: "s", Origin: "o", Identity: []byte("id")}
	r.ID[0], r.ID[1], r.ID[2] = byte(i), byte(i>>8), byte(i>>16)
	r.Doc = fmt.Appendf(nil, `{"n":"%06d","pad":"%s"}`, i, strings.Repeat("x", size))
	return r
}

func write(t testing.TB, s *spool.Spool, from, n, size int) {
	t.Helper()
	var list [][]byte
	for i := from; i < from+n; i++ {
		r := record(i, size)
		list = append(list, r.Append(nil))
	}
	if err := s.Write(list, 1); err != nil {
		t.Fatal(err)
	}
}

// drain reads everything and says that it is done.
func drain(t testing.TB, s *spool.Spool) (got []int, damaged []spool.Damage) {
	t.Helper()
	for {
		c, err := s.Read(7, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if c == nil {
			return got, damaged
		}
		for _, r := range c.Records {
			got = append(got, int(r.Time))
		}
		damaged = append(damaged, c.Damaged...)
		s.Done(c)
		if err := s.Settle(); err != nil {
			t.Fatal(err)
		}
	}
}

func numbers(from, to int) (all []int) {
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

func TestRecordsComeBackAsTheyWereInOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		files := vfs.NewMem()
		s, err := spool.Open(files, dir, 1<<30)
		if err != nil {
			rt.Fatal(err)
		}
		var want, got []spool.Record
		var list [][]byte
		text := rapid.String()
		for range rapid.IntRange(1, 20).Draw(rt, "records") {
			r := spool.Record{
				Time: rapid.Int64().Draw(rt, "time"), Created: rapid.Int64().Draw(rt, "created"), Since: 1, Offset: rapid.Int64().Draw(rt, "offset"),
				Dataset: text.Draw(rt, "dataset"), Source: text.Draw(rt, "source"), Origin: text.Draw(rt, "origin"),
				Identity: rapid.SliceOf(rapid.Byte()).Draw(rt, "identity"), Doc: rapid.SliceOf(rapid.Byte()).Draw(rt, "doc"),
			}
			want, list = append(want, r), append(list, r.Append(nil))
		}
		if err := s.Write(list, 1); err != nil {
			rt.Fatal(err)
		}
		for {
			c, err := s.Read(3, 100)
			if err != nil {
				rt.Fatal(err)
			}
			if c == nil {
				break
			}
			got = append(got, c.Records...)
			s.Done(c)
		}
		for i := range want {
			if string(want[i].Doc) != string(got[i].Doc) || string(want[i].Identity) != string(got[i].Identity) {
				rt.Fatalf("record %d: %q, want %q", i, got[i].Doc, want[i].Doc)
			}
			got[i].Doc, want[i].Doc, got[i].Identity, want[i].Identity = nil, nil, nil, nil
		}
		if !reflect.DeepEqual(want, got) {
			rt.Fatalf("got %+v, want %+v", got, want)
		}
		if err := s.Close(); err != nil {
			rt.Fatal(err)
		}
	})
}

// What is done with frees its room, a segment at a time, and a spool that is
// empty leaves no file.
func TestWhatIsDoneWithIsRemoved(t *testing.T) {
	files := vfs.NewMem()
	s := open(t, files, 64<<10)
	defer s.Close()
	var full int
	for i := 0; ; i += 10 {
		var list [][]byte
		for k := i; k < i+10; k++ {
			r := record(k, 100)
			list = append(list, r.Append(nil))
		}
		err := s.Write(list, 1)
		if errors.Is(err, spool.ErrFull) {
			full = i
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if st := s.Stats(); st.Bytes > 64<<10 || st.Records != int64(full) || st.Oldest.IsZero() {
		t.Errorf("a full spool: %+v, %d records", st, full)
	}
	c, err := s.Read(full/2, 1<<20)
	for ; err == nil && len(c.Records) > 0 && int(c.Records[0].Time) < full/2; c, err = s.Read(full/2, 1<<20) {
		s.Done(c)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Settle(); err != nil {
		t.Fatal(err)
	}
	write(t, s, full, 10, 100) // there is room again
	s.Done(c)
	if got, _ := drain(t, s); got[len(got)-1] != full+9 {
		t.Errorf("the last one is %d, want %d", got[len(got)-1], full+9)
	}
	if names, _ := files.List(dir); len(names) > 0 || !s.Empty() {
		t.Errorf("left on disk: %v", names)
	}
}

// Whatever is Done, in any order: after a restart all that was not comes again,
// and little that was.
func TestARestartGoesOnWhereItWas(t *testing.T) {
	files := vfs.NewMem()
	s := open(t, files, 1<<20)
	write(t, s, 0, 100, 50)
	var chunks []*spool.Chunk
	for range 10 {
		c, err := s.Read(10, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		chunks = append(chunks, c)
	}
	for _, i := range []int{0, 1, 2, 5, 4} {
		s.Done(chunks[i])
		if err := s.Settle(); err != nil {
			t.Fatal(err)
		}
	}
	if st := s.Stats(); st.Records != 70 {
		t.Errorf("%d records wait, want 70", st.Records)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, files, 1<<20)
	defer again.Close()
	if st := again.Stats(); st.Records != 70 || st.Oldest.IsZero() {
		t.Errorf("after a restart %+v, want 70 records", st)
	}
	write(t, again, 100, 5, 50)
	if got, _ := drain(t, again); !reflect.DeepEqual(got, numbers(30, 105)) {
		t.Errorf("got %v", got)
	}
}

// What Write has acknowledged and Done has not is there after a crash, whatever
// else the file system kept or forgot.
func TestWhatIsAcknowledgedSurvivesACrash(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 0))
		files := vfs.NewCrashableMem()
		waits, next := map[int]bool{}, 0
		for range 1 + rng.IntN(4) {
			s := open(t, files, 40<<10)
			for range rng.IntN(30) {
				if rng.IntN(3) > 0 {
					n := 1 + rng.IntN(10)
					var list [][]byte
					for i := next; i < next+n; i++ {
						r := record(i, rng.IntN(400))
						list = append(list, r.Append(nil))
					}
					if err := s.Write(list, 1); errors.Is(err, spool.ErrFull) {
						continue
					} else if err != nil {
						t.Fatal(err)
					}
					for i := next; i < next+n; i++ {
						waits[i] = true
					}
					next += n
					continue
				}
				c, err := s.Read(1+rng.IntN(20), int64(rng.IntN(4000)))
				if err != nil {
					t.Fatal(err)
				}
				if c == nil || rng.IntN(5) == 0 {
					continue // not done with
				}
				for _, r := range c.Records {
					delete(waits, int(r.Time))
				}
				s.Done(c)
				if rng.IntN(2) == 0 {
					_ = s.Settle()
				}
			}
			after := files.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
			_ = s.Close()
			files = after
		}
		s := open(t, files, 40<<10)
		got, _ := drain(t, s)
		_ = s.Close()
		for _, i := range got {
			delete(waits, i)
		}
		if len(waits) > 0 {
			t.Fatalf("seed %d: lost %v of %d", seed, waits, next)
		}
	}
}

// A damaged record costs itself alone, wherever it is hit, and its bytes are
// handed out.
func TestADamagedRecordCostsItselfAlone(t *testing.T) {
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 0))
		files := vfs.NewMem()
		s := open(t, files, 1<<20)
		write(t, s, 0, 20, 60)
		_ = s.Close()
		name := files.PathJoin(dir, "spool-00000001.seg")
		text := contents(t, files, name)
		size := len(text) / 20
		hit := rng.IntN(20)
		for range 1 + rng.IntN(3) {
			text[hit*size+rng.IntN(size-8)] ^= byte(1 + rng.IntN(255))
		}
		put(t, files, name, text)
		s = open(t, files, 1<<20)
		got, damaged := drain(t, s)
		_ = s.Close()
		want := append(numbers(0, hit), numbers(hit+1, 20)...)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: record %d is damaged; got %v", seed, hit, got)
		}
		if len(damaged) != 1 || len(damaged[0].Raw) != size || damaged[0].Offset != int64(hit*size) || hit < 19 && damaged[0].Records != 1 {
			t.Fatalf("seed %d: damage %d+%d: %+v", seed, hit*size, size, damaged)
		}
	}
}

// A frame that somebody has written into a log is none.
func TestAForgedFrameIsNone(t *testing.T) {
	files := vfs.NewMem()
	s := open(t, files, 1<<20)
	inner := record(666, 1)
	forged := append([]byte("\xffBW\x00"), make([]byte, 12)...)
	r := record(0, 10)
	r.Doc = append(append(r.Doc, forged...), inner.Append(nil)...)
	if err := s.Write([][]byte{r.Append(nil)}, 1); err != nil {
		t.Fatal(err)
	}
	write(t, s, 1, 3, 10)
	_ = s.Close()
	name := files.PathJoin(dir, "spool-00000001.seg")
	text := contents(t, files, name)
	text[20] ^= 1
	put(t, files, name, text)
	s = open(t, files, 1<<20)
	defer s.Close()
	got, damaged := drain(t, s)
	if !reflect.DeepEqual(got, numbers(1, 4)) || len(damaged) != 1 {
		t.Errorf("got %v, damage %+v", got, damaged)
	}
}

// Any bytes at all in a segment: reading ends, and what is whole behind them
// comes.
func FuzzAnyBytesAreReadToTheirEnd(f *testing.F) {
	f.Add([]byte("\xffBW\x00\x00\x00\x00\x00"), uint16(3))
	f.Add([]byte{}, uint16(0))
	f.Fuzz(func(t *testing.T, rubbish []byte, at uint16) {
		files := vfs.NewMem()
		s := open(t, files, 1<<20)
		write(t, s, 0, 3, 20)
		_ = s.Close()
		name := files.PathJoin(dir, "spool-00000001.seg")
		text := contents(t, files, name)
		i := int(at) % (len(text) + 1)
		put(t, files, name, append(append(bytes.Clone(text[:i]), rubbish...), text[i:]...))
		s = open(t, files, 1<<20)
		drain(t, s)
		if names, _ := files.List(dir); len(names) > 0 {
			t.Errorf("left: %v", names)
		}
		_ = s.Close()
	})
}

// A disk that is full, or fails, stops the writing and loses nothing; then it
// goes on.
func TestAFullDiskStopsAndGoesOn(t *testing.T) {
	for _, what := range []string{"write", "sync", "create", "folder"} {
		files := &failing{FS: vfs.NewMem()}
		s := open(t, files, 1<<20)
		write(t, s, 0, 5, 10)
		if what == "create" || what == "folder" {
			drain(t, s)
		}
		files.what = what
		r := record(5, 10)
		for range 3 {
			if err := s.Write([][]byte{r.Append(nil)}, 1); !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("%s: %v", what, err)
			}
		}
		files.what = ""
		write(t, s, 5, 5, 10)
		got, damaged := drain(t, s)
		want := numbers(0, 10)
		if what == "create" || what == "folder" {
			want = numbers(5, 10)
		}
		if !reflect.DeepEqual(got, want) || len(damaged) > 0 {
			t.Errorf("%s: got %v, damage %v", what, got, damaged)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A sector that the disk does not give back costs what lies in it.
func TestASectorThatCannotBeReadCostsWhatLiesInIt(t *testing.T) {
	files := &failing{FS: vfs.NewMem()}
	s := open(t, files, 1<<20)
	write(t, s, 0, 300, 100)
	_ = s.Close()
	files.bad = []int64{8192, 20480}
	s = open(t, files, 1<<20)
	defer s.Close()
	seen, lost, failures := map[int]bool{}, 0, 0
	for {
		c, err := s.Read(50, 1<<20)
		if err != nil {
			if failures++; failures > 100 {
				t.Fatal("it never goes on:", err)
			}
			continue
		}
		if c == nil {
			break
		}
		for _, r := range c.Records {
			seen[int(r.Time)] = true
		}
		lost += len(c.Damaged)
		s.Done(c)
	}
	if len(seen) < 200 || lost < 2 {
		t.Errorf("%d of 300 were read, %d stretches lost, after %d failures", len(seen), lost, failures)
	}
}

func contents(t testing.TB, files vfs.FS, name string) []byte {
	t.Helper()
	f, err := files.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func put(t testing.TB, files vfs.FS, name string, text []byte) {
	t.Helper()
	f, err := files.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(text); err != nil {
		t.Fatal(err)
	}
}

// failing is a disk that fails in one way.
type failing struct {
	vfs.FS
	what string
	bad  []int64 // offsets that cannot be read
}

type failingFile struct {
	vfs.File
	d *failing
}

func (d *failing) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if d.what == "create" {
		return nil, syscall.ENOSPC
	}
	f, err := d.FS.Create(name, c)
	return &failingFile{f, d}, err
}

func (d *failing) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := d.FS.Open(name, o...)
	if err != nil {
		return nil, err
	}
	return &failingFile{f, d}, nil
}

func (d *failing) OpenDir(name string) (vfs.File, error) {
	f, err := d.FS.OpenDir(name)
	if d.what == "folder" && err == nil {
		return &failingFile{f, d}, nil
	}
	return f, err
}

func (f *failingFile) Write(p []byte) (int, error) {
	if f.d.what == "write" {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, syscall.ENOSPC
	}
	return f.File.Write(p)
}

func (f *failingFile) Sync() error {
	if f.d.what == "sync" || f.d.what == "folder" {
		return syscall.ENOSPC
	}
	return f.File.Sync()
}

func (f *failingFile) ReadAt(p []byte, at int64) (int, error) {
	for _, bad := range f.d.bad {
		if bad >= at && bad < at+int64(len(p)) {
			return 0, syscall.EIO
		}
	}
	return f.File.ReadAt(p, at)
}
