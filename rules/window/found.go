package window

import (
	"bytes"
	"cmp"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/detect"
)

// Found is what a worker found in one batch. Sums that were read before in part
// are read again from the batch: it is held until the Commit that takes the Found
// has returned nil. Then the Found is the engine's, which uses its memory again.
type Found struct {
	rules   *ruleset
	batch   *event.Batch
	matches []match
	hits    []hit
	cases   []foundCase
	notes   []foundNote
	pile    *pile // in place of notes, of an engine that tells at the end; may be nil
	sums    bool
	size    int
	block   detect.Block // what notes hold
}

// reset makes it empty and uses its memory again. It is for an engine that tells
// at the end, whose notes lie in piles.
func (f *Found) reset() {
	clear(f.cases) // what they hold is the engine's now
	*f = Found{matches: f.matches[:0], hits: f.hits[:0], cases: f.cases[:0]}
}

// spare is how many Founds wait to be used again, and spareNotes the most notes
// that one of them keeps room for.
const (
	spare      = 32
	spareNotes = 1 << 10
)

// unused is an empty Found.
func (e *Engine) unused() *Found {
	select {
	case f := <-e.spare:
		return f
	default:
		return new(Found)
	}
}

// recycle takes the memory of what is committed. What evidence and samples hold is
// not among it: tallies go on with that.
func (e *Engine) recycle(list []*Found) {
	if e.o.AtEnd {
		return // the worker uses it again
	}
	for _, f := range list {
		if f == nil || cap(f.notes) > spareNotes {
			continue
		}
		if e.poison {
			f.block.Poison()
		}
		f.block.Reset()
		clear(f.notes)
		*f = Found{notes: f.notes[:0], block: f.block}
		select {
		case e.spare <- f:
		default:
			return
		}
	}
}

// keep copies what a note holds.
func (f *Found) keep(b []byte) []byte { return f.block.Keep(b, foundBlock) }

const foundBlock = 8 << 10

// Size is about what it holds, in bytes.
func (f *Found) Size() int { return f.size }

// Matches is the number of matches in it.
func (f *Found) Matches() int { return len(f.hits) }

// match is an event that some rules matched.
type match struct {
	at       int64 // event time
	id       event.ID
	from, to int32 // its hits
}

// hit is one rule that matched, and the case that it counts in.
type hit struct {
	rule uint32
	in   int32 // index of cases
}

// foundCase is what a batch adds to one case, beside the count.
type foundCase struct {
	caseKey
	of       *rules.Rule
	id       event.ID
	sample   item   // of the first match; its text is nil where an earlier one is known
	evidence []item // of those that may be among the first hundred
}

// item is what is said of one event, in the order of event time and delivery id.
type item struct {
	at   int64
	id   event.ID
	text []byte
}

func (a item) compare(b item) int {
	return cmp.Or(cmp.Compare(a.at, b.at), bytes.Compare(a.id[:], b.id[:]))
}

// foundNote is a note of a rule.
type foundNote struct {
	groupKey
	at    int64
	id    event.ID
	join  detect.Join
	group []byte
	value []byte
	event []byte
}
