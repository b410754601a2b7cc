package window_test

import (
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/internal/state"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/window"
)

// TestWhatComesInQuickSuccessionIsJudgedOnce: the first at once, the rest together
// when the pace allows, and Wake says when.
func TestWhatComesInQuickSuccessionIsJudgedOnce(t *testing.T) {
	rule := statefulRules()[0].(*testRule)
	judged, judge := 0, rule.judge
	rule.judge = func(w *detect.Window) []detect.Case { judged++; return judge(w) }
	store, err := state.Open(vfs.NewMem(), "state", quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	now := time.Unix(1e9, 0)
	e, err := window.Open(store, testSet(t, rule), window.Options{Pace: time.Second, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	w := e.Worker()
	deny := func(id int) {
		t.Helper()
		r := record{at: 600, id: id, user: "ada", name: "Deny", offset: int64(10 * id)}
		if err := e.Commit([]*window.Found{w.Batch(batchOf(piece{r}))}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for id := 1; id <= 10; id++ {
		deny(id)
		now = now.Add(50 * time.Millisecond)
	}
	if wake := e.Wake(); judged != 1 || !wake.Equal(time.Unix(1e9, 0).Add(time.Second)) {
		t.Errorf("judged %d times within half a second; the next time is %s", judged, wake)
	}
	now = e.Wake()
	if err := e.Commit(nil, nil); err != nil {
		t.Fatal(err)
	}
	got := view{}
	if err := deliver(e, got); err != nil {
		t.Fatal(err)
	}
	for _, s := range got {
		if s.Rule == "many" && s.Count == 10 && judged == 2 {
			return
		}
	}
	t.Errorf("judged %d times, and told %+v", judged, got)
}

// TestWhatWaitsToBeJudgedIsJudgedAfterACrash: each commit marks what it changed, and
// all of it is found again, of whichever commit.
func TestWhatWaitsToBeJudgedIsJudgedAfterACrash(t *testing.T) {
	store, err := state.Open(vfs.NewMem(), "state", quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	now := time.Unix(1e9, 0)
	open := func() *window.Engine {
		e, err := window.Open(store, testSet(t, statefulRules()...), window.Options{Pace: time.Second, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e, users, id := open(), []string{"ada", "bob", "cyd"}, 0
	for round := range 2 { // the second rests on the marks that the first restart found
		for range 5 {
			for _, user := range users {
				id++
				r := record{at: 600, id: id, user: user, name: "Deny", offset: int64(10 * id)}
				if err := e.Commit([]*window.Found{e.Worker().Batch(batchOf(piece{r}))}, nil); err != nil {
					t.Fatal(err)
				}
				now = now.Add(time.Millisecond)
			}
		}
		if round == 0 {
			e = open()
			now = now.Add(-time.Minute) // nor does it matter what the clock says
		}
	}
	e = open()
	if err := e.Commit(nil, nil); err != nil {
		t.Fatal(err)
	}
	got, told := view{}, map[int64]int{}
	if err := deliver(e, got); err != nil {
		t.Fatal(err)
	}
	for _, s := range got {
		if s.Rule == "many" {
			told[s.Count]++
		}
	}
	if told[10] != len(users) {
		t.Errorf("after a crash %+v was told", got)
	}
}
