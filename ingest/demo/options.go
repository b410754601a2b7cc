package demo

import (
	"errors"
	"fmt"
	"time"
)

// WriteOptions say what [Write] writes. The zero value but for Size is useful.
type WriteOptions struct {
	// Size is the uncompressed bytes of all logs together: two thirds
	// CloudTrail, one third flow logs. The story is always told whole, even
	// where it alone is more.
	Size int64
	// CloudTrail and FlowLogs are the uncompressed bytes of each; if either is
	// set, Size is not used. Both come out within one part in a thousand or
	// 32 KB, whichever is more, but for the story, which takes 0.7 MB.
	CloudTrail, FlowLogs int64
	// Seed chooses identifiers and numbers. The studio, the story and its
	// times are the same for every seed.
	Seed uint64
	// Start is when the first day begins: [DefaultStart] if it is zero.
	Start time.Time
	// Days is how many days the logs cover, 1 if it is 0. The story happens on
	// the first.
	Days int
	// Quiet leaves the story's violations out: on every day only its near
	// misses happen, and daily work.
	Quiet bool
	// Sessions writes transcripts of Session Manager's sessions too, and tells what
	// the story knows of sessions. All other files stay the same to the byte.
	Sessions bool
	// Plain leaves the files uncompressed, without ".gz".
	Plain bool
	// FlowVersion is 2 (or 0) for flow logs in AWS's default format, 5 for one
	// with every field up to version 5.
	FlowVersion int
	// Progress, if set, is told after every five minutes of the studio's time
	// how many of how many bytes are written. An error from it ends the
	// writing and is returned.
	Progress func(done, total int64) error
}

// DefaultStart is a Thursday.
func DefaultStart() time.Time { return time.Date(2026, time.November, 5, 0, 0, 0, 0, time.UTC) }

const largestSize = 1 << 40

// resolve fills in defaults and finds faults. sizes are by series.
func (o *WriteOptions) resolve() (sizes []int64, err error) {
	if o.CloudTrail == 0 && o.FlowLogs == 0 {
		o.CloudTrail, o.FlowLogs = o.Size-o.Size/3, o.Size/3
	}
	if o.Start.IsZero() {
		o.Start = DefaultStart()
	}
	o.Start = o.Start.UTC().Truncate(time.Second)
	if o.Days == 0 {
		o.Days = 1
	}
	if o.FlowVersion == 0 {
		o.FlowVersion = 2
	}
	var faults []error
	if o.CloudTrail < 0 || o.FlowLogs < 0 || o.CloudTrail > largestSize || o.FlowLogs > largestSize {
		faults = append(faults, errors.New("the size must be between 0 and 1 TiB"))
	}
	if o.Days < 1 || o.Days > 366 {
		faults = append(faults, fmt.Errorf("%d days: want 1 to 366", o.Days))
	}
	if o.FlowVersion != 2 && o.FlowVersion != 5 {
		faults = append(faults, fmt.Errorf("flow log version %d: want 2 or 5", o.FlowVersion))
	}
	if o.Start.Year() < 1971 || o.Start.Year() > 9000 {
		faults = append(faults, fmt.Errorf("start in the year %d: want 1971 to 9000", o.Start.Year()))
	}
	sizes = []int64{o.CloudTrail, o.FlowLogs}
	if o.Sessions {
		sizes = append(sizes, 0) // as many as are opened
	}
	return sizes, errors.Join(faults...)
}
