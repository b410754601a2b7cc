package cloudwatchlogs

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// scenario is what a test of everything at once draws.
type scenario struct {
	seed             uint64
	accounts, groups int
	page, workers    int
	// one request, one settlement in so many fails.
	requests, settlements int
	crashes, restarts     int
	poll                  time.Duration
}

func drawScenario(t *rapid.T) scenario {
	return scenario{
		seed: rapid.Uint64().Draw(t, "seed"), accounts: rapid.IntRange(1, 3).Draw(t, "accounts"), groups: rapid.IntRange(1, 2).Draw(t, "groups"),
		page: rapid.SampledFrom([]int{2, 7, 100, 10_000}).Draw(t, "page"), workers: rapid.IntRange(1, 3).Draw(t, "workers"),
		requests: rapid.SampledFrom([]int{0, 0, 3, 20}).Draw(t, "requests"), settlements: rapid.SampledFrom([]int{0, 0, 3, 20}).Draw(t, "settlements"),
		crashes: rapid.IntRange(0, 2).Draw(t, "crashes"), restarts: rapid.IntRange(0, 2).Draw(t, "restarts"),
		poll: rapid.SampledFrom([]time.Duration{10 * time.Second, time.Minute, 7 * time.Minute}).Draw(t, "poll"),
	}
}

// TestNothingIsLostUnderFaultsAndRestarts: conservation and liveness. Once the
// faults stop, everything that was put has been delivered; without a crash, or a
// sink that refused, once.
func TestNothingIsLostUnderFaultsAndRestarts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := drawScenario(rt)
		failed := !t.Run("", func(t *testing.T) { bubble(t, x.seed, x.accounts, func(s *station) { s.play(x) }) })
		if failed {
			rt.Fatalf("%+v", x)
		}
	})
}

func (s *station) play(x scenario) {
	s.options.Late, s.options.PollInterval, s.options.Workers, s.failing = 2*time.Hour, x.poll, x.workers, x.settlements
	for _, v := range s.services {
		v.pageEvents = x.page
		v.fault = func(string) error {
			if x.requests > 0 && v.rng.IntN(x.requests) == 0 {
				return errors.New("Rate exceeded")
			}
			return nil
		}
	}
	s.some(x, 60)
	after(time.Duration(s.rng.IntN(20)) * time.Minute)
	s.start()
	for _, crash := range s.stops(x) {
		for range 10 {
			s.some(x, 10)
			after(time.Duration(s.rng.IntN(100)) * time.Second)
		}
		if crash {
			s.crash()
		} else {
			s.end()
		}
		s.some(x, 5)
		after(time.Duration(s.rng.IntN(30)) * time.Minute)
		s.start()
	}
	s.mu.Lock()
	s.failing = 0
	s.mu.Unlock()
	for _, v := range s.services {
		v.mu.Lock()
		v.fault = nil
		v.mu.Unlock()
	}
	after(5 * time.Hour)
	s.complete(x.crashes == 0 && x.settlements == 0)
}

// stops are the ends of the process, true for a crash.
func (s *station) stops(x scenario) (list []bool) {
	for range x.crashes {
		list = append(list, true)
	}
	for range x.restarts {
		list = append(list, false)
	}
	s.rng.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
	return append(list, false)
}

// some writes events: now and up to two hours late, shown at once or after minutes.
func (s *station) some(x scenario, n int) {
	for range n {
		late := time.Duration(s.rng.IntN(240)) * time.Second
		switch s.rng.IntN(6) {
		case 0:
			late = time.Duration(s.rng.IntN(118)) * time.Minute
		case 1:
			late = -time.Duration(s.rng.IntN(100)) * time.Minute
		}
		s.write(s.services[s.rng.IntN(len(s.services))], fmt.Sprint("/studio/", s.rng.IntN(x.groups)), fmt.Sprint("stream", s.rng.IntN(5)),
			late, time.Duration(s.rng.IntN(3))*100*time.Second)
	}
}
