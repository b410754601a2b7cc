package pipeline

import (
	"context"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/sinks"
)

// simulation is one seed: a world, what is to be carried through it, and the
// process that carries it, which dies and is started again.
type simulation struct {
	*world
	sources []*simOrigin
	dests   []*destination
	disk    *disk
	cases   *simCases
	mutant  mutant
	once    bool
	drainIn time.Duration

	poisoned bool
	outage   bool // a sink is down for long
	fed      int
	lastFed  time.Time

	b       *boundary // of the living process
	p       *Pipeline
	cancel  context.CancelFunc
	ended   chan error
	stopped time.Time // when the living process was told to stop
}

// mutant replaces a part of the world by one that does not keep its contract:
// it shows that the simulation can fail.
type mutant struct {
	sink  func(sinks.Sink) sinks.Sink
	disk  func(vfs.FS) vfs.FS
	cases func(Cases) Cases
	read  func(*emission)                 // called after each read
	emit  func(*emission, *ingest.Object) // called before it is emitted
}

// run plays the seed to its end.
func (s *simulation) run() error {
	s.boot()
	s.quiet = s.calm
	if !s.calm {
		steps := 50 + s.rng.IntN(400)
		if s.outage {
			steps *= 2 // or it would end before anything goes to a spool
		}
		for range steps {
			s.disturb()
			s.step()
			s.revive()
		}
	}
	s.mu.Lock()
	s.quiet = true
	s.mu.Unlock()
	s.liveness(func(o *simObject) bool { return o.shown == len(o.content) }) // a log that waits keeps nobody waiting
	s.growAll()
	s.liveness(func(*simObject) bool { return true })
	s.stop()
	if len(s.broken) == 0 {
		s.conservation()
	}
	return s.verdict()
}

// disturb sometimes does what happens to a process from outside.
func (s *simulation) disturb() {
	switch s.rng.IntN(120) {
	case 0, 1:
		s.crash()
	case 2:
		if s.stopped.IsZero() {
			s.note("terminate")
			s.stopped = time.Now()
			s.cancel()
		}
	case 3:
		s.reload()
	case 4, 5, 6, 7:
		s.grow()
	case 8, 9, 10, 11, 12, 13:
		if s.outage {
			s.pass(time.Duration(s.rng.IntN(5_000)) * time.Millisecond)
		}
	}
}

// pass lets a time go by in which nothing happens from outside: who waits for a
// sink has waited long then.
func (s *simulation) pass(d time.Duration) {
	for until := time.Now().Add(d); time.Now().Before(until); {
		s.step()
		s.revive()
	}
}

// crash ends the process at once: what it had in memory is gone, and what it
// had not synced may be.
func (s *simulation) crash() {
	s.note("crash")
	s.disk.crash() // while nothing runs
	s.kill(s.b)
	s.cancel()
	<-s.ended
	for _, src := range s.sources {
		for _, o := range src.objects {
			o.open, o.again = 0, time.Now().Add(time.Duration(s.rng.IntN(3000))*time.Millisecond)
			if s.chance(2) {
				o.recent = o.synced
			}
			o.synced = o.recent
			if !src.queue {
				o.settled = o.recent.settled
			}
		}
	}
	s.boot()
}

// revive starts the process again when it has ended by itself.
func (s *simulation) revive() {
	select {
	case err := <-s.ended:
		s.note("ended: %v", err != nil)
		if s.stopped.IsZero() && !s.once {
			s.fail("the pipeline ended by itself: %v", err)
		}
		s.checkEnd()
		s.boot()
	default:
	}
}

func (s *simulation) reload() {
	change, p, b := Change{}, s.p, s.b
	if s.chance(2) {
		change.NewJudge = s.judges(b)
	} else {
		change.Open = s.parts(b, s.chance(3))
	}
	s.note("reload")
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	go func() {
		defer cancel()
		_ = p.Reload(ctx, change)
	}()
}

func (s *simulation) grow() {
	for _, src := range s.sources {
		for _, o := range src.objects {
			if o.shown < len(o.content) && s.chance(2) {
				o.shown += 1 + s.rng.IntN(len(o.content)-o.shown)
			}
		}
	}
}

func (s *simulation) growAll() {
	for _, src := range s.sources {
		for _, o := range src.objects {
			o.shown = len(o.content)
		}
	}
}

// stop ends the last process in order.
func (s *simulation) stop() {
	if s.stopped.IsZero() {
		s.stopped = time.Now()
		s.cancel()
	}
	for {
		select {
		case err := <-s.ended:
			s.note("ended: %v", err != nil)
			s.checkEnd()
			return
		default:
		}
		if time.Since(s.stopped) > time.Hour {
			s.fail("the pipeline does not end; parked: %q", s.keys())
			s.kill(s.b)
			<-s.ended
			return
		}
		s.step()
	}
}
