package pipeline

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"
)

// The simulation runs the whole pipeline in virtual time, against a world that
// fails in every way that its contracts allow: sources, sinks, file system and
// state store. What happens is drawn from one seed, and a seed replays exactly.
//
// That needs more than virtual time: goroutines that run at the same moment run
// in any order. So each call across a boundary parks; the world waits until all
// goroutines are blocked, picks one call by the seed, and lets it go at an
// instant that is no other call's. Between two of these picks only what that
// one call has caused runs.

// call is one parked boundary call.
type call struct {
	key    string // who and what: equal in every run of the seed
	kind   string
	faults []string // what may become of it beside "ok"
	resume chan string
}

// boundary is one incarnation's way into the world: when the process dies, it
// leads nowhere any more.
type boundary struct {
	w    *simulation
	dead chan struct{}
}

var errDead = errors.New("the process is dead")

// park waits until the world lets the call go, and returns what became of it.
// "dead" means that the process died meanwhile, "ctx" that ctx ended.
func (b *boundary) park(ctx context.Context, kind, who string, faults ...string) string {
	c := &call{key: kind + " " + who, kind: kind, faults: faults, resume: make(chan string, 1)}
	b.w.mu.Lock()
	if b.gone() {
		b.w.mu.Unlock()
		return "dead"
	}
	for b.w.parked[c.key] != nil { // the same call twice: by order of arrival
		c.key += "'"
	}
	b.w.parked[c.key] = c
	b.w.mu.Unlock()
	select {
	case fate := <-c.resume:
		return fate
	case <-b.dead:
		return "dead"
	case <-ctx.Done():
		b.w.forget(c)
		b.park(context.Background(), "turn", who) // others may have been woken too
		return "ctx"
	}
}

func (b *boundary) gone() bool {
	select {
	case <-b.dead:
		return true
	default:
		return false
	}
}

// world is everything outside of the pipeline, and the hand that moves it.
type world struct {
	rng    *rand.Rand
	log    io.Writer // nil unless a seed is replayed
	calm   bool      // no faults at all
	steps  int
	trace  uint64
	start  time.Time
	broken []string // violated properties

	mu     sync.Mutex
	parked map[string]*call
	quiet  bool // faults have ended
}

func newWorld(seed uint64) *world {
	return &world{rng: rand.New(rand.NewPCG(seed, 1)), parked: map[string]*call{}, start: time.Now()}
}

func (w *world) forget(c *call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.parked[c.key] == c {
		delete(w.parked, c.key)
	}
}

// note adds what happened to the trace. It is called by the world's own
// goroutine, or by the one goroutine that it let go.
func (w *world) note(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	h := fnv.New64a()
	fmt.Fprintf(h, "%x %d %s", w.trace, time.Since(w.start), line)
	w.trace = h.Sum64()
	if w.log != nil {
		fmt.Fprintf(w.log, "%6d %12s  %s\n", w.steps, time.Since(w.start), line)
	}
}

// fail notes that a property does not hold.
func (w *world) fail(format string, args ...any) {
	if len(w.broken) < 10 {
		w.broken = append(w.broken, fmt.Sprintf(format, args...))
	}
	w.note("VIOLATED: "+format, args...)
}

// chance is true once in n.
func (w *world) chance(n int) bool { return w.rng.IntN(n) == 0 }

// rest lets virtual time pass. Each rest ends at an instant of its own: timers
// that the pipeline sets are whole milliseconds long, so that none of them ever
// ends at the same instant as a rest or as a timer set in another step.
func (w *world) rest(about time.Duration) {
	w.steps++
	now := time.Now()
	until := now.Add(about).Truncate(time.Millisecond).Add(time.Duration(w.steps % 1_000_000))
	if !until.After(now) {
		until = until.Add(time.Millisecond)
	}
	time.Sleep(time.Until(until))
	synctest.Wait()
}

// step lets one parked call go, or time pass where there is none. It reports
// whether there was one.
func (w *world) step() bool {
	synctest.Wait()
	about := time.Duration(w.rng.IntN(3)) * time.Millisecond
	if w.chance(40) {
		about = time.Duration(w.rng.IntN(400)) * time.Millisecond
	}
	keys := w.keys()
	if len(keys) == 0 {
		w.rest(100 * time.Millisecond)
		return false
	}
	w.mu.Lock()
	c := w.parked[keys[w.rng.IntN(len(keys))]]
	w.mu.Unlock()
	w.rest(about)
	w.mu.Lock()
	gone := w.parked[c.key] != c // its context ended while time passed
	delete(w.parked, c.key)
	quiet := w.quiet
	w.mu.Unlock()
	if gone {
		return true
	}
	fate := "ok"
	if len(c.faults) > 0 && !quiet && w.chance(6) {
		fate = c.faults[w.rng.IntN(len(c.faults))]
	}
	w.note("%s: %s", c.key, fate)
	c.resume <- fate
	synctest.Wait()
	return true
}

// keys are those of the parked calls, in order.
func (w *world) keys() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	keys := make([]string, 0, len(w.parked))
	for k := range w.parked {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// kill ends an incarnation: nothing that it does reaches the world any more.
func (w *world) kill(b *boundary) {
	w.mu.Lock()
	close(b.dead)
	clear(w.parked)
	w.mu.Unlock()
}

func (w *world) verdict() error {
	if len(w.broken) == 0 {
		return nil
	}
	return errors.New(strings.Join(w.broken, "\n"))
}
