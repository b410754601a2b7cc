package state_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/internal/state"
)

// BenchmarkPut is one checkpoint, lazily.
func BenchmarkPut(b *testing.B) {
	s := open(b, vfs.Default, b.TempDir())
	value := make([]byte, 100)
	var keys [1000]string
	for i := range keys {
		keys[i] = fmt.Sprintf("file/%064d", i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := s.Put(state.Source("local"), keys[i%len(keys)], value); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMemory is what the store holds while a hundred thousand positions
// are kept and read.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		s := open(b, vfs.Default, b.TempDir())
		value := make([]byte, 100)
		for i := range 100_000 {
			if err := s.Put(state.Source("local"), fmt.Sprintf("file/%064d", i), value); err != nil {
				b.Fatal(err)
			}
		}
		n := 0
		if err := s.Scan(state.Source("local"), "", func(string, []byte) error { n++; return nil }); err != nil || n != 100_000 {
			b.Fatal(n, err)
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapInuse)/1e6, "heap-MB")
		b.ReportMetric(float64(m.Sys)/1e6, "sys-MB")
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
