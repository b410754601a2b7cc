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

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/sinks"
)

func newSimulation(seed uint64, m mutant) *simulation {
	s := &simulation{world: newWorld(seed), mutant: m}
	s.calm = s.chance(12)
	s.once = s.chance(4)
	s.drainIn = time.Duration(1+s.rng.IntN(20)) * time.Second
	s.disk = &disk{w: s.world, fs: vfs.NewCrashableMem()}
	s.cases = &simCases{}
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
	if !s.chance(3) {
		d.options.Buffer.Type, d.options.Buffer.MaxSize = Disk, plugin.Size(1+s.rng.IntN(1<<s.rng.IntN(15)))
	}
	if !s.calm && s.chance(3) { // for longer than a small spool lasts
		d.downFrom = s.start.Add(time.Duration(s.rng.IntN(2000)) * time.Millisecond)
		s.outage = true
		d.downUntil = d.downFrom.Add(time.Duration(s.rng.IntN(120)) * time.Second)
	}
	if d.options.Only != Alerts && s.chance(3) {
		d.options.Datasets = []string{"test.p*"}
	}
	picky, poisoned := !s.calm && s.chance(3), !s.calm && !s.once && s.chance(12)
	s.poisoned = s.poisoned || poisoned
	if poisoned { // while they wait there must be room for others, or nobody can tell
		d.options.Buffer.MaxEvents, d.options.Buffer.MaxBytes = 1000, 1e6
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
	var cases Cases = &caseKeeper{simCases: s.cases, b: b}
	if s.mutant.cases != nil {
		cases = s.mutant.cases(cases)
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
		Open: s.parts(b, false), Specs: lineSpecs(), NewJudge: s.judges(b), Cases: cases, Redact: hiding{},
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
