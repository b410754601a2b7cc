package window_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/rules/window"
)

// coverage is what an alert says of what it rests on.
type coverage struct {
	Rule     struct{ ID string }
	Event    struct{ URL string }
	Coverage struct {
		Complete  bool
		Watermark string
	}
}

// TestAnAlertSaysWhetherAllIsInThatItRestsOn: a case over several events is
// complete once its logs are, unless one of them fails; a single match at once.
func TestAnAlertSaysWhetherAllIsInThatItRestsOn(t *testing.T) {
	s, err := state.Open(vfs.NewMem(), "state", quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	e, err := window.Open(s, testSet(t, statefulRules()[0]), window.Options{
		Lateness: late * time.Minute, Page: "https://burstwatch.example", Now: func() time.Time { return time.Unix(1e9, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	w := e.Worker()
	denials := []record{{at: 601, id: 1, user: "ada", name: "Deny"}, {at: 602, id: 2, user: "ada", name: "Deny", offset: 1}, {at: 603, id: 3, user: "ada", name: "Deny", offset: 2}}
	told := func(batch []record, list ...window.Frontier) map[string]coverage {
		t.Helper()
		var found []*window.Found
		if batch != nil {
			found = append(found, w.Batch(batchOf(batch)))
		}
		for i := range list {
			list[i].Source = "test"
		}
		if err := e.Commit(found, list); err != nil {
			t.Fatal(err)
		}
		pending, err := e.Pending(0, 100)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]coverage{}
		for _, a := range pending {
			var d struct {
				coverage
				Studio struct{ Alert json.RawMessage }
			}
			if err := json.Unmarshal(a.Event.Doc, &d); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(d.Studio.Alert, &d.coverage); err != nil {
				t.Fatal(err)
			}
			out[d.Rule.ID] = d.coverage
			if err := e.Drop([]uint64{a.Number}); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	frontier := func(m int64) window.Frontier {
		return window.Frontier{Dataset: schema.Dataset(), Account: "1", Through: m * minute}
	}
	first := told(denials, frontier(604))
	if c := first["many"].Coverage; c.Complete || c.Watermark != time.Unix(0, (604-late)*minute).UTC().Format(time.RFC3339) {
		t.Errorf("while more may come: %+v", first["many"])
	}
	if c := first["denied"]; !c.Coverage.Complete || c.Coverage.Watermark != "" || len(c.Event.URL) < len("https://burstwatch.example/alerts/")+16 {
		t.Errorf("of a single match: %+v", c)
	}
	broken := window.Frontier{Dataset: schema.Dataset(), Account: "2", Through: math.MinInt64, Broken: true}
	if c, ok := told(nil, broken, frontier(660+late))["many"]; !ok || c.Coverage.Complete {
		t.Errorf("while one of its logs fails: %v %+v", ok, c)
	}
	again := []record{{at: 721, id: 11, user: "bob", name: "Deny"}, {at: 722, id: 12, user: "bob", name: "Deny", offset: 1}, {at: 723, id: 13, user: "bob", name: "Deny", offset: 2}}
	for i := range again {
		again[i].object = 1
	}
	told(again, window.Frontier{Dataset: schema.Dataset(), Account: "2", Through: 730 * minute}, frontier(730))
	both := []window.Frontier{frontier(780 + late), {Dataset: schema.Dataset(), Account: "2", Through: (780 + late) * minute}}
	if c, ok := told(nil, both...)["many"]; !ok || !c.Coverage.Complete {
		t.Errorf("once all is in: %v %+v", ok, c)
	}
}
