package cloudtrail

import (
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// Join implements event.Joiner: paths below one slot are walked together.
func (schema) Join(getters []event.Getter) []event.Getter {
	out := slices.Clone(getters)
	var bySlot [slotCount][]int
	for i, g := range getters {
		if p, ok := g.(pathGetter); ok {
			bySlot[p.slot] = append(bySlot[p.slot], i)
		}
	}
	number := 0
	for _, places := range bySlot {
		for part := range slices.Chunk(places, jsonscan.MostPaths) {
			if len(part) < 2 {
				continue
			}
			w := &walk{number: number}
			number++
			paths := make([]*jsonscan.Path, len(part))
			for n, i := range part {
				g, _ := getters[i].(pathGetter)
				paths[n], out[i] = g.path, joinedGetter{g, w, n}
			}
			w.paths = jsonscan.JoinPaths(paths)
		}
	}
	return out
}

// walk is what paths below one slot share.
type walk struct {
	number int // among the walks that were joined with it
	paths  *jsonscan.Paths
}

// joinedGetter reads one of the paths of a walk.
type joinedGetter struct {
	pathGetter
	walk *walk
	n    int
}

// Append implements event.Getter.
func (g joinedGetter) Append(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
	raw := ev.At(g.slot)
	dst, done := g.path.AppendQuick(dst, raw)
	if done {
		return dst
	}
	w := g.walk.of(ev, raw, s)
	if !w.whole {
		return g.path.Append(dst, raw, s)
	}
	return append(dst, w.values[g.n]...)
}

// walked is what a walk found in one event.
type walked struct {
	walk   *walk
	ev     *event.Event
	round  uint64
	values [][]event.Value // by path
	whole  bool            // the values are what the paths lead to
}

type walkedOwner struct{}

// of is what the walk finds in an event, walked once.
func (w *walk) of(ev *event.Event, raw []byte, s *event.Scratch) *walked {
	memo, _ := s.Memo(walkedOwner{}, func() any { return &[]walked{} }).(*[]walked)
	for len(*memo) <= w.number {
		*memo = append(*memo, walked{})
	}
	found := &(*memo)[w.number]
	if found.walk == w && found.ev == ev && found.round == s.Round() {
		return found
	}
	if found.walk != w {
		found.walk, found.values = w, make([][]event.Value, w.paths.Len())
	}
	found.ev, found.round = ev, s.Round()
	for i := range found.values {
		found.values[i] = found.values[i][:0]
	}
	found.whole = w.paths.Walk(found.values, raw)
	return found
}
