package quarantine_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/quarantine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func read(t testing.TB, files vfs.FS, dir string) (got []quarantine.Record, damaged int) {
	t.Helper()
	damaged, err := quarantine.Read(files, dir, func(r quarantine.Record) error { got = append(got, r); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return got, damaged
}

func open(t testing.TB, files vfs.FS, dir string, max int64) *quarantine.Store {
	t.Helper()
	s, err := quarantine.Open(files, dir, max)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func lines(texts ...string) []byte {
	var out []byte
	for i, text := range texts {
		out = (&quarantine.Record{Source: "s", Offset: int64(i), Raw: []byte(text)}).Append(out)
	}
	return out
}

func TestRecordsAreReadAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.String()
		want := quarantine.Record{
			Time:   time.Unix(0, rapid.Int64Range(0, 1<<61).Draw(rt, "time")).UTC(),
			Source: text.Draw(rt, "source"), Origin: text.Draw(rt, "origin"), Dataset: text.Draw(rt, "dataset"),
			Reason: text.Draw(rt, "reason"), Sink: text.Draw(rt, "sink"), ID: text.Draw(rt, "id"),
			Identity: rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(rt, "identity"),
			Offset:   rapid.Int64Min(0).Draw(rt, "offset"), Redacted: rapid.Bool().Draw(rt, "redacted"),
			Part: rapid.IntRange(0, 9).Draw(rt, "part"), More: rapid.Bool().Draw(rt, "more"),
		}
		if rapid.Bool().Draw(rt, "binary") {
			want.Raw = rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(rt, "raw")
		} else {
			want.Raw = []byte(text.Draw(rt, "raw text"))
		}
		line := want.Append(nil)
		if bytes.IndexByte(line, '\n') != len(line)-1 {
			rt.Fatalf("not one line: %q", line)
		}
		got, err := quarantine.Parse(line)
		if err != nil {
			rt.Fatal(err)
		}
		if !bytes.Equal(got.Raw, want.Raw) {
			rt.Fatalf("raw is %q, want %q", got.Raw, want.Raw)
		}
		got.Raw, want.Raw = nil, nil
		if !reflect.DeepEqual(got, want) {
			rt.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

// What Write has acknowledged is there after a crash, whatever else the file
// system kept or forgot.
func TestWhatIsAcknowledgedSurvivesACrash(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 0))
		files := vfs.NewCrashableMem()
		s := open(t, files, "a/b/quarantine", 1<<30)
		want := map[string]bool{}
		for i := range rng.IntN(20) {
			text := fmt.Sprint("record ", i)
			if err := s.Write(lines(text)); err != nil {
				t.Fatal(err)
			}
			want[text] = true
			if rng.IntN(4) == 0 {
				_ = s.Close()
			}
		}
		after := files.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
		got, _ := read(t, after, "a/b/quarantine")
		for _, r := range got {
			delete(want, string(r.Raw))
		}
		if len(want) > 0 {
			t.Fatalf("seed %d: lost %v", seed, want)
		}
		// The next process goes on beside it.
		next := open(t, after, "a/b/quarantine", 1<<30)
		if err := next.Write(lines("later")); err != nil {
			t.Fatal(err)
		}
		if again, _ := read(t, after, "a/b/quarantine"); len(again) != len(got)+1 {
			t.Fatalf("seed %d: %d records after a restart and one more, want %d", seed, len(again), len(got)+1)
		}
	}
}

func TestDamagedLinesAreCountedAndTheRestIsRead(t *testing.T) {
	files := vfs.NewMem()
	good := lines("one", "two")
	half := lines("three")
	data := append(append(append(bytes.Clone(good[:len(good)/2]), make([]byte, 50)...), '\n'), good...)
	data = append(data, half[:len(half)-3]...)
	_ = files.MkdirAll("q", 0o700)
	for _, name := range []string{"q/quarantine-00000001.ndjson", "q/notes.txt"} {
		f, err := files.Create(name, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.Write(bytes.Clone(data))
		_ = f.Close()
	}
	got, damaged := read(t, files, "q")
	if len(got) < 2 || damaged != 2 {
		t.Fatalf("%d records, %d damaged lines", len(got), damaged)
	}
}

func TestFullQuarantineSaysSoAndTakesMoreWhenSegmentsAreRemoved(t *testing.T) {
	files := vfs.NewMem()
	s := open(t, files, "q", 300)
	var err error
	for n := 0; err == nil; n++ {
		if n > 10 {
			t.Fatal("the size is not held")
		}
		err = s.Write(lines("something to keep"))
		_ = s.Close()
	}
	if !errors.Is(err, quarantine.ErrFull) {
		t.Fatal(err)
	}
	if got, _ := read(t, files, "q"); len(got) == 0 {
		t.Fatal("nothing was kept before it was full")
	}
	if err := files.RemoveAll("q"); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(lines("after")); err != nil {
		t.Fatalf("after making room: %v", err)
	}
	if got, _ := read(t, files, "q"); len(got) != 1 {
		t.Fatalf("kept %d records, want 1", len(got))
	}
}

// failing fails writes or syncs for as long as err is set.
type failing struct {
	vfs.FS
	write, sync error
}

type failingFile struct {
	vfs.File
	fs *failing
}

func (f *failing) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, c)
	return failingFile{file, f}, err
}

