package state_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/state"
)

// TestASweepReadsWhatARangeReads: whatever the stretches are, in whatever order
// they are asked for, and where one is left before its end.
func TestASweepReadsWhatARangeReads(t *testing.T) {
	s := open(t, vfs.NewMem(), "state")
	for _, space := range []state.Space{"a", "b", "c"} { // neighbours must not be read
		for i := 0; i < 100; i += 1 + i%3 {
			if err := s.Put(space, fmt.Sprintf("%03d", i), []byte(space)); err != nil {
				t.Fatal(err)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		w := s.Sweep("b")
		defer w.Close()
		for range rapid.IntRange(1, 20).Draw(t, "stretches") {
			from := rapid.IntRange(0, 110).Draw(t, "from")
			to := from + rapid.IntRange(-1, 12).Draw(t, "long")
			most := rapid.SampledFrom([]int{1, 2, 1000}).Draw(t, "most")
			got, want := map[string]string{}, map[string]string{}
			into := func(m map[string]string) func(key, value []byte) error {
				return func(key, value []byte) error {
					m[string(key)] = string(value)
					if len(m) == most {
						return state.ErrEnough
					}
					return nil
				}
			}
			low, high := fmt.Appendf(nil, "%03d", from), fmt.Appendf(nil, "%03d", to)
			if err := w.Range(low, high, into(got)); err != nil {
				t.Fatal(err)
			}
			if err := s.Range("b", low, high, into(want)); err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(got, want) {
				t.Fatalf("[%s, %s): %v, want %v", low, high, got, want)
			}
		}
	})
}
