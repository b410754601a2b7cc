package testground

import (
	"os"
	"testing"
)

// Amount is how much of something long a test does: seeds, kills, events. The
// least is for -short, which is the race detector's; some for go test alone, which
// is to be over in two minutes; all where BURSTWATCH_TESTS is "all", as make test
// and so CI have it. A test that asks is never skipped.
func Amount(least, some, all int) int {
	switch {
	case testing.Short():
		return least
	case os.Getenv("BURSTWATCH_TESTS") == "all":
		return all
	}
	return some
}
