package pipeline

import (
	"strings"
	"time"
)

// Status is what the pipeline knows of itself at one moment. Texts in it may
// come from logs: escape them for where they are shown.
type Status struct {
	Time       time.Time        `json:"time"`
	Started    time.Time        `json:"started"`
	State      string           `json:"state"` // starting, running, draining, reloading, ended
	Sources    []SourceStatus   `json:"sources"`
	Logs       []LogStatus      `json:"logs"`
	Sinks      []SinkStatus     `json:"sinks"`
	Quarantine QuarantineStatus `json:"quarantine"`
	Rules      RulesStatus      `json:"rules"`
	// Memory is what batches in flight hold, in bytes.
	Memory int64 `json:"memory_bytes"`
	// StateError says why checkpoints cannot be synced, "" if they can.
	StateError string `json:"state_error,omitempty"`
	// Refused is what was changed on disk and is not in force, nil where all is.
	// The program around the pipeline sets it.
	Refused *Refusal `json:"refused,omitempty"`
}

// Refusal is a change of the configuration, the rules or the studio file that was
// not taken: what ran before goes on.
type Refusal struct {
	Time  time.Time `json:"time"`
	Error string    `json:"error"` // a line for each fault
}

// Faults are the lines of Error.
func (r *Refusal) Faults() []string { return strings.Split(r.Error, "\n") }

// SourceStatus is one source.
type SourceStatus struct {
	Name  string `json:"name"`
	State string `json:"state"` // running, failing, finished
	// Error is why it fails, or why an object was given back not long ago.
	Error    string    `json:"error,omitempty"`
	Since    time.Time `json:"since"` // of State
	Restarts int64     `json:"restarts"`
	// Open objects are being read or wait for sinks; Failed ones were given
	// back to the source unfinished.
	Open   int64 `json:"objects_open"`
	Done   int64 `json:"objects_done"`
	Failed int64 `json:"objects_failed"`
	// Records are events and rejected stretches read, repeats included.
	Records  int64 `json:"records"`
	Rejected int64 `json:"records_rejected"`
	// Alerts are matches of rules over single events, repeats included.
	Alerts int64 `json:"alerts"`
	// LeftOut is set where the source has failed for so long that rules do not
	// wait for its logs.
	LeftOut bool `json:"left_out,omitempty"`
}

// RulesStatus is what the rules remember.
type RulesStatus struct {
	State string `json:"state"` // ok, retrying, down, full
	Error string `json:"error,omitempty"`
	// Entries are the notes of windows that are open, about: one that came twice
	// counts twice until the next start.
	Entries int64 `json:"window_entries"`
	// Memory is what cases hold in memory, Disk the whole state store, in bytes.
	Memory int64 `json:"memory_bytes"`
	Disk   int64 `json:"disk_bytes"`
	// Untold are cases and windows that changed since they were last told.
	Untold int `json:"untold"`
	// Waiting are batches and frontiers that wait for their commit, Outbox the
	// alerts that not every sink has.
	Waiting int   `json:"waiting"`
	Outbox  int64 `json:"outbox"`
	// TooLate are notes of events that came after their windows were closed.
	TooLate int64 `json:"too_late"`
	// Failed is how often a rule over several events panicked.
	Failed int64 `json:"failed"`
	// Loaded is how many there are. Idle lack something and cannot match, or not
	// fully; Unseen had neither logs nor fields in what was read since Since, when
	// they were loaded.
	Loaded int          `json:"loaded"`
	Since  time.Time    `json:"since,omitzero"`
	Idle   []SilentRule `json:"idle,omitempty"`
	Unseen []SilentRule `json:"unseen,omitempty"`
}

// SilentRule is a rule whose silence is no answer.
type SilentRule struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Controls []string `json:"control,omitempty"`
	Reason   string   `json:"reason"`
}

// LogStatus is one log: what a source brings of one dataset, account and region.
type LogStatus struct {
	Source  string `json:"source"`
	Dataset string `json:"dataset"`
	Account string `json:"account"`
	Region  string `json:"region"`
	Records int64  `json:"records"`
	// LastEvent is the latest event time, LastRead when an event last came.
	// Zero where none came.
	LastEvent time.Time `json:"last_event,omitzero"`
	LastRead  time.Time `json:"last_read,omitzero"`
	// Frontier is the event time up to which the source says that the log is
	// complete; zero if it says nothing.
	Frontier time.Time `json:"frontier,omitzero"`
	// Broken says why the log cannot be read, while its source goes on with
	// others; "" if it can.
	Broken      string    `json:"broken,omitempty"`
	BrokenSince time.Time `json:"broken_since,omitzero"`
}

// Lag is how far the log is behind now, in event time: by its frontier where
// the source tells one, because an idle log has no events. Negative never.
func (l LogStatus) Lag(now time.Time) time.Duration {
	last := l.LastEvent
	if l.Frontier.After(last) {
		last = l.Frontier
	}
	return max(0, now.Sub(last))
}

