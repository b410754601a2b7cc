package cloudtrail

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
)

// TestAUnionIsTheGroupOfBoth holds what is put together of rendered members to a
// group that all were added to.
func TestAUnionIsTheGroupOfBoth(t *testing.T) {
	words := rapid.SliceOfN(rapid.StringMatching(`[AZa]{0,2}[ab:]{0,2}`), 0, 8)
	rapid.Check(t, func(t *rapid.T) {
		var (
			s     event.Scratch
			known rendered
			more  group
			both  group
		)
		for _, w := range words.Draw(t, "known") {
			known.add([]byte(w))
			both.add([]byte(w))
		}
		known.render()
		for _, w := range words.Draw(t, "more") {
			more.add([]byte(w))
			both.add([]byte(w))
		}
		if both.n == 0 {
			return
		}
		if got, want := known.appendUnion([]byte("x"), more.members()), both.value(&s).Bytes; string(got) != "x"+string(want) {
			t.Fatalf("%s, not %s", got, want)
		}
	})
}
