package window

import (
	"math"
	"slices"
)

// Frontier says that a log is complete through a moment of event time: of what
// came to the engine before it, nothing earlier is missing.
type Frontier struct {
	Source, Dataset, Account, Region string
	// Through is in nanoseconds since 1970; math.MinInt64 where nothing is said
	// of it. It never goes back.
	Through int64
	// Ended is set where nothing will come any more while the process lives:
	// the end of a finite source. Its cases are final then, but its buckets are
	// closed by Through alone: the next start may bring more.
	Ended bool
	// Broken is set, or not, for all logs of Source (the other names are empty):
	// the rules do not wait for a source that fails.
	Broken, Works bool
}

type logKey struct{ source, dataset, account, region string }

type logState struct {
	through int64
	ended   bool
}

// advance takes frontiers in and works out how far each rule is complete.
func (e *Engine) advance(list []Frontier) {
	for _, f := range list {
		switch {
		case f.Broken:
			e.broken[f.Source] = true
		case f.Works:
			delete(e.broken, f.Source)
		default:
			k := logKey{f.Source, f.Dataset, f.Account, f.Region}
			l := e.logs[k]
			if l == nil {
				l = &logState{through: math.MinInt64}
				e.logs[k] = l
			}
			l.through, l.ended = max(l.through, f.Through), f.Ended
		}
	}
	if len(list) == 0 && !e.newRules {
		return
	}
	e.newRules = false
	for _, s := range e.rules.Load().stateful {
		open, known, all := e.low(s.Datasets)
		s.through = math.MinInt64
		switch {
		case all:
			s.through = math.MaxInt64
		case open != math.MinInt64:
			s.through = open - int64(e.o.Lateness)
		}
		s.reached = math.MinInt64
		if known != math.MinInt64 {
			s.reached = known - int64(e.o.Lateness)
		}
		s.settled = s.settled && all
	}
}

// low is the least frontier of the logs of some datasets: of those that go on,
// and of all. ended: none goes on.
func (e *Engine) low(datasets []string) (open, known int64, ended bool) {
	open, known = math.MaxInt64, math.MaxInt64
	seen := false
	ended = true
	for k, l := range e.logs {
		if e.broken[k.source] || k.dataset != "" && !slices.Contains(datasets, k.dataset) {
			continue
		}
		seen = true
		known = min(known, l.through)
		if !l.ended {
			ended = false
			open = min(open, l.through)
		}
	}
	if !seen {
		return math.MinInt64, math.MinInt64, false
	}
	return open, known, ended
}
