package demo

import (
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/cloudtrail"
)

type trailSeries struct {
	world   *world
	work    *cloudtrail.Work
	streams []cloudtrail.Stream
	bundle  cloudtrail.Bundle
}

func newTrailSeries(w *world) *trailSeries {
	t := &trailSeries{world: w, work: cloudtrail.NewWork(w.studio, w.seed, w.origin, w.begin), streams: cloudtrail.Streams(w.studio)}
	if w.sessions {
		t.bundle.Saw = w.saw
	}
	return t
}

func (t *trailSeries) dataset() string     { return Trail }
func (t *trailSeries) late() time.Duration { return 0 }

func (t *trailSeries) places() (all []place) {
	for _, s := range t.streams {
		all = append(all, place{s.Account.ID, s.Region, ""})
	}
	return all
}

func (t *trailSeries) weight(n int, at time.Time) int64 { return t.work.Weight(t.streams[n], at) }

func (t *trailSeries) fill(n int, win window, size int64, sc *script, emit func(object) error) (int64, error) {
	s := t.streams[n]
	t.bundle.Reset()
	d := diceOf(t.world.seed, "story "+s.Account.ID+s.Region, win.From)
	for _, r := range sc.dueTrail(s, win) {
		t.bundle.Add(r, d)
	}
	t.work.Fill(&t.bundle, s, win, size-t.bundle.Size())
	files, written := 0, int64(0)
	err := t.bundle.Files(largest, func(body []byte, records int) error {
		files++
		written += int64(len(body))
		return emit(object{Trail, s.Account.ID, s.Region, cloudtrail.Key(s, win.To, t.world.seed, files), body, records})
	})
	return written, err
}
