package demo

import (
	"cmp"
	"slices"
	"time"
)

// Beat is one thing that happens in the story: something that a rule should
// find, or something beside it that a rule should leave alone.
type Beat struct {
	// Kind names the beat; no two have the same.
	Kind, Title string
	// At is when it begins, counted from the begin of the first day.
	At time.Duration
	// Account and Region are where it is logged, Dataset in what.
	Account, Region, Dataset string
	// Controls are the numbers of the studio's controls that it touches.
	Controls []string
	// NearMiss marks what only looks like a violation of its controls.
	NearMiss bool
	// Headline marks the causes of the three headline detections.
	Headline bool
	// Studio tells that nothing but the studio file makes the difference
	// between violation and daily work.
	Studio bool
	// Records is how many records, or rows of a flow log, the beat is; the lines of
	// a transcript are not counted.
	Records int

	play func(*stage)
}

// Story is all beats in the order of time. The result is the caller's.
func Story() []Beat {
	var all []Beat
	for _, part := range [][]Beat{signInBeats(), keyBeats(), networkBeats(), trafficBeats(), loggingBeats(), accessBeats(), sessionBeats()} {
		all = append(all, part...)
	}
	slices.SortStableFunc(all, func(a, b Beat) int { return cmp.Compare(a.At, b.At) })
	for i := range all {
		s := rehearse(&all[i])
		all[i].Records = len(s.trail) + len(s.flows) + len(s.aside)
		switch {
		case len(s.aside) > 0:
			all[i].Account, all[i].Region, all[i].Dataset = s.aside[0].Account, s.aside[0].Region, Sessions
		case len(s.trail) > 0:
			all[i].Account, all[i].Region, all[i].Dataset = s.trail[0].Account, s.trail[0].Region, Trail
		default:
			v := s.flows[0].VPC
			all[i].Account, all[i].Region, all[i].Dataset = v.Account.ID, v.Region, Flows
		}
	}
	return all
}

// without are the beats but for those of a dataset.
func without(beats []Beat, dataset string) []Beat {
	return slices.DeleteFunc(beats, func(b Beat) bool { return b.Dataset == dataset })
}

// The datasets, as event.dataset names them.
const (
	Trail    = "aws.cloudtrail"
	Flows    = "aws.vpcflow"
	Sessions = "aws.ssm_session"
)

// violation and nearMiss make beats; controls are separated by nothing but
// their place in the list.
func violation(hour, minute int, kind, title string, play func(*stage), controls ...string) Beat {
	at := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
	return Beat{Kind: kind, Title: title, At: at, Controls: controls, play: play}
}

func nearMiss(hour, minute int, kind, title string, play func(*stage), controls ...string) Beat {
	b := violation(hour, minute, kind, title, play, controls...)
	b.NearMiss = true
	return b
}

func headline(b Beat) Beat {
	b.Headline = true
	return b
}

// withStudio marks a beat that only the studio file tells from daily work.
func withStudio(b Beat) Beat {
	b.Studio = true
	return b
}
