package cloudwatchlogs

import (
	"math"
	"strconv"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
)

// All times of this file are milliseconds since 1970, as CloudWatch Logs has them.

// lane is one of the searches that a group's events are shared out to. Which
// one an event is of never changes: by when it was taken in, before the group was
// met or since, and by how late that was.
type lane struct {
	// name is the lane's in the store: by the bounds of its lateness, so that
	// other options make other lanes.
	name string
	// fill is set of the lane of what was there when the group was met.
	fill bool
	// low ≤ lateness < high: how long after its time an event was taken in. The
	// future is not late.
	low, high int64
	// back is how far before the floor a pass begins, every how long after the
	// begin of one pass the next is due.
	back, every int64

	record
	// seen are the events that were handed on, those above the floor or in the slice at hand.
	seen map[event.ID]stamp
	// streams are those in which the pass may find something, nil for all. It is
	// not kept over a restart.
	streams []string
	listed  bool
}

// record is a lane's in the store.
type record struct {
	// Floor: all of the lane that was taken in before it is delivered.
	Floor int64 `json:"floor"`
	// Limit is what the floor will be when the pass under way is through; 0 where
	// there is none.
	Limit int64 `json:"limit,omitempty"`
	// At: of what was taken in before Limit, all with a time before it is delivered.
	At int64 `json:"at,omitempty"`
	// Step is how long a slice is: longer where little was found.
	Step int64 `json:"step,omitempty"`
	// Done is set of the fill lane when it is.
	Done bool `json:"done,omitempty"`
}

// stamp is an event's time and when it was taken in.
type stamp struct{ at, taken int64 }

const (
	firstStep    = int64(5 * time.Minute / time.Millisecond)
	shortestStep = int64(time.Second / time.Millisecond)
	longestStep  = int64(4 * 365 * 24 * time.Hour / time.Millisecond)
	// few and many are the pages of a slice by which the next one is made longer
	// or shorter.
	few, many = 4, 16
	day       = int64(24 * time.Hour / time.Millisecond)
)

// lanesOf are the lanes of a group. Each late one searches back four times as
// far as the one before, and that much more seldom, so that each costs reading
// what there is twice; from half a day on, all is searched once a day.
func lanesOf(o *Options) []*lane {
	overlap, late := o.Overlap.Milliseconds(), o.Late.Milliseconds()
	near := &lane{name: "near-" + strconv.FormatInt(overlap, 10), low: math.MinInt64, high: overlap, back: overlap}
	fill := &lane{name: keyFill, fill: true, low: math.MinInt64, high: math.MaxInt64}
	lanes := []*lane{near, fill}
	if late <= overlap {
		near.name, near.high = "near-all", math.MaxInt64
		return lanes
	}
	for low := overlap; low < late; {
		high := min(4*low, late)
		if 2*high > day {
			high = late
		}
		l := &lane{low: low, high: high, back: high, every: min(high, day)}
		if high == late {
			l.high = math.MaxInt64
		}
		l.name = "late-" + strconv.FormatInt(low, 10) + "-" + strconv.FormatInt(high, 10)
		lanes, low = append(lanes, l), high
	}
	return lanes
}

// owns reports whether an event is the lane's; born is when its group was met.
func (l *lane) owns(s stamp, born int64) bool {
	if s.taken < born || l.fill {
		return l.fill && s.taken < born
	}
	late := s.taken - s.at
	return l.low <= late && late < l.high
}

// due reports whether the lane has something to do at a time.
func (l *lane) due(now, overlap int64) bool {
	switch {
	case l.fill:
		return !l.Done
	case l.every == 0:
		return true
	}
	return l.Limit != 0 || now-(l.Floor+overlap) >= l.every
}

// begin begins a pass, if none is under way.
func (l *lane) begin() {
	if l.At == 0 && l.Limit == 0 && !l.fill {
		l.At, l.listed, l.streams = max(1, l.Floor-l.back), false, nil
	}
	if l.Step == 0 {
		l.Step = firstStep
	}
}

// slice is a stretch of time that is read to its end: from ≤ time ≤ to. open is
// set where it has no end.
type slice struct {
	from, to int64
	open     bool
}

// next is the slice that is to be read; now is the present by the clock of AWS,
// as far as it is known.
func (l *lane) next(now int64) slice {
	s := slice{from: l.At, to: l.At + l.Step}
	switch {
	case l.fill:
		s.open = s.to >= now
	case l.low > 0: // nothing later can be late enough
		s.to = min(s.to, max(l.At, now-l.low))
	default:
		s.open = s.to >= now
	}
	return s
}

// passed moves the record behind a slice that has been delivered, in which so
// many pages were read.
func (l *lane) passed(s slice, pages int) {
	l.At = s.to
	switch {
	case l.fill:
		l.Done = s.open
	case s.open, l.low > 0 && s.to >= l.Limit-l.low:
		l.Floor, l.Limit, l.At = max(l.Floor, l.Limit), 0, 0
	}
	switch {
	case pages < few:
		l.Step = min(2*l.Step, longestStep)
	case pages > many:
		l.Step = max(l.Step/2, shortestStep)
	}
}

// stale reports whether an event of the lane is delivered already by what the
// record says, so that nobody need remember its id.
func (l *lane) stale(s stamp) bool {
	switch {
	case l.fill:
		return l.Done || s.at < l.At
	case l.Limit == 0:
		return s.taken < l.Floor
	}
	return s.taken < l.Floor || s.taken < l.Limit && s.at < l.At
}
