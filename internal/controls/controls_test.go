package controls_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/internal/controls"
)

// The checklist runs from 1.1 to 10.11; these are the controls of each section.
var counts = []int{7, 8, 1, 2, 3, 7, 2, 1, 5, 11}

func TestTheChecklistIsWhole(t *testing.T) {
	all, err := controls.Checklist()
	if err != nil || len(all) != len(counts) {
		t.Fatalf("%d sections, want %d: %v", len(all), len(counts), err)
	}
	for i, s := range all {
		if s.Number != i+1 || s.Name == "" || len(s.Controls) != counts[i] {
			t.Errorf("section %d is number %d, %q, with %d controls; want %d", i+1, s.Number, s.Name, len(s.Controls), counts[i])
		}
		for n, c := range s.Controls {
			if want := fmt.Sprintf("%d.%d", i+1, n+1); c.Number != want {
				t.Errorf("control %s stands where %s belongs", c.Number, want)
			}
		}
	}
}

func TestEveryControlIsAnsweredHonestly(t *testing.T) {
	all, err := controls.Checklist()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		for _, c := range s.Controls {
			switch {
			case c.Name == "" || !strings.HasSuffix(c.Asks, "."):
				t.Errorf("%s: no name, or what it asks is no sentence", c.Number)
			case (c.Unseen == "") != (c.Instead == ""):
				t.Errorf("%s: whoever says what no log shows says also where to look instead", c.Number)
			case len(c.Logs) == 0 && c.Unseen == "":
				t.Errorf("%s: neither a log that shows it nor a word that none does", c.Number)
			}
		}
	}
}
