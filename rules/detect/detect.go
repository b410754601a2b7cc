// Package detect is the contract of stateful rules: rules that need more than
// one event, whether they are Sigma correlations or detectors written in Go.
//
// The idea that everything rests on: what a stateful rule knows is a set of
// notes, and its cases are a pure function of that set. A worker's [Observer]
// makes notes of events as they come; the one owner of state adds them to the
// set, where a repeat changes nothing; [Rule.Judge] is asked again for every
// stretch of event time that changed. So order, batching, repeats and restarts
// cannot matter, and no rule has to think of them.
//
// It imports internal/ and rules/sigma. rules/correlate (Sigma correlations)
// and rules/locations, rules/keyuse and rules/egress (the headline detectors)
// implement it; rules/window keeps the notes and asks for verdicts.
package detect

import (
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// Rule is one stateful rule. It is not changed once made; Judge is called by
// one goroutine, observers belong to one worker each.
type Rule interface {
	// Rule is what it says of itself: id, title, level, controls, message,
	// steps, cases. Detectors read it from a YAML file of their own, with
	// "detector: NAME" where a Sigma rule has its detection. Its Hash identifies
	// what the notes mean and how they are judged (for a correlation, the rules
	// that it refers to as well): notes are kept under it, and a change of it
	// begins with none.
	Rule() *sigma.Rule
	// Span says how far it looks.
	Span() Span
	// Observer returns a new observer for events of one dataset, nil if the
	// rule does not concern it.
	Observer(schema event.Schema) Observer
	// Judge returns the cases whose time lies in [w.From, w.To), in any order.
	// It depends on nothing but w, and a longer stretch gives the cases of its
	// parts: it is asked for a bucket alone, or for many at once.
	Judge(w *Window) []Case
}

// Span is the reach of a rule in event time.
type Span struct {
	// Bucket is the length of a case: matches of one group within one bucket,
	// aligned to the epoch, are one case.
	Bucket time.Duration
	// Before and After are how far beyond a bucket the notes lie that its cases
	// depend on, by Note.Time: where notes stand for stretches, add their length
	// to Before. Notes live as long as some bucket that is still open needs them;
	// a bucket is open until the watermark has passed its end by After. A note
	// that only closed buckets would need has come too late, and is counted.
	Before, After time.Duration
}

// Observer makes notes of the events of one worker.
type Observer interface {
	// Event looks at one event. Nothing of ev may be kept beyond the call
	// except through out, which copies. What out says is counted is added to no sum.
	Event(ev *event.Event, s *event.Scratch, out *Notes)
	// Flush is called after the last event of a batch, or of several: what was
	// summed up since the last Flush is noted here.
	Flush(out *Notes)
}

// Sharing is implemented by observers of several rules that look at events through
// one reader. It is asked once for all of them whether an event concerns any: most
// events concern none, and to ask eight rules takes longer than to read the event.
type Sharing interface {
	Observer
	// Reader is the same for those that share one, and comparable.
	Reader() any
	// Concerns reports whether Event of those that share the reader may do
	// anything with the event.
	Concerns(ev *event.Event, s *event.Scratch) bool
}

// Correlation is a [Rule] over the matches of other rules. Its observers are
// [MatchObserver] values.
type Correlation interface {
	Rule
	// Bases are the rules over single events that it rests on.
	Bases() []*sigma.Rule
}

// MatchObserver is an [Observer] of matches: its Event is not called.
type MatchObserver interface {
	Observer
	// Match looks at an event that the base has matched, one of Bases.
	Match(base *sigma.Rule, ev *event.Event, s *event.Scratch, out *Notes)
}

// Note is one thing that a rule remembers.
type Note struct {
	// Group is what the rule counts by: only notes of one group meet.
	Group []byte
	// Time is event time in nanoseconds since 1970. A note that stands for many
	// events has the begin of their stretch (an hour, a day).
	Time int64
	// ID tells notes of one group and time apart: the event's delivery id, or a
	// hash of what the note is about. Two notes of one group, time and ID are
	// one note, joined as Join says.
	ID event.ID
	// Join says what becomes of Value when a note comes again.
	Join Join
	// Value is the rule's own, short. For Sum it is made by AppendSums.
	Value []byte
	// Event is what an alert will say of the event, made by Notes.Evidence;
	// nil where the rule needs none.
	Event []byte
}

// Join says how two notes of one group, time and ID become one.
type Join uint8

const (
	// Same keeps either: equal notes have equal values.
	Same Join = iota
	// Least keeps the one whose value is less, byte for byte. With a time in
	// front (big-endian) that is the earliest.
	Least
	// Sum adds the numbers of the values. The owner of state sees to it that
	// what one stretch of an origin contributed is added once, however often
	// that stretch is read; Value and Event else are those of the earliest.
	Sum
)

// Window is what is known of one group when cases are asked for.
type Window struct {
	Group []byte
	// From and To are ends of buckets: cases in [From, To) are asked for.
	From, To int64
	// Notes are all of [From-Before, To+After), by time, then ID. Their Event is
	// not loaded: it is nil here, and read where a case names the note.
	Notes []Note
	// Through is the group's watermark: what is before it is complete, but for
	// what comes later than the stated lateness. Rules on absence wait for it;
	// others need not look. math.MinInt64 if nothing is known.
	Through int64
}

// Case is what a rule found in one bucket of one group. Its id is a hash of
// the rule, the group, Key and the bucket of Time.
type Case struct {
	// Key tells cases of one group and bucket apart; nil for most.
	Key []byte
	// Time is any moment in the case's bucket, usually that of its first match.
	Time int64
	// First and Last are the times of the first and last match.
	First, Last int64
	// Count is the number of matches, exact.
	Count int64
	// Evidence are indices into Window.Notes of the notes behind the case, in
	// order; of each that has an Event it is shown, up to a hundred.
	Evidence []int
	// About is the index of the note from whose Event the alert takes over who,
	// where and what; -1 for none.
	About int
	// Fields are what the case says beyond that, by ECS or studio name; the
	// rule's message may name them. Values of About come second. A value of a
	// numeric, boolean or date field is written as such; JSON (an array, an
	// object) stands as it is in fields that may hold it; a name that the schema
	// does not have goes into studio.alert.fields.
	Fields []Field
	// Level, if not nil, is the case's instead of the rule's.
	Level *sigma.Level
	// Marks are reasons why the case may be expected (a maintenance window, an
	// exception): it is kept and says so.
	Marks []string
	// Wake, if not 0, is a time: judge this group again once Through has
	// reached it, though no note came.
	Wake int64
	// Silent marks a case that is none: only its Wake counts.
	Silent bool
}

// Field is one named value of a case.
type Field struct {
	Name  string
	Value string
}
