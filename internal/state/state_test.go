package state_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/state"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, fs vfs.FS, dir string) *state.Store {
	t.Helper()
	s, err := state.Open(fs, dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func scan(t testing.TB, s *state.Store, space state.Space, prefix string) map[string]string {
	t.Helper()
	got, last := map[string]string{}, ""
	err := s.Scan(space, prefix, func(key string, value []byte) error {
		if len(got) > 0 && key <= last {
			t.Errorf("key %q came after %q", key, last)
		}
		got[key], last = string(value), key
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestReopenedStoreHasWhatWasPut(t *testing.T) {
	dir := t.TempDir()
	s := open(t, vfs.Default, dir)
	for i := range 100 {
		if err := s.Put(state.Source("a"), fmt.Sprint("key", i), fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, vfs.Default, dir)
	if got := scan(t, s, state.Source("a"), "key"); len(got) != 100 || got["key42"] != "42" {
		t.Fatalf("after reopening: %v", got)
	}
	if v, err := s.Get(state.Source("a"), "none"); v != nil || err != nil {
		t.Fatalf("an absent key gave %q, %v", v, err)
	}
}

// A space is told from another whose name begins alike, and from keys that
// look like it.
func TestSpacesKeepApart(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := open(t, vfs.NewMem(), "s")
		defer s.Close()
		model := map[state.Space]map[string]string{}
		spaces := rapid.SampledFrom([]state.Space{"a", "a/b", "ab", state.Source("x"), state.Source("xy")})
		keys := rapid.SampledFrom([]string{"", "\x00", "a", "a\x00", "\xff", "\xff\xff", "\xff\x00", "k1", "k2"})
		for range rapid.IntRange(1, 60).Draw(rt, "ops") {
			sp, k := spaces.Draw(rt, "space"), keys.Draw(rt, "key")
			if model[sp] == nil {
				model[sp] = map[string]string{}
			}
			b := s.NewBatch()
			switch rapid.IntRange(0, 5).Draw(rt, "op") {
			case 0:
				b.Delete(sp, k)
				delete(model[sp], k)
			case 1:
				b.Clear(sp, k)
				maps.DeleteFunc(model[sp], func(have, _ string) bool { return strings.HasPrefix(have, k) })
			default:
				v := rapid.String().Draw(rt, "value")
				b.Put(sp, k, []byte(v))
				model[sp][k] = v
			}
			if err := b.Commit(rapid.Bool().Draw(rt, "sync")); err != nil {
				rt.Fatal(err)
			}
		}
		prefix := keys.Draw(rt, "prefix")
		for sp, want := range model {
			want := maps.Clone(want)
			maps.DeleteFunc(want, func(k, _ string) bool { return !strings.HasPrefix(k, prefix) })
			if got := scan(t, s, sp, prefix); !maps.Equal(got, want) {
				rt.Fatalf("space %q, prefix %q: %q, want %q", sp, prefix, got, want)
			}
			for k, v := range want {
				if got, err := s.Get(sp, k); err != nil || string(got) != v {
					rt.Fatalf("%q %q: %q, %v; want %q", sp, k, got, err, v)
				}
			}
		}
	})
}

func TestScanEndsWithTheErrorOfItsFunction(t *testing.T) {
	s := open(t, vfs.NewMem(), "s")
	stop := errors.New("enough")
	for _, k := range []string{"a", "b"} {
		if err := s.Put("x", k, nil); err != nil {
			t.Fatal(err)
		}
	}
	var seen []string
	err := s.Scan("x", "", func(key string, _ []byte) error { seen = append(seen, key); return stop })
	if !errors.Is(err, stop) || !slices.Equal(seen, []string{"a"}) {
		t.Fatalf("saw %q, error %v", seen, err)
	}
}

func TestSecondOpenNamesTheFolderAndWhatToDo(t *testing.T) {
	dir := t.TempDir()
	if used, err := state.InUse(vfs.Default, dir); err != nil || used {
		t.Errorf("a store that nobody has is said to be in use: %v %v", used, err)
	}
	open(t, vfs.Default, dir)
	_, err := state.Open(vfs.Default, dir, slog.New(slog.DiscardHandler))
	if used, err := state.InUse(vfs.Default, dir); err != nil || !used {
		t.Errorf("a store that is open is said to be free: %v %v", used, err)
	}
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "in use by another process") {
		t.Fatalf("the error is %v", err)
	}
}

func TestClosedStoreAnswersWithAnError(t *testing.T) {
	s := open(t, vfs.NewMem(), "s")
	early := s.NewBatch()
	early.Put("a", "b", nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	late := s.NewBatch()
	late.Put("a", "b", nil)
	late.Delete("a", "b")
	late.Clear("a", "")
	_, getErr := s.Get("a", "b")
	for what, err := range map[string]error{
		"get": getErr, "put": s.Put("a", "b", nil), "delete": s.Delete("a", "b"), "sync": s.Sync(), "close": s.Close(),
		"scan":        s.Scan("a", "", func(string, []byte) error { return nil }),
		"early batch": early.Commit(true), "late batch": late.Commit(true),
	} {
		if !errors.Is(err, state.ErrClosed) {
			t.Errorf("%s after Close: %v", what, err)
		}
	}
}

// However often and in whatever order values are joined, before and after they
// reach the disk, one comes out.
func TestJoinedValuesDependOnNoOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := open(t, vfs.NewMem(), "s")
		defer s.Close()
		values := rapid.SliceOfN(rapid.SliceOfN(rapid.Int64Range(-1000, 1000), 0, 3), 1, 20).Draw(rt, "values")
		sums, least := make([]int64, 3), ""
		for i, list := range rapid.Permutation(values).Draw(rt, "order") {
			var number []byte
			for k, x := range list {
				number = binary.AppendVarint(number, x)
				sums[k] += x
			}
			text := fmt.Sprint(list)
			if i == 0 || text < least {
				least = text
			}
			b := s.NewBatch()
			b.Join("x", []byte("sum"), state.Sum, number)
			b.Join("x", []byte("least"), state.Least, []byte(text))
			if err := b.Commit(rapid.Bool().Draw(rt, "sync")); err != nil {
				rt.Fatal(err)
			}
		}
		got := map[string]string{}
		if err := s.Range("x", nil, nil, func(k, v []byte) error { got[string(k)] = string(state.Joined(v)); return nil }); err != nil {
			rt.Fatal(err)
		}
		rest := []byte(got["sum"])
		for i, want := range sums {
			x, n := binary.Varint(rest)
			rest = rest[max(n, 0):]
			if x != want {
				rt.Errorf("number %d is %d, want %d", i, x, want)
			}
		}
		if got["least"] != least {
			rt.Errorf("the least is %q, want %q", got["least"], least)
		}
	})
}

func TestATemporaryStoreLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	s, err := state.OpenTemporary(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	b := s.NewBatch()
	b.Put("x", "y", []byte("z"))
	if err := errors.Join(b.Commit(true), s.Sync()); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Get("x", "y"); string(v) != "z" || err != nil {
		t.Fatalf("%q, %v", v, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
