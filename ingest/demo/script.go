package demo

import (
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo/cloudtrail"
	"github.com/burstwatch/burstwatch/ingest/demo/studio"
	"github.com/burstwatch/burstwatch/ingest/demo/vpcflow"
)

// Played is a beat that has been played: what a test may look for.
type Played struct {
	Beat Beat
	// First and Last are the times of its first and last record or row.
	First, Last time.Time
	// EventIDs are the eventIDs of its CloudTrail records, in the order in which they happened.
	EventIDs []string
}

// script is what the story still owes the logs.
type script struct {
	world *world
	farm  *studio.Farm
	times map[string]time.Time
	trail []*cloudtrail.Record
	flows []*vpcflow.Flow
	// aside are records of sessions that have files of their own: where nobody
	// asks for sessions, all other files are the same to the byte.
	aside    []*cloudtrail.Record
	sessions []*session
}

func newScript(w *world) *script {
	return &script{world: w, farm: studio.NewFarm(w.seed, w.origin), times: map[string]time.Time{}}
}

// play plays the beats, each at its time, as performance number run.
func (s *script) play(beats []Beat, run int, at func(n int, b *Beat) time.Time) []Played {
	for n := range beats {
		s.times[beats[n].Kind] = at(n, &beats[n]).Truncate(time.Second)
	}
	var all []Played
	for n := range beats {
		b := &beats[n]
		on := newStage(s.world.studio, s.world.seed, s.farm, b, s.times[b.Kind], run)
		on.began = func(kind string) time.Time { return s.times[kind] }
		b.play(on)
		for i := range on.trail {
			s.trail = append(s.trail, &on.trail[i])
		}
		for i := range on.flows {
			s.flows = append(s.flows, &on.flows[i])
		}
		for i := range on.aside {
			if s.world.ends.IsZero() {
				s.trail = append(s.trail, &on.aside[i])
			} else {
				s.aside = append(s.aside, &on.aside[i])
			}
		}
		s.sessions = append(s.sessions, on.sessions...)
		all = append(all, played(b, on))
	}
	return all
}

func played(b *Beat, on *stage) Played {
	p := Played{Beat: *b, First: on.begin.Add(1 << 40), Last: on.begin.Add(-time.Hour)}
	saw := func(at time.Time) {
		if at.Before(p.First) {
			p.First = at
		}
		if at.After(p.Last) {
			p.Last = at
		}
	}
	for _, r := range on.trail {
		p.EventIDs = append(p.EventIDs, r.ID)
		saw(r.Time)
	}
	for _, r := range on.aside {
		p.EventIDs = append(p.EventIDs, r.ID)
		saw(r.Time)
	}
	for _, row := range on.flows {
		saw(time.Unix(row.End, 0).UTC())
	}
	return p
}

// dueTrail takes the records that s delivers in the window.
func (s *script) dueTrail(at cloudtrail.Stream, win window) []*cloudtrail.Record {
	return take(&s.trail, ofStream(at, win))
}

// dueAside are those that have files of their own.
func (s *script) dueAside(at cloudtrail.Stream, win window) []*cloudtrail.Record {
	return take(&s.aside, ofStream(at, win))
}

func ofStream(at cloudtrail.Stream, win window) func(*cloudtrail.Record) bool {
	return func(r *cloudtrail.Record) bool {
		return r.Account == at.Account.ID && r.Region == at.Region && due(r.Time, win)
	}
}

// dueFlows takes the rows that v delivers in the window.
func (s *script) dueFlows(v *studio.VPC, win window) []*vpcflow.Flow {
	return take(&s.flows, func(row *vpcflow.Flow) bool { return row.VPC == v && due(time.Unix(row.End, 0), win) })
}

// due tells whether what happened at a time is delivered by the window's end.
// What a window before should have had comes now.
func due(at time.Time, win window) bool { return at.Add(win.Usual).Before(win.To) }

func take[T any](from *[]*T, due func(*T) bool) (taken []*T) {
	*from = slices.DeleteFunc(*from, func(v *T) bool {
		if due(v) {
			taken = append(taken, v)
			return true
		}
		return false
	})
	return taken
}
