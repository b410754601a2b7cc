package detect

import (
	"bytes"
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
)

// kept is what an owner keeps of notes: the least value of each.
type kept map[string]string

func (k kept) take(rule uint32, n *Note) {
	key := fmt.Sprintf("%d %s %d %x", rule, n.Group, n.Time, n.ID)
	if was, ok := k[key]; !ok || string(n.Value) < was {
		k[key] = string(n.Value)
	}
}

// TestNotesThatAreLeftOutChangeNothing: whoever takes the notes that came out
// knows what all would have told, however they follow each other.
func TestNotesThatAreLeftOutChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		notes := NewNotes(nil)
		all, some := kept{}, kept{}
		for range rapid.IntRange(0, 60).Draw(t, "notes") {
			rule := uint32(rapid.IntRange(0, 1).Draw(t, "rule"))
			n := Note{
				Group: []byte(rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "group")), Time: int64(rapid.IntRange(0, 1).Draw(t, "time")),
				ID: event.ID{byte(rapid.IntRange(0, 1).Draw(t, "id"))}, Join: Least,
				Value: bytes.Repeat([]byte{'x'}, rapid.SampledFrom([]int{0, 3, 15, 16, 17, 20}).Draw(t, "same")),
			}
			n.Value = append(n.Value, rapid.SliceOfN(rapid.ByteRange('a', 'c'), 0, 3).Draw(t, "value")...)
			all.take(rule, &n)
			notes.Of(rule)
			if wants := notes.Wants(&n); !wants && notes.says(&Note{Group: n.Group, Time: n.Time, ID: n.ID, Join: Least, Value: n.Value}) {
				t.Fatalf("a note that is not wanted says something new: %q", n.Value)
			}
			notes.Add(n)
			for _, out := range notes.All() {
				some.take(rule, &out)
			}
			notes.Reset()
		}
		if !maps.Equal(all, some) {
			t.Fatalf("got %v, want %v", some, all)
		}
	})
}
