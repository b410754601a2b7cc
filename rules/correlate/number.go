package correlate

import (
	"math"
	"math/big"
	"slices"
	"strconv"
)

// number is a value as a number: whole, or a fraction.
type number struct {
	ok, whole bool
	n         int64
	f         float64
}

// numbersOf reads values as numbers.
func numbersOf(list []string) []number {
	out := make([]number, len(list))
	for i, text := range list {
		out[i] = parseNumber(text)
	}
	return out
}

func parseNumber(text string) number {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return number{true, true, n, float64(n)}
	}
	for _, c := range []byte(text) {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return number{}
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	return number{ok: err == nil && !math.IsInf(f, 0), f: f}
}

// total adds up numbers, exactly: what is taken away from a rounded sum leaves
// another sum than was never added, and what a window holds must not depend on
// what was loaded before it.
type total struct {
	limits
	numbers []number
	mean    bool
	n       int64
	// The sum is whole + fractions. Both are nil until they are needed.
	small     int64
	whole     *big.Int // where small would overflow
	fractions *big.Rat
}

func (t *total) add(it *item)  { t.change(it, 1) }
func (t *total) drop(it *item) { t.change(it, -1) }

func (t *total) change(it *item, sign int64) {
	if !it.counts {
		return
	}
	for _, v := range it.values {
		x := t.numbers[v]
		if x.whole {
			t.addWhole(x.n, sign)
		} else {
			t.addFraction(x.f, sign)
		}
		t.n += sign
	}
}

func (t *total) addWhole(n, sign int64) {
	const safe = 1 << 61
	if t.whole == nil && n < safe && n > -safe && t.small < safe && t.small > -safe {
		t.small += sign * n
		return
	}
	if t.whole == nil {
		t.whole = new(big.Int)
	}
	x := big.NewInt(n)
	if sign < 0 {
		x.Neg(x)
	}
	t.whole.Add(t.whole, x)
}

func (t *total) addFraction(f float64, sign int64) {
	if t.fractions == nil {
		t.fractions = new(big.Rat)
	}
	x := new(big.Rat)
	x.SetFloat64(float64(sign) * f)
	t.fractions.Add(t.fractions, x)
}

func (t *total) holds([]item, int64) (float64, bool) {
	if t.n == 0 {
		return 0, false
	}
	const exact = 1 << 53
	if t.whole == nil && t.fractions == nil && !t.mean && t.small < exact && t.small > -exact {
		x := float64(t.small)
		return x, t.allow(x)
	}
	sum := new(big.Rat).SetInt64(t.small)
	if t.whole != nil {
		sum.Add(sum, new(big.Rat).SetInt(t.whole))
	}
	if t.fractions != nil {
		sum.Add(sum, t.fractions)
	}
	if t.mean {
		sum.Quo(sum, new(big.Rat).SetInt64(t.n))
	}
	x, _ := sum.Float64()
	for _, l := range t.limits {
		if !l.HoldsFor(sum.Cmp(new(big.Rat).SetFloat64(l.Number))) {
			return x, false
		}
	}
	return x, true
}

// standing tells where a value stands among those of the window.
type standing struct {
	limits
	percentile float64 // below 0: the share, or rank, of the newest
	numbers    []number
	rank       []int32 // of a value among the numbers, from 1; 0 for a text
	sorted     []float64
	tree       []int64 // how often numbers occur, by rank, as a Fenwick tree
	uses       []int64 // how often values occur
	count      int64   // of numbers
	all        int64   // of values
}

func newStanding(n *node, p *part) *standing {
	s := &standing{
		limits: n.limits(), percentile: n.c.Condition.Percentile, numbers: numbersOf(p.list),
		rank: make([]int32, len(p.list)), uses: make([]int64, len(p.list)),
	}
	for _, x := range s.numbers {
		if x.ok {
			s.sorted = append(s.sorted, x.f)
		}
	}
	slices.Sort(s.sorted)
	s.sorted = slices.Compact(s.sorted)
	for i, x := range s.numbers {
		if x.ok {
			at, _ := slices.BinarySearch(s.sorted, x.f)
			s.rank[i] = int32(at + 1)
		}
	}
	s.tree = make([]int64, len(s.sorted)+1)
	return s
}

func (s *standing) add(it *item)  { s.change(it, 1) }
func (s *standing) drop(it *item) { s.change(it, -1) }

func (s *standing) change(it *item, by int64) {
	if !it.counts {
		return
	}
	for _, v := range it.values {
		s.uses[v] += by
		s.all += by
		if s.rank[v] == 0 {
			continue
		}
		s.count += by
		for r := int(s.rank[v]); r < len(s.tree); r += r & -r {
			s.tree[r] += by
		}
	}
}

// upTo counts the numbers of a rank or below.
func (s *standing) upTo(rank int32) (n int64) {
	for r := int(rank); r > 0; r -= r & -r {
		n += s.tree[r]
	}
	return n
}

// at is the k-th number of the window in order, from 0.
func (s *standing) at(k int64) float64 {
	r := 0
	step := 1
	for step*2 < len(s.tree) {
		step *= 2
	}
	for ; step > 0; step /= 2 {
		if next := r + step; next < len(s.tree) && s.tree[next] <= k {
			r, k = next, k-s.tree[next]
		}
	}
	return s.sorted[r]
}

func (s *standing) holds(last []item, _ int64) (float64, bool) {
	if s.percentile >= 0 {
		if s.count == 0 {
			return 0, false
		}
		x := s.valueAt()
		return x, s.allow(x)
	}
	for i := range last {
		if !last[i].counts {
			continue
		}
		for _, v := range last[i].values {
			part, whole := s.uses[v], s.all
			if s.rank[v] > 0 {
				part, whole = s.upTo(s.rank[v]), s.count
			}
			if s.within(part, whole) {
				return 100 * float64(part) / float64(whole), true
			}
		}
	}
	return 0, false
}

// within compares a share with the limits, without rounding.
func (s *standing) within(part, whole int64) bool {
	share := big.NewRat(100*part, whole)
	for _, l := range s.limits {
		if !l.HoldsFor(share.Cmp(new(big.Rat).SetFloat64(l.Number))) {
			return false
		}
	}
	return true
}

// valueAt is the number at the percentile: the one at the place (n-1)·p in
// order, from 0; between two places in proportion, as spreadsheets and most
// databases have it.
func (s *standing) valueAt() float64 {
	place := s.percentile / 100 * float64(s.count-1)
	k := int64(place)
	low := s.at(k)
	if k+1 >= s.count {
		return low
	}
	return low + (place-float64(k))*(s.at(k+1)-low)
}
