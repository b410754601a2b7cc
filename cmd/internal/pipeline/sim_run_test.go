package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/sinks"
)

// simulation is one seed: a world, what is to be carried through it, and the
// process that carries it, which dies and is started again.
type simulation struct {
	*world
	sources []*simOrigin
	dests   []*destination
	disk    *disk
	mutant  mutant
	once    bool
	drainIn time.Duration

	poisoned bool
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
	sink func(sinks.Sink) sinks.Sink
	disk func(vfs.FS) vfs.FS
	read func(*emission)                 // called after each read
	emit func(*emission, *ingest.Object) // called before it is emitted
}

func newSimulation(seed uint64, m mutant) *simulation {
	s := &simulation{world: newWorld(seed), mutant: m}
	s.calm = s.chance(12)
	s.once = s.chance(4)
	s.drainIn = time.Duration(1+s.rng.IntN(20)) * time.Second
	s.disk = &disk{w: s.world, fs: vfs.NewCrashableMem()}
	for i := range 1 + s.rng.IntN(2) {
		src := &simOrigin{w: s.world, name: fmt.Sprint("source", i), queue: s.chance(2), finite: s.once}
		for j := range 1 + s.rng.IntN(3) {
			o := s.newObject(fmt.Sprintf("source%d/object%d", i, j), 1+s.rng.IntN(12))
			if !src.finite && s.chance(3) {
				o.shown = s.rng.IntN(len(o.content) + 1)
			}
			src.objects = append(src.objects, o)
		}
		s.sources = append(s.sources, src)
	}
	for i := range 1 + s.rng.IntN(3) {
		s.dests = append(s.dests, s.newDestination(i))
	}
	return s
}

func (s *simulation) newDestination(i int) *destination {
	d := &destination{w: s.world, name: fmt.Sprintf("sink%d", i), docs: map[event.ID]string{}, applied: map[event.ID]int{},
		reject: map[event.ID]bool{}, poison: map[event.ID]bool{}}
	ms := func(most int) time.Duration { return time.Duration(1+s.rng.IntN(most)) * time.Millisecond }
	d.options = SinkOptions{
		Only:   []Only{All, All, Events, Alerts}[s.rng.IntN(4)],
		Buffer: Buffer{MaxEvents: 1 + s.rng.IntN(30), MaxBytes: plugin.Size(100 + s.rng.IntN(5000))},
		Batch:  Batch{MaxEvents: 1 + s.rng.IntN(20), MaxBytes: plugin.Size(100 + s.rng.IntN(5000)), Timeout: ms(2000)},
		Retry:  Retry{InitialBackoff: ms(500), MaxBackoff: time.Second + ms(30_000), Timeout: time.Second + ms(60_000)},
	}
	if d.options.Only != Alerts && s.chance(3) {
		d.options.Datasets = []string{"test.p*"}
	}
	picky, poisoned := !s.calm && s.chance(3), !s.calm && !s.once && s.chance(12)
	s.poisoned = s.poisoned || poisoned
	if poisoned { // while they wait there must be room for others, or nobody can tell
		d.options.Buffer = Buffer{MaxEvents: 1000, MaxBytes: 1e6}
	}
	for _, r := range s.records() {
		d.reject[r.id], d.reject[r.alert] = picky && s.chance(5), picky && s.chance(5)
		d.poison[r.id] = poisoned && s.chance(20)
	}
	return d
}

func (s *simulation) records() (all []simRecord) {
	for _, src := range s.sources {
		for _, o := range src.objects {
			all = append(all, o.records...)
		}
	}
	return all
}

