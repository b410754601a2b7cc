package scan

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestLinesComeOutInTimeOrderHoweverTheyWentInAndWereSpilled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type line struct {
			time int64
			id   string
		}
		lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) line {
			return line{rapid.Int64Range(-5, 50).Draw(t, "time"), fmt.Sprint(rapid.IntRange(0, 40).Draw(t, "id"))}
		}), 0, 200).Draw(t, "lines")
		var s sorter
		for i, l := range lines {
			if err := s.add(l.time, l.id, fmt.Appendf(nil, "%d %s", l.time, l.id)); err != nil {
				t.Fatal(err)
			}
			if i%rapid.IntRange(3, 70).Draw(t, "spill") == 2 {
				if err := s.spill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		var out bytes.Buffer
		if err := s.write(&out); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(lines, func(a, b line) int { return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.id, b.id)) })
		want := ""
		for _, l := range slices.Compact(lines) {
			want += fmt.Sprintf("%d %s\n", l.time, l.id)
		}
		if out.String() != want {
			t.Fatalf("got %q, want %q", out.String(), want)
		}
	})
}

func TestATimelineCountsEveryMomentWhateverThePeriod(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Int64(), 1, 9000).Draw(t, "times")
		a, b := newTimeline(), newTimeline()
		for i, ns := range times {
			if i%2 == 0 {
				a.add(ns)
			} else {
				b.add(ns)
			}
		}
		a.merge(b)
		if len(a.bins) > maxBins {
			t.Fatalf("%d bins are kept", len(a.bins))
		}
		var sum int64
		for _, n := range a.columns(slices.Min(times), slices.Max(times), 20) {
			sum += n
		}
		if sum != int64(len(times)) {
			t.Fatalf("%d of %d moments are drawn", sum, len(times))
		}
	})
}

func TestEveryColumnWithACountShows(t *testing.T) {
	line := spark([]int64{0, 1, 1000000, 0})
	if !strings.HasPrefix(line, "·▁█·") {
		t.Errorf("drawn as %s", line)
	}
	if got := spark([]int64{0, 0}); got != "··" {
		t.Errorf("nothing is drawn as %s", got)
	}
}

func TestNumbersAreGroupedByThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1284026: "1,284,026", -1000: "-1,000"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is written %s", n, got)
		}
	}
}
