package local

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/burstwatch/burstwatch/internal/event"
)

func TestOnlyTheOwnerReadsTheStore(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{Path: filepath.Join(dir, "odd name?#%.db")})
	mustWrite(t, s, fact{id: "1"}.event())
	for _, ending := range []string{"", "-wal", "-shm"} {
		if m := fileMode(t, filepath.Join(dir, "odd name?#%.db")+ending); m != 0o600 {
			t.Errorf("%q: %v", ending, m)
		}
	}
}

// TestADamagedStoreIsRefusedAndLeftAsItIs damages a store in every way that
// comes to mind; none may be taken for an empty one.
func TestADamagedStoreIsRefusedAndLeftAsItIs(t *testing.T) {
	damage := map[string]struct {
		do   func(t *testing.T, file string)
		says string
	}{
		"emptied": {func(t *testing.T, file string) { truncate(t, file, 0) }, "the file is empty"},
		"cut":     {func(t *testing.T, file string) { truncate(t, file, 5*pageSize) }, "malformed"},
		"header":  {func(t *testing.T, file string) { overwrite(t, file, 0, "not a database at all") }, "not a database"},
		"a page":  {func(t *testing.T, file string) { overwrite(t, file, 3*pageSize, strings.Repeat("\xee", 3*pageSize)) }, ""},
		"another program's": {func(t *testing.T, file string) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			db := must[*sql.DB](t)(connect(file, "rwc", nil, 1))
			if _, err := db.Exec("CREATE TABLE bookmarks (url TEXT)"); err != nil {
				t.Fatal(err)
			}
			_ = db.Close()
		}, "no store of burstwatch"},
		"newer": {func(t *testing.T, file string) {
			db := must[*sql.DB](t)(connect(file, "rw", nil, 1))
			if _, err := db.Exec("PRAGMA user_version=99"); err != nil {
				t.Fatal(err)
			}
			_ = db.Close()
		}, "newer burstwatch"},
		"gone but for its log": {func(t *testing.T, file string) {
			if err := errors.Join(os.Remove(file), os.WriteFile(file+"-wal", []byte("events"), 0o600)); err != nil {
				t.Fatal(err)
			}
		}, "-wal file"},
	}
	for name, d := range damage {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := mustOpen(t, dir, Options{Search: true})
			fill(t, s, 0, 200)
			if err := s.Close(ctx); err != nil {
				t.Fatal(err)
			}
			d.do(t, storeFile(dir))
			before, _ := os.ReadFile(storeFile(dir))
			_, err := Open(ctx, testEnv(dir), Defaults())
			if err == nil || !strings.Contains(err.Error(), d.says) || !strings.Contains(err.Error(), storeFile(dir)) {
				t.Errorf("the error is: %v", err)
			}
			if after, _ := os.ReadFile(storeFile(dir)); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

func truncate(t *testing.T, file string, size int64) {
	t.Helper()
	if err := os.Truncate(file, size); err != nil {
		t.Fatal(err)
	}
}

func overwrite(t *testing.T, file string, at int64, text string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte(text), at); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
}

