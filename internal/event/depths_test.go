package event

import (
	"strings"
	"testing"
)

// TestNamesShareTheObjectsThatTheyBeginWith compares how many objects stay open
// between two keys with their names, part by part.
func TestNamesShareTheObjectsThatTheyBeginWith(t *testing.T) {
	for a := range Key(Keys) {
		for b := range Key(Keys) {
			p, q, want := strings.Split(a.String(), "."), strings.Split(b.String(), "."), 0
			for want < min(len(p), len(q))-1 && p[want] == q[want] {
				want++
			}
			if got := int(common[a][b]); got != want {
				t.Fatalf("%s and %s share %d objects, not %d", a, b, want, got)
			}
		}
	}
}
