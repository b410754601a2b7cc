package window_test

import (
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/window"
)

// TestStatelessRulesTellTheSameWhoeverJudgesWhat: two services get the objects of
// one queue, some of them both, in any order. Together they tell each match once,
// under the id and in the revision that anybody else gives it.
func TestStatelessRulesTellTheSameWhoeverJudgesWhat(t *testing.T) {
	set, grouped := compiled(t, rules.Options{Stateless: true}), testSet(t)
	rapid.Check(t, func(t *rapid.T) {
		objects := drawRecords(t)
		said := view{} // add says so if one id and revision are told in two ways
		engines := [2]*window.Engine{}
		for i := range engines {
			s := openTest(t, vfs.NewMem())
			defer s.Close()
			e, err := window.Open(s, set, window.Options{Now: func() time.Time { return time.Unix(1e9, 0) }})
			fatal(t, err)
			engines[i] = e
		}
		give := func(e *window.Engine, list []record) {
			fatal(t, e.Commit([]*window.Found{e.Worker().Batch(batchOf(list))}, nil))
			fatal(t, e.Flush())
			fatal(t, deliver(e, said))
		}
		for _, i := range rapid.Permutation(indices(objects)).Draw(t, "order") {
			to := rapid.IntRange(0, 2).Draw(t, "to")
			if to != 1 {
				give(engines[0], objects[i])
			}
			if to != 0 {
				give(engines[1], objects[i])
			}
		}
		got, want := map[string]int64{}, map[string]int64{}
		for id, x := range said {
			if got[x.Rule]++; x.Revision != 1 || x.Count != 1 || x.State != rules.Final {
				t.Fatalf("%s is told as %+v", id, x)
			}
		}
		for _, x := range inOrder(t, grouped, objects) {
			want[x.Rule] += x.Count
		}
		for rule, n := range want {
			if got[rule] != n {
				t.Fatalf("%d alerts of %s for %d matches", got[rule], rule, n)
			}
		}
	})
}

func indices[T any](list []T) (out []int) {
	for i := range list {
		out = append(out, i)
	}
	return out
}
