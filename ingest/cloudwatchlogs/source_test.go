package cloudwatchlogs

import (
	"fmt"
	"strings"
	"testing"
	"time"

	sdkaws "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

const agents = "/studio/agents"

// TestNothingNearNowIsLost writes an event a second, each shown up to four
// minutes later, and in no order.
func TestNothingNearNowIsLost(t *testing.T) {
	bubble(t, 1, 1, func(s *station) {
		s.write(s.services[0], agents, "a", 0, 0)
		s.start()
		for i := range 3000 {
			s.write(s.services[0], agents, fmt.Sprint("host", i%7), time.Duration(s.rng.IntN(200))*time.Second, time.Duration(s.rng.IntN(240))*time.Second)
			after(time.Second)
		}
		after(10 * time.Minute)
		s.complete(true)
	})
}

// TestNothingThatComesBetweenPagesIsLost has pages of three events, between which
// others come that lie before them.
func TestNothingThatComesBetweenPagesIsLost(t *testing.T) {
	bubble(t, 2, 1, func(s *station) {
		x := s.services[0]
		x.pageEvents = 3
		s.write(x, agents, "a", 0, 0)
		s.start()
		x.mu.Lock()
		x.fault = func(operation string) error {
			if operation == "FilterLogEvents" && s.written() < 500 {
				host, late := x.rng.IntN(3), x.rng.IntN(60)
				x.mu.Unlock()
				s.write(x, agents, fmt.Sprint("host", host), time.Duration(late)*time.Second, 0)
				s.write(x, agents, "b", 0, 0)
				x.mu.Lock()
			}
			return nil
		}
		x.mu.Unlock()
		after(2 * time.Hour)
		s.complete(true)
		if s.written() < 500 {
			t.Errorf("only %d events were written between pages", s.written())
		}
	})
}

// TestARestartImportsNothingAgain is the lesson of a peer that kept no registry.
func TestARestartImportsNothingAgain(t *testing.T) {
	bubble(t, 3, 2, func(s *station) {
		for i := range 2000 {
			s.write(s.services[i%2], agents, fmt.Sprint("host", i%5), time.Duration(s.rng.IntN(300))*time.Hour, 0)
		}
		after(time.Hour)
		s.start()
		after(time.Hour)
		for range 5 {
			s.end()
			after(time.Duration(s.rng.IntN(120)) * time.Minute)
			for range 20 {
				s.write(s.services[0], agents, "host1", time.Duration(s.rng.IntN(4))*time.Minute, 0)
			}
			s.start()
			after(time.Minute + time.Duration(s.rng.IntN(120))*time.Second)
		}
		after(time.Hour)
		s.complete(true)
	})
}

func TestWhatIsWrittenLateIsFoundWithinAboutAsLong(t *testing.T) {
	for _, late := range []time.Duration{6 * time.Minute, 30 * time.Minute, 3 * time.Hour, 15 * time.Hour, 40 * time.Hour, 13 * 24 * time.Hour} {
		t.Run(late.String(), func(t *testing.T) {
			bubble(t, 4, 1, func(s *station) {
				x := s.services[0]
				s.disk = nil
				s.write(x, agents, "busy", 0, 0)
				s.start()
				after(3 * time.Hour)
				s.write(x, agents, "busy", late, 0)
				s.write(x, agents, "fresh", late, 0)
				found := 0
				for ; len(s.missing()) > 0 && found < 30*24*60; found++ {
					after(time.Minute)
				}
				if most := min(5*late, 25*time.Hour) + 10*time.Minute; time.Duration(found)*time.Minute > most {
					t.Errorf("found after %d minutes, want at most %v", found, most)
				}
				s.complete(true)
			})
		})
	}
}

// TestQuietStreamsAreNotSearchedForLateEvents: a sweep asks what has news first.
func TestQuietStreamsAreNotSearchedForLateEvents(t *testing.T) {
	bubble(t, 5, 1, func(s *station) {
		x := s.services[0]
		for i := range 300 {
			s.write(x, agents, fmt.Sprint("session", i), time.Duration(i)*time.Hour, 0)
		}
		s.options.PollInterval, s.disk = 24*time.Hour, nil
		s.start()
		after(3 * 24 * time.Hour)
		x.mu.Lock()
		clear(x.calls)
		x.mu.Unlock()
		after(4 * 24 * time.Hour)
		x.mu.Lock()
		defer x.mu.Unlock()
		if n := x.calls["FilterLogEvents"]; n > 8 || x.calls["DescribeLogStreams"] < 4 {
			t.Errorf("%v in four days of silence: want one search a poll, of the last minutes", x.calls)
		}
	})
}

func TestABackFillBeginsAtItsDateAndDelaysNothingNew(t *testing.T) {
	bubble(t, 6, 1, func(s *station) {
		x := s.services[0]
		x.pageEvents = 10
		start := time.Now().Add(-100 * time.Hour).Truncate(time.Second)
		for i := range 2000 {
			late := time.Duration(i) * 10 * time.Minute
			id := x.put(agents, "a", "line", time.Now().Add(-late), 0)
			if !time.Now().Add(-late).Before(start) {
				s.add(key(x.account, agents, "a", id))
			}
		}
		after(time.Hour)
		s.options.Start = start.Format(time.RFC3339)
		s.slow = 40 * time.Second
		s.start()
		after(10 * time.Second)
		id := x.put(agents, "a", "new", time.Now(), 0)
		s.add(key(x.account, agents, "a", id))
		after(5 * time.Minute)
		if s.came(key(x.account, agents, "a", id)) == 0 {
			t.Error("a new event waits for the back-fill")
		}
		if f := s.of(x.account); !f.Through.IsZero() && f.Through.After(start.Add(100*time.Hour)) {
			t.Errorf("complete through %v while the back-fill goes on", f.Through)
		}
		after(10 * time.Hour)
		s.complete(true)
		if f := s.of(x.account); time.Since(f.Through) > 10*time.Minute {
			t.Errorf("complete through %v, %v ago", f.Through, time.Since(f.Through))
		}
	})
}

func TestTheEndBeginsWithWhatIsTakenInFromNowOn(t *testing.T) {
	bubble(t, 7, 1, func(s *station) {
		x := s.services[0]
		for i := range 50 {
			x.put(agents, "a", "old", time.Now().Add(-time.Duration(i)*time.Minute), 0)
		}
		after(time.Second)
		s.options.Start = end
		s.start()
		after(time.Second)
		s.write(x, agents, "a", 2*time.Minute, 0)
		s.write(x, agents, "a", 20*time.Hour, 0)
		after(30 * time.Hour)
		s.complete(true)
	})
}

// TestADeniedAccountIsBrokenAndTheOthersGoOn: it says so in its frontier.
func TestADeniedAccountIsBrokenAndTheOthersGoOn(t *testing.T) {
	bubble(t, 8, 3, func(s *station) {
		denied := s.services[1]
		denied.fault = func(string) error { return fmt.Errorf("role reader of account %s may not", denied.account) }
		for i := range 300 {
			s.write(s.services[i%3], agents, "a", 0, 0)
		}
		s.start()
		after(20 * time.Minute)
		if f := s.of(denied.account); !strings.Contains(f.Broken, "may not") || !f.Through.IsZero() {
			t.Errorf("of the denied account: %+v", f)
		}
		for _, x := range []*service{s.services[0], s.services[2]} {
			if f := s.of(x.account); f.Broken != "" || time.Since(f.Through) > 10*time.Minute {
				t.Errorf("of %s: %+v", x.account, f)
			}
		}
		if n := len(s.missing()); n != 100 {
			t.Errorf("%d are missing, want those of the denied account, 100", n)
		}
		if n := strings.Count(s.lines(), "cannot be read"); n != 1 {
			t.Errorf("said %d times:\n%s", n, s.lines())
		}
		denied.mu.Lock()
		denied.fault = nil
		denied.mu.Unlock()
		after(30 * time.Minute)
		if f := s.of(denied.account); f.Broken != "" {
			t.Errorf("once it is allowed: %+v", f)
		}
		s.complete(true)
	})
}

func TestAnIdleAccountSaysThatItIsComplete(t *testing.T) {
	bubble(t, 9, 2, func(s *station) {
		s.write(s.services[0], agents, "a", 0, 0)
		s.start()
		after(3 * time.Hour)
		for _, x := range s.services { // the second one has no group at all
			if f := s.of(x.account); f.Broken != "" || time.Since(f.Through) > 10*time.Minute || f.Region != x.region {
				t.Errorf("of %s: %+v", x.account, f)
			}
		}
	})
}

func TestANamedGroupThatIsNotThereIsAnErrorAndOthersAreRead(t *testing.T) {
	bubble(t, 10, 1, func(s *station) {
		s.options.LogGroups = []string{"/studio/gone", agents}
		s.write(s.services[0], agents, "a", 0, 0)
		s.start()
		after(10 * time.Minute)
		s.complete(true)
		if f := s.of(s.services[0].account); !strings.Contains(f.Broken, "/studio/gone") {
			t.Errorf("%+v", f)
		}
	})
}

func TestALinkedGroupIsAskedForByItsARNAndIsOfItsOwnAccount(t *testing.T) {
	bubble(t, 11, 1, func(s *station) {
		x := s.services[0]
		x.account = "999999999999" // whose group the monitoring account sees
		s.options.LogGroups = []string{"arn:aws:logs:eu-west-1:999999999999:log-group:" + agents + ":*"}
		s.write(x, agents, "a", 0, 0)
		x.account = "111111111111"
		s.start()
		after(20 * time.Minute)
		s.complete(true)
		if f := s.of("999999999999"); time.Since(f.Through) > 10*time.Minute {
			t.Errorf("%+v", f)
		}
	})
}

// TestASearchWhoseTokenExpiredBeginsAgain has a page taken a day after the one before.
func TestASearchWhoseTokenExpiredBeginsAgain(t *testing.T) {
	bubble(t, 12, 1, func(s *station) {
		x := s.services[0]
		x.pageEvents = 50
		for range 400 {
			s.write(x, agents, "a", 0, 0)
		}
		asked := 0
		x.fault = func(operation string) error {
			if asked++; operation == "FilterLogEvents" && asked == 5 {
				clear(x.tokens)
			}
			return nil
		}
		s.start()
		after(3 * time.Hour)
		s.complete(true)
		if asked < 5 {
			t.Error("no token was asked for")
		}
	})
}

func TestThePagesInHandAreBounded(t *testing.T) {
	bubble(t, 13, 5, func(s *station) {
		s.options.Workers = 2
		for i := range 5000 {
			s.services[i%5].pageEvents = 10
			s.write(s.services[i%5], agents, "a", 0, 0)
		}
		s.start()
		after(time.Hour)
		s.complete(true)
		if s.src.pages.TryAcquire(2); s.src.pages.TryAcquire(1) {
			t.Error("pages were given back more often than taken")
		}
	})
}

// TestWhatIsKeptDoesNotGrow runs two days of a new stream every few minutes.
func TestWhatIsKeptDoesNotGrow(t *testing.T) {
	bubble(t, 14, 1, func(s *station) {
		s.options.PollInterval = 5 * time.Minute
		s.write(s.services[0], agents, "a", 0, 0)
		s.start()
		most := 0
		for i := range 48 {
			for k := range 50 {
				s.write(s.services[0], agents, fmt.Sprint("session", i, "-", k), time.Duration(s.rng.IntN(3))*time.Hour, 0)
			}
			after(time.Hour)
			most = max(most, s.kept())
		}
		after(30 * time.Hour)
		s.complete(true)
		if most > 600 { // of 2,400 events
			t.Errorf("%d keys are kept at once", most)
		}
		held := 0
		for _, l := range s.src.places[0].groups[0].lanes {
			held += len(l.seen)
		}
		if n := s.kept(); n > 10 || held > 0 {
			t.Errorf("after a day of silence %d keys are kept and %d events remembered", n, held)
		}
	})
}

func TestOtherOverlapsLoseNothing(t *testing.T) {
	bubble(t, 15, 1, func(s *station) {
		s.write(s.services[0], agents, "a", 0, 0)
		for _, overlap := range []time.Duration{5 * time.Minute, 30 * time.Minute, time.Minute, 2 * time.Hour} {
			s.options.Overlap = overlap
			s.start()
			for range 60 {
				s.write(s.services[0], agents, "a", time.Duration(s.rng.IntN(100))*time.Minute, 0)
				after(time.Minute)
			}
			s.end()
			s.write(s.services[0], agents, "a", time.Duration(s.rng.IntN(100))*time.Minute, 0)
		}
		s.start()
		after(40 * time.Hour)
		s.complete(false)
	})
}

func TestAThrottledAccountGoesOnWhenItMay(t *testing.T) {
	bubble(t, 16, 2, func(s *station) {
		x := s.services[0]
		storm := true
		x.fault = func(string) error {
			if storm && x.rng.IntN(10) > 0 {
				return &types.ServiceUnavailableException{Message: sdkaws.String("Rate exceeded")}
			}
			return nil
		}
		for i := range 1000 {
			s.write(s.services[i%2], agents, "a", time.Duration(i)*time.Minute, 0)
		}
		after(time.Hour)
		s.start()
		after(6 * time.Hour)
		x.mu.Lock()
		storm = false
		x.mu.Unlock()
		after(3 * time.Hour)
		s.complete(true)
	})
}
