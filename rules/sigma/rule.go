package sigma

import (
	"fmt"
	"slices"
	"strings"
)

// Rule is one detection rule. It is not changed once it is loaded.
type Rule struct {
	// ID is the rule's own id, or a hash of its detection where it has none.
	ID string
	// Title says in a line what the rule finds.
	Title string
	// Name is the other name by which correlations may refer to the rule.
	Name        string
	Related     []Related
	Taxonomy    string
	Status      string
	Description string
	License     string
	Authors     []string
	References  []string
	// Date and Modified are as YYYY-MM-DD.
	Date, Modified string
	LogSource      LogSource
	// Detection is what the rule looks for in single events; empty for a
	// correlation and for a detector.
	Detection Detection
	// Correlation is set for a rule over the matches of other rules.
	Correlation *Correlation
	// Detector names the Go code that judges, for a rule that is written so.
	Detector string
	// Filters narrow the detection, CorrelatedBy are the correlations that name
	// the rule, both set by [Link].
	Filters      []*Filter
	CorrelatedBy []*Rule
	// Silent is set for a rule that is there for correlations only: it raises
	// no alerts itself.
	Silent bool
	// Fields are those that an analyst wants to see beside a match.
	Fields         []string
	FalsePositives []string
	Level          Level
	Tags           []string
	Scope          []string
	// Header is what the rule says under the key "burstwatch".
	Header Header
	// File and Line are where the document begins.
	File string
	Line int
	// Spec is what the file was loaded for ("builtin", a folder), "" if nobody
	// said. It is set by the loader.
	Spec string
	// Hash identifies what the rule means: its log source and detection, its
	// filters, and what it correlates. A change of words leaves it alone.
	Hash string

	levelGiven, loud bool
}

// Stateful reports whether the rule needs more than one event.
func (r *Rule) Stateful() bool { return r.Correlation != nil || r.Detector != "" }

// Sources are the log sources of the events that the rule rests on.
func (r *Rule) Sources() []LogSource {
	if r.Correlation == nil {
		return []LogSource{r.LogSource}
	}
	var out []LogSource
	for _, b := range r.Bases() {
		if !slices.Contains(out, b.LogSource) {
			out = append(out, b.LogSource)
		}
	}
	return out
}

// Version is the date of the last change, "" if the rule has none.
func (r *Rule) Version() string {
	if r.Modified != "" {
		return r.Modified
	}
	return r.Date
}

// Related names another rule and how this one stands to it.
type Related struct{ ID, Type string }

// LogSource says which logs a rule is for.
type LogSource struct {
	Category, Product, Service string
	// Definition tells a person what the logs must be set up to hold.
	Definition string
}

// String is the log source as a person would write it: "aws cloudtrail".
func (l LogSource) String() string {
	var parts []string
	for _, p := range []string{l.Product, l.Service, l.Category} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " ")
}

// Level is how bad a match is. Levels are ordered.
type Level uint8

// The levels of the specification. A rule without one counts as Medium.
const (
	Informational Level = iota
	Low
	Medium
	High
	Critical
)

var levels = [...]string{"informational", "low", "medium", "high", "critical"}

// String is the level's name.
func (l Level) String() string {
	if int(l) < len(levels) {
		return levels[l]
	}
	return fmt.Sprintf("level %d", uint8(l))
}

// ParseLevel reads a level's name.
func ParseLevel(s string) (Level, bool) {
	for i, name := range levels {
		if s == name {
			return Level(i), true
		}
	}
	return 0, false
}

// Severity is the level as event.severity has it, on a scale of 0 to 100.
func (l Level) Severity() int64 {
	return [...]int64{1, 21, 47, 73, 99}[min(l, Critical)]
}
