package file

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/plugin"
)

// BenchmarkList is the listing of 10,000 files as they lie in S3.
func BenchmarkList(b *testing.B) {
	root := manyFiles(b, 10_000)
	for b.Loop() {
		if found, _, err := List([]string{root}); len(found) != 10_000 || err != nil {
			b.Fatal(len(found), err)
		}
	}
}

// BenchmarkLookAgain is one poll over 10,000 files that are known and have not
// changed.
func BenchmarkLookAgain(b *testing.B) {
	o := defaults()
	o.Paths = []string{manyFiles(b, 10_000)}
	s := newSource(plugin.Env{Name: "bench", Log: slog.New(slog.DiscardHandler), Now: time.Now}, o)
	s.look()
	for k := s.take(); k != nil; k = s.take() {
		s.emit(context.Background(), swallow{}, k)
	}
	for b.Loop() {
		s.look()
	}
	if k := s.take(); k != nil {
		b.Fatalf("%s is to be read again", k.Path)
	}
}

// BenchmarkOpen is what one file costs beside its content.
func BenchmarkOpen(b *testing.B) {
	root := manyFiles(b, 1)
	found, _, err := List([]string{root})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		o, err := Open(found[0].Path, "scan")
		if err != nil {
			b.Fatal(err)
		}
		_ = o.Body.Close()
	}
}

// swallow takes objects and settles them unread.
type swallow struct{}

func (swallow) Frontier(ingest.Frontier) {}

func (swallow) Object(_ context.Context, o *ingest.Object) error {
	_ = o.Body.Close()
	o.Settled(nil)
	return nil
}

func manyFiles(b *testing.B, n int) string {
	b.Helper()
	root := b.TempDir()
	content := gz("{\"Records\":[]}\n")
	for i := range n {
		dir := filepath.Join(root, fmt.Sprintf("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/%02d", i%30))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			b.Fatal(err)
		}
		name := fmt.Sprintf("111122223333_CloudTrail_eu-west-1_202611%02dT%02d%02dZ_%06d.json.gz", i%30, i/60%24, i%60, i)
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return root
}
