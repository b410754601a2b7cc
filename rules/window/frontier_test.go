package window

import "testing"

func TestALogThatIsBrokenIsLeftOutAndTheOthersAreNot(t *testing.T) {
	e := &Engine{logs: map[logKey]int64{}, broken: map[logKey]bool{}, sources: map[string]*sourceState{}}
	e.rules.Store(&ruleset{})
	tell := func(f Frontier) (least int64) {
		f.Source, f.Dataset = "s", "d"
		e.advance([]Frontier{f})
		least, _, _ = e.low([]string{"d"})
		return least
	}
	tell(Frontier{Account: "1", Through: 10})
	if got := tell(Frontier{Account: "2", Through: 5}); got != 5 {
		t.Errorf("complete through %d of two logs, want the lesser, 5", got)
	}
	if got := tell(Frontier{Account: "2", Broken: true}); got != 10 {
		t.Errorf("complete through %d without the log that is broken, want 10", got)
	}
	if e.sources["s"].broken {
		t.Error("the whole source is left out")
	}
	if got := tell(Frontier{Account: "2", Through: 7}); got != 7 {
		t.Errorf("complete through %d once the log is read again, want 7", got)
	}
}
