package cloudtrail

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/redact"
)

// shape draws a value of few keys, which come twice and escaped now and then.
func shape(t *rapid.T, depth int) string {
	switch n := rapid.IntRange(0, 9).Draw(t, "kind"); {
	case n < 5 && depth > 0:
		var members []string
		for range rapid.IntRange(0, 4).Draw(t, "members") {
			key := rapid.SampledFrom([]string{"a", "b", "items", "name", "other", `\u0061`}).Draw(t, "key")
			members = append(members, fmt.Sprintf(`"%s":%s`, key, shape(t, depth-1)))
		}
		return "{" + strings.Join(members, ",") + "}"
	case n < 7 && depth > 0:
		var elements []string
		for range rapid.IntRange(0, 3).Draw(t, "elements") {
			elements = append(elements, shape(t, depth-1))
		}
		return "[" + strings.Join(elements, " , ") + "]"
	}
	return rapid.SampledFrom([]string{`"x"`, `"a"`, `"\"a\":1"`, `null`, `7`, `true`}).Draw(t, "scalar")
}

// TestWhatIsWalkedTogetherIsWhatEachPathLeadsTo: whichever fields are asked for,
// and in whichever order.
func TestWhatIsWalkedTogetherIsWhatEachPathLeadsTo(t *testing.T) {
	c := schema{redact.Default()}
	names := []string{
		"requestParameters.a", "requestParameters.a.b", "requestParameters.a.items.name", "requestParameters.a.items", "requestParameters.b", "requestParameters",
		"requestParameters.items.items.name", "responseElements.a.b", "responseElements.items.a", "resources.name", "resources.a", "eventName", "user.name",
	}
	for i := range 90 {
		names = append(names, fmt.Sprintf("requestParameters.b.f%d", i), fmt.Sprintf("requestParameters.f%d.a", i))
	}
	var alone []event.Getter
	for _, name := range names {
		alone = append(alone, c.Getter(name))
	}
	joined := c.Join(alone)
	again := c.Join(alone) // another set of rules
	if _, ok := joined[0].(joinedGetter); !ok || len(joined) != len(alone) {
		t.Fatal("nothing was joined")
	}
	var s event.Scratch
	rapid.Check(t, func(rt *rapid.T) {
		ev := parseOne(t, fmt.Appendf(nil, `{"eventVersion":"1.08","eventID":"e","eventName":"Run","eventSource":"ec2.amazonaws.com","requestParameters":%s,"responseElements":%s,"resources":%s}`,
			shape(rt, 4), shape(rt, 3), shape(rt, 3)))
		s.Reset()
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, 15), 1, 8).Draw(rt, "asked") {
			set := rapid.SampledFrom([][]event.Getter{joined, joined, again}).Draw(rt, "set")
			want, got := alone[i].Append(nil, ev, &s), set[i].Append(nil, ev, &s)
			if !slices.EqualFunc(got, want, func(a, b event.Value) bool {
				return a.Kind == b.Kind && a.Num == b.Num && string(a.Bytes) == string(b.Bytes)
			}) {
				rt.Fatalf("%s of %s: alone %v, in a walk with others %v", names[i], ev.Record, want, got)
			}
		}
	})
}
