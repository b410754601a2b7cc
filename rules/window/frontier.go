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
	// Ended says of the source that nothing will come any more while the process
	// lives. What rests on its logs alone is final then, but its buckets are
	// closed by Through: the next start may bring more.
	Ended bool
	// Broken says of the source, without a Dataset, that it fails: the rules do
	// not wait for it. Works says that it does not, and has not ended. With a
	// Dataset, Broken says it of this log alone, until a Frontier of it with
	// Through.
	Broken, Works bool
}

type logKey struct{ source, dataset, account, region string }

// sourceState is what was told of a source.
type sourceState struct{ broken, ended bool }

// advance takes frontiers in and works out how far each rule is complete.
func (e *Engine) advance(list []Frontier) {
	for _, f := range list {
		ofLog := f.Dataset != ""
		if f.Broken && !ofLog || f.Works || f.Ended || e.sources[f.Source] == nil {
			e.sources[f.Source] = &sourceState{broken: f.Broken && !ofLog, ended: f.Ended}
		}
		if !ofLog {
			continue
		}
		k := logKey{f.Source, f.Dataset, f.Account, f.Region}
		if f.Broken {
			e.broken[k] = true
			continue
		}
		delete(e.broken, k)
		if had, ok := e.logs[k]; !ok || f.Through > had {
			e.logs[k] = f.Through
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
		s.blind = e.blind(s.Datasets)
	}
}

// low is the least frontier of the logs of some datasets: of those that go on,
// and of all. ended: none goes on.
func (e *Engine) low(datasets []string) (open, known int64, ended bool) {
	open, known = math.MaxInt64, math.MaxInt64
	logs, going := 0, 0
	for k, through := range e.logs {
		s := e.sources[k.source]
		if s.broken || e.broken[k] || !slices.Contains(datasets, k.dataset) {
			continue
		}
		logs++
		known = min(known, through)
		if !s.ended {
			going++
			open = min(open, through)
		}
	}
	if logs == 0 {
		return math.MinInt64, math.MinInt64, e.allEnded()
	}
	return open, known, going == 0
}

// blind reports whether some log of these datasets fails.
func (e *Engine) blind(datasets []string) bool {
	for k := range e.logs {
		if (e.sources[k.source].broken || e.broken[k]) && slices.Contains(datasets, k.dataset) {
			return true
		}
	}
	for k := range e.broken {
		if slices.Contains(datasets, k.dataset) {
			return true
		}
	}
	return false
}

// allEnded reports whether no source goes on.
func (e *Engine) allEnded() bool {
	for _, s := range e.sources {
		if !s.ended {
			return false
		}
	}
	return len(e.sources) > 0
}
