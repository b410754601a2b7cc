package scan

import (
	"maps"
	"slices"
	"time"
)

// maxBins bounds a timeline's memory: log times are an attacker's to choose.
const maxBins = 4096

// timeline counts moments in bins of equal width. When there are too many bins
// it makes them wider, so that any period fits.
type timeline struct {
	width int64 // nanoseconds
	bins  map[int64]int64
	// The bin counted last: most moments fall into the one of their predecessor.
	at, n int64
}

func newTimeline() *timeline {
	return &timeline{width: int64(time.Minute), bins: map[int64]int64{}}
}

// add counts one moment, in nanoseconds since 1970.
func (t *timeline) add(ns int64) {
	k := ns / t.width
	if k == t.at {
		t.n++
		return
	}
	t.flush()
	t.at, t.n = k, 1
}

func (t *timeline) flush() {
	if t.n == 0 {
		return
	}
	t.bins[t.at] += t.n
	t.n = 0
	for len(t.bins) > maxBins {
		t.widen(t.width * 4)
	}
}

func (t *timeline) widen(width int64) {
	wider := make(map[int64]int64, len(t.bins)/2)
	for k, n := range t.bins {
		wider[k*t.width/width] += n
	}
	t.bins, t.width, t.at = wider, width, -1<<62
}

// merge adds u's counts to t.
func (t *timeline) merge(u *timeline) {
	t.flush()
	u.flush()
	for t.width < u.width {
		t.widen(t.width * 4)
	}
	for k, n := range u.bins {
		t.bins[k*u.width/t.width] += n
	}
	for len(t.bins) > maxBins {
		t.widen(t.width * 4)
	}
}

// columns spreads the counts over n columns between two moments.
func (t *timeline) columns(from, to int64, n int) []int64 {
	t.flush()
	out := make([]int64, n)
	span := max(float64(to)-float64(from), 1) // as whole numbers it could overflow
	for _, k := range slices.Sorted(maps.Keys(t.bins)) {
		ns := min(max(k*t.width, from), to)
		i := min(max(int((float64(ns)-float64(from))/span*float64(n)), 0), n-1)
		out[i] += t.bins[k]
	}
	return out
}

// spark draws counts as bars of eighths. A column with any count shows.
func spark(counts []int64) string {
	bars := []rune("▁▂▃▄▅▆▇█")
	top := slices.Max(counts)
	out := make([]rune, len(counts))
	for i, n := range counts {
		if n == 0 {
			out[i] = '·'
			continue
		}
		out[i] = bars[int(float64(n)/float64(top)*float64(len(bars)-1)+0.5)]
	}
	return string(out)
}
