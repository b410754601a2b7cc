package config

import "strings"

// suggest names the known key nearest to what was typed, or lists them where
// there are few.
func suggest(typed string, known []string) string {
	best, distance := "", 3
	for _, k := range known {
		if n := edits(typed, k); n < distance {
			best, distance = k, n
		}
	}
	switch {
	case best != "":
		return "; did you mean " + best + "?"
	case len(known) > 0:
		return "; known are " + strings.Join(known, ", ")
	}
	return ""
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
