package main

import (
	"bytes"
	"testing"
)

func documents(t *testing.T, ndjson []byte) (out []*document) {
	t.Helper()
	for line := range bytes.Lines(ndjson) {
		out = append(out, decode(t, line))
	}
	return out
}

// counted counts events by what was logged, which is the same whatever brought
// it; a delivery id also tells the file or the object.
func counted(docs []*document) map[string]int {
	out := map[string]int{}
	for _, d := range docs {
		out[d.Event.Dataset+" "+d.Event.Original]++
	}
	return out
}

func idsOf(docs []*document) map[string]int {
	out := map[string]int{}
	for _, d := range docs {
		out[d.Burstwatch.DeliveryID]++
	}
	return out
}

func byDataset(docs []*document) map[string]int {
	out := map[string]int{}
	for _, d := range docs {
		out[d.Event.Dataset]++
	}
	return out
}

// same holds that each record is there as often as it was logged.
func same(t *testing.T, want, got map[string]int) {
	t.Helper()
	wrong := 0
	for what, n := range want {
		if got[what] != n {
			if wrong++; wrong <= 3 {
				t.Errorf("%d times, logged %d times: %.200s", got[what], n, what)
			}
		}
	}
	for what, n := range got {
		if want[what] == 0 {
			if wrong++; wrong <= 3 {
				t.Errorf("%d times, never logged: %.200s", n, what)
			}
		}
	}
	if wrong > 3 {
		t.Errorf("%d records are wrong", wrong)
	}
}

// sameIDs holds that what one destination has once another has at least once,
// and nothing else.
func sameIDs(t *testing.T, once, got map[string]int) {
	t.Helper()
	for id, n := range once {
		if n != 1 {
			t.Errorf("%s is there %d times", id, n)
		}
	}
	for id := range got {
		if once[id] == 0 {
			t.Errorf("%s came from nowhere", id)
		}
	}
	contains(t, "it", once, got)
}

// contains holds that nothing is missing.
func contains(t *testing.T, where string, want, got map[string]int) {
	t.Helper()
	missing := 0
	for id := range want {
		if got[id] == 0 {
			missing++
		}
	}
	if missing > 0 || len(want) == 0 {
		t.Errorf("%s lacks %d of %d", where, missing, len(want))
	}
}
