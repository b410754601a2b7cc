package demo

import (
	"context"
	"io"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
	"github.com/burstwatch/burstwatch/ingest/demo/vpcflow"
	"github.com/burstwatch/burstwatch/internal/plugin"
)

// Options are the source's.
type Options struct {
	Seed            uint64 `yaml:"seed" doc:"The same seed, started at the same second, gives the same logs."`
	EventsPerSecond int    `yaml:"events_per_second" doc:"How much is logged: records and rows a second, 1 to 20000."`
}

// Validate finds rates that make no sense.
func (o *Options) Validate() error {
	if o.EventsPerSecond < 1 || o.EventsPerSecond > 20_000 {
		return plugin.FieldError{Key: "events_per_second", Reason: "want 1 to 20000"}
	}
	return nil
}

// Spec is the source "demo": the studio as one watches.
func Spec() plugin.Spec[ingest.Source] {
	return plugin.Define("demo", "A made-up studio whose logs are written as you watch: its last hour within the first minute, the whole story in it, then daily life as it goes on.",
		Options{Seed: 42, EventsPerSecond: 150},
		func(env plugin.Env, o Options) (ingest.Source, error) {
			if err := o.Validate(); err != nil {
				return nil, err
			}
			return &source{env: env, options: o}, nil
		})
}

// source keeps no state: a restart begins another run, with other objects.
type source struct {
	env     plugin.Env
	options Options
}

// What the first minute shows, and how it goes on.
const (
	// history is the time before the start that is told in the first minute.
	history = time.Hour
	// chapter is how much of it comes at a time, and pace how often.
	chapter = 3 * time.Minute
	pace    = 3 * time.Second
	// beat is how often daily life delivers afterwards.
	beat = 5 * time.Second
	// encore is how often something of the story happens again.
	encore = 90 * time.Second
	// dawn is the studio's time of day when the history begins: SABLE's fleet
	// starts a quarter of an hour later.
	dawn = 12*time.Hour + 30*time.Minute
)

// Records come sooner than in AWS, so that one need not wait for alerts.
const (
	liveUsually = 20 * time.Second
	liveMostly  = 2 * time.Minute
)

// Run emits objects until ctx ends.
func (s *source) Run(ctx context.Context, out ingest.Emitter) error {
	start := s.env.Now().UTC().Truncate(time.Second)
	w, story := worldOf(s.options.Seed, start), Story()
	show := &show{source: s, out: out, series: newSeries(w), script: newScript(w), gzip: gzip.NewWriter(io.Discard)}
	show.carry = make([][]int64, len(show.series))
	show.script.play(story, 0, liveTimes(w.begin, len(story)))
	err := show.run(ctx, story, start)
	if ctx.Err() != nil {
		err = nil // that is how it ends
	}
	return err
}

// WriteStudio writes the studio file that belongs to a run of the source from now
// on. Its disaster-recovery test goes on all the time, because the story is told
// again and again.
func WriteStudio(w io.Writer, now time.Time) error {
	now = now.UTC().Truncate(time.Second)
	return studio.New().WriteYAML(w, studio.Calendar{
		Start: now.Truncate(24 * time.Hour), RecoveryFrom: now.Add(-history), RecoveryTo: now.AddDate(0, 0, 30),
	})
}

// worldOf is the world of a run that starts at a time.
func worldOf(seed uint64, start time.Time) *world {
	begin := start.Add(-history)
	return &world{studio: studio.New(), seed: seed, origin: begin.Add(-dawn), begin: begin, format: vpcflow.Default(), sessions: true}
}

// liveTimes spreads the beats over the history that begins at a time.
func liveTimes(begin time.Time, beats int) func(int, *Beat) time.Time {
	return func(n int, _ *Beat) time.Time {
		return begin.Add(time.Minute + time.Duration(n)*(history-5*time.Minute)/time.Duration(beats))
	}
}
