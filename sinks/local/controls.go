package local

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// sortControls sorts 9.2 before 10.1.
func sortControls(list []string) {
	slices.SortFunc(list, func(a, b string) int {
		for a != "" || b != "" {
			var x, y string
			x, a, _ = strings.Cut(a, ".")
			y, b, _ = strings.Cut(b, ".")
			m, errM := strconv.Atoi(x)
			n, errN := strconv.Atoi(y)
			c := cmp.Compare(m, n)
			if errM != nil || errN != nil {
				c = cmp.Compare(x, y)
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
}
