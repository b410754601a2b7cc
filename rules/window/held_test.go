package window

import (
	"maps"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatIsHeldIsAsInAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h held
		want := map[seenKey]uint32{}
		for range rapid.IntRange(0, 3000).Draw(t, "steps") {
			// Few ids, some of them in one run of slots, so that they collide.
			k := seenKey{rapid.Uint32Range(0, 3).Draw(t, "second"), rapid.Uint64Range(0, 40).Draw(t, "id") * 1021}
			list, ok := h.get(k)
			if was, known := want[k]; ok != known || ok && list != was {
				t.Fatalf("%v: %d, %t; want %d, %t", k, list, ok, was, known)
			}
			want[k] = rapid.Uint32Range(0, 9).Draw(t, "list")
			h.set(k, want[k])
		}
		if got := maps.Collect(h.all()); h.n != len(want) || !maps.Equal(got, want) {
			t.Fatalf("%d are held, of which %d are told of; want %d", h.n, len(got), len(want))
		}
	})
}

func TestManyAreHeld(t *testing.T) {
	var h held
	for i := range uint64(10_000) {
		h.set(seenKey{1, i * 0x9e3779b97f4a7c15}, uint32(i))
	}
	for i := range uint64(10_000) {
		if list, ok := h.get(seenKey{1, i * 0x9e3779b97f4a7c15}); !ok || list != uint32(i) {
			t.Fatalf("%d is held as %d, %t", i, list, ok)
		}
	}
}
