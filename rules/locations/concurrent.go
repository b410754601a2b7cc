package locations

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// episodeGap joins contradictions of the same two places that follow each other
// into one.
const episodeGap = time.Hour

// Concurrent is the rule bw-concurrent-location: one person in two places at once.
type Concurrent struct {
	rule  *sigma.Rule
	world World
}

// NewConcurrent makes the rule. places may be nil: then networks are compared
// by their addresses alone.
func NewConcurrent(rule *sigma.Rule, world World) *Concurrent {
	return &Concurrent{rule: rule, world: world}
}

// Rule implements detect.Rule.
func (c *Concurrent) Rule() *sigma.Rule { return c.rule }

// Span implements detect.Rule: a day is one case. A journey takes a day at most,
// and whether a contradiction is the begin of an episode is told by the hour
// before it.
func (c *Concurrent) Span() detect.Span {
	return detect.Span{Bucket: day, Before: farthest + episodeGap + stretch, After: episodeGap}
}

// Observer implements detect.Rule.
func (c *Concurrent) Observer(schema event.Schema) detect.Observer {
	if schema.Dataset() != "aws.cloudtrail" {
		return nil
	}
	return newPeople(schema, c.world)
}

// Judge implements detect.Rule. Each day is judged by the notes that its span
// reaches and no others, so that it does not matter how many days are asked for
// at once.
func (c *Concurrent) Judge(w *detect.Window) []detect.Case {
	return eachDay(w, c.Span(), c.world, ofPerson)
}

// eachDay judges the days of a window one by one.
func eachDay(w *detect.Window, span detect.Span, world World, j judgement) []detect.Case {
	var out []detect.Case
	for from := align(w.From+int64(day)-1, day); from < w.To; from += int64(day) {
		lo, hi := between(w.Notes, from-int64(span.Before), from+int64(day+span.After))
		if !several(w.Notes[lo:hi]) {
			continue
		}
		if d := newDiary(w.Notes, lo, hi, from, world, j); d.moved() {
			out = append(out, d.cases()...)
		}
	}
	return out
}

// several reports whether notes tell of more than one address: most do not, and
// nobody is in two places at one.
func several(notes []detect.Note) bool {
	var first []byte
	for i := range notes {
		v := notes[i].Value
		if len(v) < 9+tailLength || mark(v[8]) == shown || mark(v[8]) == habit {
			continue
		}
		if first == nil {
			first = v[9:25]
		} else if !bytes.Equal(first, v[9:25]) {
			return true
		}
	}
	return false
}

// between are the bounds of the notes whose time is in [from, to).
func between(notes []detect.Note, from, to int64) (lo, hi int) {
	at := func(t int64) int {
		i, _ := slices.BinarySearchFunc(notes, t, func(n detect.Note, t int64) int { return cmp.Compare(n.Time, t) })
		return i
	}
	return at(from), at(to)
}
