package gather

import (
	"math"
	"slices"
)

// Spread is the median of values, and the median of their distances from it
// (MAD): what is usual, and how far from it half of all lie. A mean and its
// deviation are moved by the very thing that is looked for. Times 1.4826 the MAD
// is the standard deviation of what is normally distributed. Both are 0 for no
// values.
func Spread(values []float64) (median, mad float64) {
	if len(values) == 0 {
		return 0, 0
	}
	values = slices.Sorted(slices.Values(values))
	median = middle(values)
	away := make([]float64, len(values))
	for i, v := range values {
		away[i] = math.Abs(v - median)
	}
	slices.Sort(away)
	return median, middle(away)
}

func middle(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Unusual is from where on a value is far beyond what Spread calls usual: five
// times the median, and ten standard deviations from it.
func Unusual(values []float64) (bound, median float64) {
	median, mad := Spread(values)
	return max(5*median, median+10*1.4826*mad), median
}