// SinkStatus is one sink. In is always Delivered + Quarantined + Waiting +
// Abandoned; what its spool held at the start is in it.
type SinkStatus struct {
	Name  string    `json:"name"`
	State string    `json:"state"` // ok, retrying, down, full (its disk)
	Error string    `json:"error,omitempty"`
	Since time.Time `json:"since"` // of State
	// In are the events and alerts handed to the sink.
	In          int64 `json:"in"`
	Delivered   int64 `json:"delivered"`
	Quarantined int64 `json:"quarantined"`
	// Waiting are queued, in the spool, being written, or to be tried again; Bytes
	// is the size of the documents of those in memory; Alerts how many of them are
	// alerts.
	Waiting int64 `json:"waiting"`
	Alerts  int64 `json:"waiting_alerts"`
	Bytes   int64 `json:"waiting_bytes"`
	// Oldest is when what waits longest was handed over.
	Oldest time.Time `json:"oldest,omitzero"`
	// Writing is when the write that is going on began.
	Writing time.Time `json:"writing,omitzero"`
	// Abandoned were given up at the end of a drain; they are read again.
	Abandoned int64 `json:"abandoned"`
	Writes    int64 `json:"writes"`
	Failures  int64 `json:"failures"` // writes of which nothing was taken
	Retries   int64 `json:"retries"`  // events that were tried again
	// Breaker is closed, open while the sink is down, half-open while it is tried.
	Breaker string `json:"breaker"`
	// Spool is what waits on disk; nil where the sink has none.
	Spool *SpoolStatus `json:"spool,omitempty"`
}

// SpoolStatus is a sink's spool.
type SpoolStatus struct {
	State string `json:"state"` // ok, retrying, full
	Error string `json:"error,omitempty"`
	// Records wait in it; they are among the sink's Waiting.
	Records int64 `json:"records"`
	Bytes   int64 `json:"bytes"` // on disk
	MaxSize int64 `json:"max_size"`
	// Spooled are events that went to it since the start, Damaged the stretches
	// that could not be read back and are in quarantine.
	Spooled int64 `json:"spooled"`
	Damaged int64 `json:"damaged"`
}

// QuarantineStatus is the quarantine.
type QuarantineStatus struct {
	State   string `json:"state"` // ok, retrying, full
	Error   string `json:"error,omitempty"`
	Records int64  `json:"records"` // since the start
	Bytes   int64  `json:"bytes"`   // on disk
	Waiting int64  `json:"waiting"`
}

// Status is a snapshot.
func (p *Pipeline) Status() Status {
	p.mu.Lock()
	g := p.gen
	s := Status{Time: p.Now(), Started: p.started, State: p.state, StateError: p.stateErr}
	p.mu.Unlock()
	s.Logs = p.logs.status()
	if g == nil {
		return s
	}
	for _, i := range g.intakes {
		s.Sources = append(s.Sources, i.status())
	}
	for _, o := range g.outlets {
		s.Sinks = append(s.Sinks, o.status())
	}
	s.Quarantine = g.keep.status()
	if g.owner != nil {
		s.Rules = g.owner.status()
	}
	g.pool.mu.Lock()
	s.Memory = g.pool.used
	g.pool.mu.Unlock()
	return s
}

// givenBack is how long status tells why an object was given back: one that is
// tried again and again is tried more often.
const givenBack = 20 * time.Minute

func (s *intake) status() SourceStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := s.err
	if text == "" && s.g.p.Now().Sub(s.givenAt) < givenBack {
		text = s.given
	}
	return SourceStatus{
		Name: s.Name, State: s.state, Error: text, Since: s.since, Restarts: s.restarts.Load(),
		Open: s.open.Load(), Done: s.done.Load(), Failed: s.failed.Load(),
		Records: s.records.Load(), Rejected: s.rejected.Load(), Alerts: s.alerts.Load(),
		LeftOut: s.leftOut(),
	}
}

func (o *outlet) status() SinkStatus {
	s := SinkStatus{
		Name: o.Name, Oldest: o.queue.oldest(), Writes: o.writes.Load(), Failures: o.failures.Load(), Retries: o.retries.Load(),
		Delivered: o.delivered.Load(), Quarantined: o.quarantined.Load(), Abandoned: o.abandoned.Load(),
	}
	s.State, s.Error, s.Since = o.health.get()
	if at := o.writing.Load(); at != 0 {
		s.Writing = time.Unix(0, at)
	}
	o.queue.mu.Lock()
	s.Alerts, s.Bytes = int64(o.queue.nalerts), o.queue.bytes+o.queue.stored.bytes
	s.Breaker = breakerClosed
	switch {
	case o.queue.open && !s.Writing.IsZero():
		s.Breaker = breakerHalfOpen
	case o.queue.open:
		s.Breaker = breakerOpen
	}
	o.queue.mu.Unlock()
	if o.spool != nil {
		var since time.Time
		s.Spool, since = o.spool.status()
		s.Oldest = sooner(s.Oldest, since)
	}
	s.In = o.in.Load() // last: it is never less than what became of it
	s.Waiting = s.In - s.Delivered - s.Quarantined - s.Abandoned
	return s
}

// status is what the spool holds, and since when.
func (s *spooler) status() (*SpoolStatus, time.Time) {
	x := s.store.Stats()
	st := &SpoolStatus{Records: x.Records, Bytes: x.Bytes, MaxSize: s.most, Spooled: s.spooled.Load(), Damaged: x.Damaged}
	st.State, st.Error, _ = s.health.get()
	return st, x.Oldest
}

func (k *keeper) status() QuarantineStatus {
	s := QuarantineStatus{Records: k.records.Load(), Bytes: k.bytes.Load(), Waiting: k.waiting.Load()}
	s.State, s.Error, _ = k.health.get()
	return s
}

func (w *owner) status() RulesStatus {
	x := w.cases.Stats()
	s := RulesStatus{Entries: x.Entries, Memory: x.Memory, Disk: x.Disk, Untold: x.Waiting, Waiting: w.waiting(), Outbox: x.Outbox,
		TooLate: x.TooLate, Failed: x.Failed}
	s.State, s.Error, _ = w.health.get()
	return s
}
