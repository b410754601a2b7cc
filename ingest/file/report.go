package file

import (
	"fmt"
	"maps"

	"github.com/VictoriaMetrics/metrics"
)

func (s *source) measure(set *metrics.Set, name string) {
	gauge := func(metric string, value func() float64) {
		name := fmt.Sprintf("%s{source=%q}", metric, name)
		set.UnregisterMetric(name) // of the source before a reload
		set.NewGauge(name, value)
	}
	gauge("burstwatch_file_positions", func() float64 {
		s.book.mu.Lock()
		defer s.book.mu.Unlock()
		return float64(len(s.book.all))
	})
	gauge("burstwatch_file_open", func() float64 {
		s.mu.Lock()
		defer s.mu.Unlock()
		return float64(s.reading)
	})
	gauge("burstwatch_file_waiting", func() float64 {
		s.mu.Lock()
		defer s.mu.Unlock()
		return float64(len(s.queue))
	})
	gauge("burstwatch_file_skipped", func() float64 { return float64(s.skipped.Load()) })
}

// forget drops what is known of files that have been gone for long, and what was
// noted of others that are no longer seen.
func (s *source) forget() {
	s.book.mu.Lock()
	for _, k := range s.book.all {
		if !k.attached && k.reading == nil && k.Gone == 0 {
			k.Gone = s.env.Now().Unix()
			s.book.save(k)
		}
	}
	s.book.forget(s.env.Now().Add(-s.options.ForgetAfter))
	s.book.mu.Unlock()
	maps.DeleteFunc(s.unsettled, func(_ inode, p pending) bool { return p.look != s.looks })
	maps.DeleteFunc(s.copies, func(_ inode, p pending) bool { return p.look != s.looks })
	maps.DeleteFunc(s.reported, func(_ string, r reported) bool { return r.look != s.looks })
	maps.DeleteFunc(s.denied, func(p string, _ denial) bool { return s.reported[p].look != s.looks })
	s.skipped.Store(int64(len(s.reported)))
}

// reported is why a file is not read, and the last look at which that was so.
type reported struct {
	reason string
	look   int
}

// report says once why a file is not read, and again when the reason changes.
func (s *source) report(k Skipped) {
	if k.Failed && !s.options.Follow {
		s.failures = append(s.failures, fmt.Errorf("%s: %s", k.Path, k.Reason))
	}
	before := s.reported[k.Path].reason
	s.reported[k.Path] = reported{k.Reason, s.looks}
	if before == k.Reason {
		return
	}
	log := s.env.Log.Info
	if k.Failed {
		log = s.env.Log.Error
	}
	log("a file is not read", "path", k.Path, "reason", k.Reason)
}