// boot starts a process.
func (s *simulation) boot() {
	b := &boundary{w: s, dead: make(chan struct{})}
	var disk vfs.FS = &simDisk{FS: s.disk.fs, b: b, d: s.disk}
	if s.mutant.disk != nil {
		disk = s.mutant.disk(disk)
	}
	memory := 1 + s.rng.IntN(20_000)
	if s.poisoned {
		memory = 10e6
	}
	log := slog.New(slog.DiscardHandler)
	if s.log != nil {
		log = slog.New(slog.NewTextHandler(s.log, nil))
	}
	p, err := New(Config{
		Open: s.parts(b, false), Specs: lineSpecs(), NewJudge: s.judges(b), Redact: hiding{},
		Workers: 1 + s.rng.IntN(3), Window: 16 << s.rng.IntN(5), MaxRecord: simMaxRecord, Memory: plugin.Size(memory),
		FS: disk, DataDir: "data", State: &simState{b}, Log: log, Now: time.Now,
		Rand: rand.NewPCG(s.rng.Uint64(), 0), DrainTimeout: s.drainIn, Once: s.once,
	})
	if err != nil {
		s.fail("the pipeline cannot be made: %v", err)
		return
	}
	p.poison, p.secret = true, 16
	p.turn = func(kind, name string) { b.park(context.Background(), "turn", kind+" "+name) }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	s.b, s.p, s.cancel, s.ended, s.stopped = b, p, cancel, ended, time.Time{}
	s.note("boot")
	go func() { ended <- p.Run(ctx) }()
	synctest.Wait()
}

// parts opens the sources and sinks, or fails.
func (s *simulation) parts(b *boundary, faulty bool) func(context.Context) (Parts, error) {
	return func(ctx context.Context) (Parts, error) {
		var parts Parts
		if faulty {
			return parts, errors.New("the new configuration cannot be opened")
		}
		for _, d := range s.dests {
			var sink sinks.Sink = &simSink{b, d}
			if s.mutant.sink != nil {
				sink = s.mutant.sink(sink)
			}
			parts.Sinks = append(parts.Sinks, NamedSink{Name: d.name, Sink: sink, Options: d.options})
		}
		for _, o := range s.sources {
			parts.Sources = append(parts.Sources, NamedSource{o.name, &simSource{b, o}})
		}
		return parts, nil
	}
}

func (s *simulation) judges(b *boundary) func() Judge {
	return func() Judge {
		return &lineJudge{before: func(batch *event.Batch) {
			who := fmt.Sprintf("%s at %d", batch.Origin.Name, batch.Start)
			if b.park(context.Background(), "judge", who, "panic") == "panic" {
				s.unjudged(batch)
				panic("a bug of the rules")
			}
		}}
	}
}

// unjudged forgives the alerts that a judge failed to make.
func (s *simulation) unjudged(b *event.Batch) {
	for i := range b.Events {
		e := &b.Events[i]
		for _, src := range s.sources {
			for _, o := range src.objects {
				for k := range o.records {
					if o.records[k].id == e.Schema.ID(e, &event.Scratch{}) {
						o.records[k].alerts = false
					}
				}
			}
		}
	}
}

// hiding is a redactor that keeps lengths.
type hiding struct{}

func (hiding) Text(dst, b []byte) ([]byte, bool) {
	out := hidden(string(b))
	return append(dst, out...), out != string(b)
}

// hidden is text as it may be written.
func hidden(text string) string { return strings.ReplaceAll(text, "xyxyxyxy", "********") }