func (f failingFile) Write(p []byte) (int, error) {
	if f.fs.write != nil {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, f.fs.write
	}
	return f.File.Write(p)
}

func (f failingFile) Sync() error {
	if f.fs.sync != nil {
		return f.fs.sync
	}
	return f.File.Sync()
}

func TestFailedWriteIsWrittenAgainWhole(t *testing.T) {
	files := &failing{FS: vfs.NewMem()}
	s := open(t, files, "q", 1<<20)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.Write(lines("one")))
	for range 50 {
		files.write = syscall.ENOSPC
		if err := s.Write(lines("two")); !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		files.write, files.sync = nil, syscall.EIO
		if err := s.Write(lines("two")); !errors.Is(err, syscall.EIO) {
			t.Fatal(err)
		}
		files.sync = nil
	}
	must(s.Write(lines("two")))
	got, damaged := read(t, files, "q")
	if len(got) != 2 || string(got[0].Raw) != "one" || string(got[1].Raw) != "two" || damaged != 1 {
		t.Fatalf("%d records, %d damaged: %+v", len(got), damaged, got)
	}
	if names, _ := files.List("q"); len(names) != 2 {
		t.Fatalf("failed attempts left files: %v", names)
	}
}

// What is removed is gone, and nothing else, also where the process dies on the way.
func TestARemovalTakesNothingElse(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 0))
		files := vfs.NewCrashableMem()
		for i := range 3 {
			s := open(t, files, "q", 1<<30)
			if err := s.Write(lines(fmt.Sprint(i, "a"), fmt.Sprint(i, "b"), fmt.Sprint(i, "c"))); err != nil {
				t.Fatal(err)
			}
			_ = s.Close()
		}
		var places []quarantine.Place
		want := map[string]bool{}
		_, err := quarantine.Walk(files, "q", func(p quarantine.Place, r quarantine.Record) error {
			if again, err := quarantine.ParsePlace(p.String()); err != nil || again != p {
				t.Errorf("%v is read as %v: %v", p, again, err)
			}
			if rng.IntN(2) == 0 {
				places = append(places, p)
			} else {
				want[string(r.Raw)] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := quarantine.Remove(files, "q", places); err != nil {
			t.Fatal(err)
		}
		after := files.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
		for _, disk := range []vfs.FS{files, after} {
			got, damaged := read(t, disk, "q")
			if damaged > 0 || len(got) != len(want) {
				t.Fatalf("seed %d: %d records and %d damaged, want %d", seed, len(got), damaged, len(want))
			}
			for _, r := range got {
				if !want[string(r.Raw)] {
					t.Fatalf("seed %d: %s is there", seed, r.Raw)
				}
			}
		}
	}
}
