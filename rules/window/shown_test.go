package window

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/rules/detect"
)

// TestTheEventThatIsShownIsThatOfTheNoteThatIsKept: of two notes that are joined
// by Least, the order of what is kept of their events is that of their values.
func TestTheEventThatIsShownIsThatOfTheNoteThatIsKept(t *testing.T) {
	some := rapid.SliceOf(rapid.SampledFrom([]byte{0, 1, 2, 0xfe, 0xff}))
	rapid.Check(t, func(rt *rapid.T) {
		a := &foundNote{join: detect.Least, value: some.Draw(rt, "a"), event: some.Draw(rt, "event a")}
		b := &foundNote{join: detect.Least, value: some.Draw(rt, "b"), event: some.Draw(rt, "event b")}
		x, y := appendShown(nil, a), appendShown(nil, b)
		if want := bytes.Compare(a.value, b.value); want != 0 && bytes.Compare(x, y) != want {
			rt.Fatalf("%v and %v are kept in the order of %v and %v", a.value, b.value, x, y)
		}
		if !bytes.Equal(shownOf(x), a.event) {
			rt.Fatalf("%v is read as %v", x, shownOf(x))
		}
	})
}