func TestANewStoreCutShortIsMadeAgain(t *testing.T) {
	dir := t.TempDir()
	for _, ending := range []string{".new", ".new-wal", ".new-shm"} {
		if err := os.WriteFile(storeFile(dir)+ending, []byte("half a store"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mustWrite(t, mustOpen(t, dir, Options{}), fact{id: "1"}.event())
}

func TestThereIsNoStoreYet(t *testing.T) {
	if _, err := OpenStore(ctx, storeFile(t.TempDir())); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestEachMigrationIsDoneOnce(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{})
	mustWrite(t, s, fact{id: "1"}.event())
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
	db := must[*sql.DB](t)(connect(storeFile(dir), "rw", asWriter, 1))
	defer func() { _ = db.Close() }()
	steps := append(append([]string{}, migrations...), "ALTER TABLE events ADD COLUMN more TEXT", "UPDATE events SET more = coalesce(more, '') || 'x'")
	for range 2 {
		if err := migrate(ctx, db, "x", steps); err != nil {
			t.Fatal(err)
		}
	}
	var more string
	if err := db.QueryRow("SELECT more FROM events").Scan(&more); err != nil || more != "x" {
		t.Errorf("%q %v", more, err)
	}
	// One that fails leaves the layout that was there, and says which it was.
	broken := append(steps, "CREATE TABLE half (x); CREATE TABLE half (x)")
	if err := migrate(ctx, db, "x", broken); err == nil || !strings.Contains(err.Error(), "to layout 4") {
		t.Error(err)
	}
	if v := must[int](t)(layout(ctx, db)); v != 3 {
		t.Errorf("layout %d", v)
	}
	if _, err := db.Exec("SELECT * FROM half"); err == nil {
		t.Error("half of a migration stayed")
	}
	if _, err := OpenStore(ctx, storeFile(dir)); err == nil || !strings.Contains(err.Error(), "layout is version 3") {
		t.Error(err)
	}
}

func TestAnotherProcessMayReadMeanwhile(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{Search: true})
	store := must[*Store](t)(OpenStore(ctx, storeFile(dir)))
	defer func() { _ = store.Close() }()
	slow := must[*sql.Tx](t)(store.db.Begin()) // sees one moment, for long
	defer func() { _ = slow.Rollback() }()
	seen := func() (n int) {
		if err := slow.QueryRow("SELECT count(*) FROM events").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	mustWrite(t, s, trail(0))
	if seen() != 1 {
		t.Fatal("the slow reader sees nothing")
	}
	for i := 1; i < 20; i++ {
		mustWrite(t, s, trail(i))
		if p := paged[EventRow](t)(store.Events(ctx, Filter{})); len(p.list) != i+1 {
			t.Fatalf("after %d writes the reader sees %d", i+1, len(p.list))
		}
	}
	if n := seen(); n != 1 {
		t.Errorf("the slow reader's moment moved: %d events", n)
	}
	if _, err := store.db.Exec("DELETE FROM events"); err == nil {
		t.Error("the reader could write")
	}
}

func TestAStoreThatIsFullSaysSoAndGoesOn(t *testing.T) {
	s := mustOpen(t, t.TempDir(), Options{Search: true})
	fill(t, s, 0, 100)
	var pages int
	if err := s.db.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Exec("PRAGMA max_page_count=" + strconv.Itoa(pages+2)); err != nil {
		t.Fatal(err)
	}
	var batch []*event.Event
	for i := range 500 {
		batch = append(batch, trail(1000+i))
	}
	if err := s.Write(context.Background(), batch); err == nil || !strings.Contains(err.Error(), "disk is full") || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the error is: %v", err)
	}
	if p := paged[EventRow](t)(s.Store().Events(ctx, Filter{Limit: 1000})); len(p.list) != 100 {
		t.Errorf("%d events after a failed Write", len(p.list))
	}
	if _, err := s.db.Exec("PRAGMA max_page_count=1000000"); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, s, batch...)
	if p := paged[EventRow](t)(s.Store().Events(ctx, Filter{Limit: 1000})); len(p.list) != 600 {
		t.Errorf("%d events", len(p.list))
	}
	sound(t, s)
}

func TestWrongOptionsAreNamed(t *testing.T) {
	err := (&Options{MaxSize: 5, MaxAge: 1, AlertsMaxAge: 2}).Validate()
	for _, want := range []string{"max_size: want 0 (no limit) or at least 10MB", "max_age: want 0", "alerts_max_age: want 0"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	d := Defaults()
	if err := d.Validate(); err != nil {
		t.Error(err)
	}
	if d.File("/data/sinks/local") != "/data/sinks/local/local.db" {
		t.Error(d.File("/data/sinks/local"))
	}
}
