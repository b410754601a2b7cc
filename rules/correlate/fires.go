package correlate

import (
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// fires are the fulfilled windows of a part, one at most for each time.
func (p *part) fires(n *node) []fire {
	m := newMeter(n, p)
	span := int64(n.c.Timespan)
	var out []fire
	lo := 0
	for hi := 0; hi < len(p.items); {
		at := p.items[hi].at
		first := hi
		for ; hi < len(p.items) && p.items[hi].at == at; hi++ {
			m.add(&p.items[hi])
		}
		for ; p.items[lo].at < at-span; lo++ {
			m.drop(&p.items[lo])
		}
		if value, ok := m.holds(p.items[first:hi], at-span); ok {
			out = append(out, fire{at, lo, hi, value})
		}
	}
	return out
}

// meter measures a window that slides.
type meter interface {
	add(it *item)
	drop(it *item)
	// holds reports whether the condition holds for the window, of which last
	// are the newest items and from is the begin, and the number that it was
	// held against.
	holds(last []item, from int64) (value float64, ok bool)
}

func newMeter(n *node, p *part) meter {
	switch n.c.Type {
	case sigma.ValueCount:
		return &values{limits: n.limits(), uses: make([]int32, len(p.list))}
	case sigma.ValueSum, sigma.ValueAvg:
		return &total{limits: n.limits(), numbers: numbersOf(p.list), mean: n.c.Type == sigma.ValueAvg}
	case sigma.ValuePercentile:
		return newStanding(n, p)
	case sigma.Temporal:
		return &together{limits: n.limits(), words: n.c, uses: make([]int32, len(n.kids))}
	case sigma.TemporalOrdered:
		if n.words != nil {
			return newSentence(n)
		}
		return newOrder(n)
	}
	return &events{limits: n.limits()}
}

// limits are the thresholds of a condition.
type limits []sigma.Threshold

func (n *node) limits() limits { return n.c.Condition.Thresholds }

// allow reports whether a number is within the limits.
func (l limits) allow(x float64) bool {
	for _, t := range l {
		if !t.Holds(x) {
			return false
		}
	}
	return true
}

// events counts events.
type events struct {
	limits
	n int
}

func (e *events) add(it *item) {
	if it.counts {
		e.n++
	}
}

func (e *events) drop(it *item) {
	if it.counts {
		e.n--
	}
}

func (e *events) holds([]item, int64) (float64, bool) {
	x := float64(e.n)
	return x, e.n > 0 && e.allow(x)
}

// values counts different values.
type values struct {
	limits
	uses      []int32
	different int
}

func (v *values) add(it *item) {
	for _, x := range it.values {
		if v.uses[x]++; v.uses[x] == 1 {
			v.different++
		}
	}
}

func (v *values) drop(it *item) {
	for _, x := range it.values {
		if v.uses[x]--; v.uses[x] == 0 {
			v.different--
		}
	}
}

func (v *values) holds([]item, int64) (float64, bool) {
	x := float64(v.different)
	return x, v.different > 0 && v.allow(x)
}

// together counts the rules that matched.
type together struct {
	limits
	words   *sigma.Correlation
	uses    []int32
	matched int
}

func (t *together) add(it *item) {
	if t.uses[it.kid]++; t.uses[it.kid] == 1 {
		t.matched++
	}
}

func (t *together) drop(it *item) {
	if t.uses[it.kid]--; t.uses[it.kid] == 0 {
		t.matched--
	}
}

func (t *together) holds([]item, int64) (float64, bool) {
	x := float64(t.matched)
	if t.words.Condition.X == nil {
		return x, t.allow(x)
	}
	return x, sigma.Holds(t.words.Condition.X, func(s *sigma.Search) bool {
		for i, ref := range t.words.Rules {
			if ref.Text == s.Name {
				return t.uses[i] > 0
			}
		}
		return false
	})
}
