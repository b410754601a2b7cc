package pipeline

import (
	"math"
	"sync"
	"time"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/rules/window"
)

// A frontier says what was emitted, but rules must not hear of it before they
// have seen what was emitted before it. So it waits until every object that was
// open then has been read to its end, or to where its log has grown until now.

// brokenAfter is how long a source fails before rules stop waiting for it.
const brokenAfter = 15 * time.Minute

// finiteSlack is how far back a finite source may begin when it is started
// again: a folder with older logs, say.
const finiteSlack = 7 * 24 * time.Hour

// reads are the objects of one source that are being read, and the frontiers
// that wait for them.
type reads struct {
	mu      sync.Mutex
	busy    map[*flight]bool
	waiting []*promise
	told    map[string]time.Time // of datasets, what the rules were told last
	broken  bool
}

// promise is a frontier and what it waits for.
type promise struct {
	frontier ingest.Frontier
	ended    bool
	left     map[*flight]bool
}

// promise has the rules told of a frontier as soon as it is true for them.
func (s *intake) promise(f ingest.Frontier, ended bool) {
	if s.g.owner == nil {
		return
	}
	s.works()
	s.reads.mu.Lock()
	defer s.reads.mu.Unlock()
	p := &promise{frontier: f, ended: ended, left: map[*flight]bool{}}
	for x := range s.reads.busy {
		p.left[x] = true
	}
	s.reads.waiting = append(s.reads.waiting, p)
	s.keepPromises()
}

// begins counts an object as being read.
func (s *intake) begins(x *flight) {
	s.reads.mu.Lock()
	defer s.reads.mu.Unlock()
	if s.reads.busy == nil {
		s.reads.busy = map[*flight]bool{}
	}
	s.reads.busy[x] = true
}

// rests says that of an object all is read that there is. If it failed, what
// was promised meanwhile is not true.
func (s *intake) rests(x *flight, err error) {
	s.reads.mu.Lock()
	defer s.reads.mu.Unlock()
	delete(s.reads.busy, x)
	kept := s.reads.waiting[:0]
	for _, p := range s.reads.waiting {
		if !p.left[x] || err == nil {
			delete(p.left, x)
			kept = append(kept, p)
		}
	}
	s.reads.waiting = kept
	s.keepPromises()
}

// keepPromises tells those that wait for nothing any more. The caller holds the
// lock.
func (s *intake) keepPromises() {
	kept := s.reads.waiting[:0]
	for _, p := range s.reads.waiting {
		if len(p.left) > 0 {
			kept = append(kept, p)
			continue
		}
		s.tellRules(p)
	}
	s.reads.waiting = kept
}

func (s *intake) tellRules(p *promise) {
	f := p.frontier
	if !p.ended && !f.Through.IsZero() {
		s.tellLogs(f, window.Frontier{Through: f.Through.UnixNano()})
		return
	}
	for dataset, last := range s.g.p.logs.lasts(s.Name) {
		if !f.Through.IsZero() {
			last = f.Through
		}
		through := last.UnixNano()
		if p.ended {
			through -= int64(finiteSlack)
		} else if s.reads.told[dataset].Equal(last) {
			continue
		}
		if s.reads.told == nil {
			s.reads.told = map[string]time.Time{}
		}
		s.reads.told[dataset] = last
		s.g.owner.frontier(window.Frontier{Source: s.Name, Dataset: dataset, Through: through, Ended: p.ended})
	}
	if p.ended {
		s.g.owner.frontier(window.Frontier{Source: s.Name, Through: math.MinInt64, Ended: true})
	}
}

// tellLogs tells the rules something of the logs that a frontier names.
func (s *intake) tellLogs(f ingest.Frontier, what window.Frontier) {
	what.Source, what.Account, what.Region = s.Name, f.Account, f.Region
	datasets := []string{f.Dataset}
	if f.Dataset == "" {
		datasets = s.g.p.logs.datasets(s.Name)
	}
	for _, what.Dataset = range datasets {
		s.g.owner.frontier(what)
	}
}

// breaks tells the rules of a log that cannot be read, once that has lasted.
func (s *intake) breaks(f ingest.Frontier, since time.Time) {
	if s.g.owner != nil && s.g.p.Now().Sub(since) >= brokenAfter {
		s.tellLogs(f, window.Frontier{Broken: true})
	}
}

// fails tells the rules when the source has failed for long, since then.
func (s *intake) fails(since time.Time) {
	s.reads.mu.Lock()
	defer s.reads.mu.Unlock()
	if s.g.owner == nil || s.reads.broken || s.g.p.Now().Sub(since) < brokenAfter {
		return
	}
	s.reads.broken = true
	s.log.Warn("the source has failed for long: rules do not wait for its logs any more, and what it brings may come too late for them", "since", since)
	s.g.owner.frontier(window.Frontier{Source: s.Name, Broken: true})
}

// works takes fails back.
func (s *intake) works() {
	s.reads.mu.Lock()
	defer s.reads.mu.Unlock()
	if s.reads.broken {
		s.reads.broken = false
		s.g.owner.frontier(window.Frontier{Source: s.Name, Works: true})
	}
}

// leftOut reports whether rules do not wait for the source.
func (s *intake) leftOut() bool {
	s.reads.mu.Lock()
	defer s.reads.mu.Unlock()
	return s.reads.broken
}

// lasts are the latest event times of a source's logs, by dataset.
func (l *logs) lasts(source string) map[string]time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]time.Time{}
	for k, s := range l.all {
		if k.source == source && k.dataset != "" && s.LastEvent.After(out[k.dataset]) {
			out[k.dataset] = s.LastEvent
		}
	}
	return out
}
