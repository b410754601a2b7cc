package window

import (
	"log/slog"
	"time"

	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// Options are what an Engine is made with. The zero value means the defaults.
type Options struct {
	// Lateness is how much later than their log's frontier events may still
	// come: windows stay open for so long.
	Lateness time.Duration
	// Revise is how long a change of a case that was told before may wait.
	Revise time.Duration
	// Pace is the least time from one judging of stateful rules to the next: what
	// comes meanwhile waits, marked in the store, and is judged together. Zero
	// judges at each commit. What comes when nothing came for so long does not wait.
	Pace time.Duration
	// AtEnd tells nothing before Finish: for what is read once, to its end.
	AtEnd bool
	// Memory is how many bytes of cases of single matches it holds; with AtEnd, as
	// much of notes, and of events that matched, too. What is more goes to the store.
	// Zero means DefaultMemory.
	Memory int
	// MinLevel leaves out matches of rules below; whoever asks counts them.
	// Stateful rules are judged all the same.
	MinLevel sigma.Level
	// NoEvidence leaves the list of the events behind a case out of its alert, for
	// who shows none: up to a hundred events of each case are most of what cases
	// take. What an alert says of its first event stays.
	NoEvidence bool
	// Page is where people find the page: alerts link to it. "": nowhere.
	Page string
	// Now stamps revisions and paces them. It must be set.
	Now func() time.Time
	Log *slog.Logger
}

// Defaults of Options.
const (
	// DefaultLateness is twice what CloudTrail states.
	DefaultLateness = 30 * time.Minute
	DefaultRevise   = 10 * time.Second
	// DefaultPace is for a service. While it catches up it commits many times a
	// second; judging each time would be the most of what its rules cost.
	DefaultPace = time.Second
	// DefaultMemory is what a day of a studio of some hundred machines leaves behind,
	// twice.
	DefaultMemory = 16 << 20
)

func (o *Options) fill() {
	if o.Lateness <= 0 {
		o.Lateness = DefaultLateness
	}
	if o.Revise <= 0 {
		o.Revise = DefaultRevise
	}
	if o.Memory <= 0 {
		o.Memory = DefaultMemory
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// evidence is how many events of a case an alert lists.
func (o *Options) evidence() int {
	if o.NoEvidence {
		return 0
	}
	return rules.MaxEvidence
}
