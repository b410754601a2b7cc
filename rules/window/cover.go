package window

import (
	"encoding/binary"
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Sums cannot tell a repeat by themselves. So for each origin whose events were
// summed up it is kept which stretches of it were, in the same commit as the
// sums. A stretch is in the units of event.Event.Offset. Reading may begin again
// at any offset, not only where a batch ended before: what of a batch is covered
// is known event by event. What a rule that is new would have summed up of a
// stretch that others have is not added: its sums begin with what is read next.

// stretch is from ≤ offset < to.
type stretch struct{ from, to int64 }

// maxStretches bounds what is kept of an origin. An origin is read from begin to
// end, so it has one stretch; more come of reading that was begun in its middle.
const maxStretches = 64

// maxCoverAge is how long after it was last read an origin is remembered, in
// hours of our clock.
const maxCoverAge = 8 * 24

type cover []stretch

// covers reports whether an offset was summed up.
func (c cover) covers(offset int64) bool {
	return slices.ContainsFunc(c, func(s stretch) bool { return s.from <= offset && offset < s.to })
}

// overlaps reports how a stretch lies to what is covered.
func (c cover) overlaps(s stretch) (any, all bool) {
	for _, x := range c {
		any = any || x.from < s.to && s.from < x.to
		all = all || x.from <= s.from && s.to <= x.to
	}
	return any, all
}

// with is what is covered once s is too.
func (c cover) with(s stretch) cover {
	out := cover{}
	for _, x := range c {
		if x.to < s.from || s.to < x.from {
			out = append(out, x)
			continue
		}
		s = stretch{min(s.from, x.from), max(s.to, x.to)}
	}
	out = append(out, s)
	slices.SortFunc(out, func(a, b stretch) int { return int(min(1, max(-1, a.from-b.from))) })
	if len(out) > maxStretches { // the gap that is closed may lose what lies in it, and adds nothing twice
		out[1].from = out[0].from
		out = out[1:]
	}
	return out
}

func (c cover) append(dst []byte, touched int64) []byte {
	dst = binary.AppendVarint(dst, touched)
	for _, s := range c {
		dst = binary.AppendVarint(binary.AppendVarint(dst, s.from), s.to)
	}
	return dst
}

func readCover(b []byte) (c cover, touched int64) {
	touched, n := binary.Varint(b)
	for b = b[max(n, 0):]; len(b) > 0; {
		from, i := binary.Varint(b)
		to, k := binary.Varint(b[max(i, 0):])
		if i <= 0 || k <= 0 {
			break
		}
		c, b = append(c, stretch{from, to}), b[i+k:]
	}
	return c, touched
}

// stretchOf is the stretch that a batch covers.
func stretchOf(b *event.Batch) stretch {
	if b.Rows && len(b.Events) > 0 {
		return stretch{b.Events[0].Offset, b.Events[len(b.Events)-1].Offset + 1}
	}
	return stretch{b.Start, b.End}
}

// originKey is what an origin is known by.
func originKey(o *event.Origin) string {
	if len(o.Identity) > 0 {
		return string(o.Identity)
	}
	return o.Source + "\x00" + o.Name
}