// run plays the seed to its end.
func (s *simulation) run() error {
	s.boot()
	s.quiet = s.calm
	if !s.calm {
		for range 50 + s.rng.IntN(400) {
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

// checkEnd checks what must hold whenever a process has ended in order.
func (s *simulation) checkEnd() {
	if !s.stopped.IsZero() && time.Since(s.stopped) > s.drainIn+2*grace+time.Minute/2 {
		s.fail("the drain took %v", time.Since(s.stopped))
	}
	st := s.p.Status()
	for _, x := range st.Sinks {
		if x.Waiting != 0 || x.In != x.Delivered+x.Quarantined+x.Abandoned {
			s.fail("after the end %s counts %+v", x.Name, x)
		}
	}
	for _, src := range s.sources {
		for _, o := range src.objects {
			if o.open != 0 {
				s.fail("%s was never settled", o.name)
			}
		}
	}
	if st.Memory != 0 {
		s.fail("after the end %d bytes of batches are in flight", st.Memory)
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

// liveness: once the faults have ended, everything settles.
func (s *simulation) liveness(of func(*simObject) bool) {
	bound := time.Now().Add(2 * time.Hour)
	for len(s.unsettled(of)) > 0 {
		s.feed()
		s.step()
		s.revive()
		if len(s.broken) > 0 {
			return
		}
		if time.Now().After(bound) {
			s.fail("not settled two hours after the last fault: %s; parked: %q", s.unsettled(of), s.keys())
			return
		}
	}
}

func (s *simulation) unsettled(of func(*simObject) bool) (names []string) {
	for _, src := range s.sources {
		for _, o := range src.objects {
			if of(o) && (!o.settled || o.open > 0) {
				names = append(names, fmt.Sprintf("%s (%d open)", o.name, o.open))
			}
		}
	}
	return names
}

// feed brings a harmless line now and then while there are poisoned ones: that
// an event is the reason why writes fail shows only where others pass.
func (s *simulation) feed() {
	if !s.poisoned || s.fed > 40 || time.Since(s.lastFed) < 3*time.Minute {
		return
	}
	s.fed, s.lastFed = s.fed+1, time.Now()
	src := s.sources[0]
	o := &simObject{name: fmt.Sprintf("%s/more%d", src.name, s.fed)}
	o.add("a harmless alert", true)
	o.shown = len(o.content)
	src.objects = append(src.objects, o)
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

// safe: an acknowledged stretch of an object is at every sink that wants it, or
// in quarantine; now, and after a crash.
func (s *simulation) safe(o *simObject, upto int64, why string) {
	for i := range o.records {
		r := &o.records[i]
		if r.bad || r.long() {
			if end := min(upto, r.offset+int64(len(r.line))); end > r.offset && !s.disk.covers(o, r.offset, end) {
				s.fail("%s to %d: the unreadable line at %d of %s is not in quarantine", why, upto, r.offset, o.name)
			}
			continue
		}
		if r.end > upto {
			continue
		}
		for _, d := range s.dests {
			s.safeAt(d, o, r, why)
		}
	}
}

func (s *simulation) safeAt(d *destination, o *simObject, r *simRecord, why string) {
	has := func(id event.ID, doc, what string) {
		have, ok := d.docs[id]
		switch {
		case !ok && !s.disk.refused(d.name, id.String()):
			s.fail("%s: the %s of the line at %d of %s is neither at %s nor in quarantine", why, what, r.offset, o.name, d.name)
		case ok && have != doc:
			s.fail("%s: %s has %s, not %s", why, d.name, have, doc)
		}
	}
	if (&outlet{NamedSink: NamedSink{Options: d.options}}).wants(r.dataset) {
		has(r.id, lineDoc(r.dataset, r.line, r.offset), "event")
	}
	if r.alerts && d.options.Only != Events {
		has(r.alert, alertDoc(r.line), "alert")
	}
}

// conservation: at the end everything is somewhere, and nothing else is.
func (s *simulation) conservation() {
	known := map[event.ID]bool{}
	for _, src := range s.sources {
		for _, o := range src.objects {
			s.safe(o, int64(len(o.content)), "at the end")
			for _, r := range o.records {
				known[r.id], known[r.alert] = true, true
			}
		}
	}
	for _, d := range s.dests {
		for _, id := range sortedIDs(d.docs) {
			if !known[id] {
				s.fail("%s has a document that nobody wrote: %s", d.name, d.docs[id])
			}
			if s.calm && d.applied[id] != 1 {
				s.fail("%s got %s %d times although nothing failed", d.name, id, d.applied[id])
			}
		}
	}
}
