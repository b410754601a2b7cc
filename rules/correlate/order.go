package correlate

import (
	"math"
	"slices"
)

// never is before all times.
const never = math.MinInt64

// order finds the longest sequence of matches whose rules stand in the order of
// the document.
type order struct {
	limits
	// latest[k][n] is the latest begin of a sequence of n+1 matches that ends
	// with the k-th rule.
	latest [][]int64
}

func newOrder(n *node) *order {
	o := &order{limits: n.limits(), latest: make([][]int64, len(n.kids))}
	for k := range o.latest {
		o.latest[k] = make([]int64, k+1)
		for i := range o.latest[k] {
			o.latest[k][i] = never
		}
	}
	return o
}

// add extends the sequences that end with an earlier rule. Items of one time
// come in the order of their rules, so those follow each other too.
func (o *order) add(it *item) {
	mine := o.latest[it.kid]
	mine[0] = it.at
	for k := range o.latest[:it.kid] {
		for n, begin := range o.latest[k] {
			mine[n+1] = max(mine[n+1], begin)
		}
	}
}

// drop has nothing to do: what begins before the window is not looked at.
func (*order) drop(*item) {}

func (o *order) holds(_ []item, from int64) (float64, bool) {
	longest := 0
	for k := range o.latest {
		for n, begin := range o.latest[k] {
			if begin != never && begin >= from {
				longest = max(longest, n+1)
			}
		}
	}
	x := float64(longest)
	return x, longest > 0 && o.allow(x)
}

// sentence finds whether one of the alternatives of a condition in words has
// matched in order.
type sentence struct {
	list []alternative
	// latest[a][k] is the latest begin of a sequence of the first k+1 rules of
	// the a-th alternative.
	latest [][]int64
	uses   []int32
}

func newSentence(n *node) *sentence {
	s := &sentence{list: n.words, uses: make([]int32, len(n.kids))}
	for _, a := range n.words {
		s.latest = append(s.latest, slices.Repeat([]int64{never}, len(a.with)))
	}
	return s
}

func (s *sentence) add(it *item) {
	s.uses[it.kid]++
	for a := range s.list {
		k := slices.Index(s.list[a].with, int(it.kid))
		switch {
		case k == 0:
			s.latest[a][0] = it.at
		case k > 0:
			s.latest[a][k] = max(s.latest[a][k], s.latest[a][k-1])
		}
	}
}

func (s *sentence) drop(it *item) { s.uses[it.kid]-- }

func (s *sentence) holds(_ []item, from int64) (float64, bool) {
	for a, x := range s.list {
		last := len(x.with) - 1
		if last < 0 || s.latest[a][last] == never || s.latest[a][last] < from {
			continue
		}
		if !slices.ContainsFunc(x.without, func(k int) bool { return s.uses[k] > 0 }) {
			return float64(len(x.with)), true
		}
	}
	return 0, false
}
