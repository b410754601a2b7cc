package jsonscan

import (
	"bytes"
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Paths are several paths that are walked together: who asks for four fields of a
// large request would else read it four times. They are not changed once joined
// and serve all workers.
type Paths struct {
	root branch
	n    int
}

// MostPaths is how many paths can be joined.
const MostPaths = 64

// branch is where paths stand together.
type branch struct {
	ends []int  // the paths that lead here
	next []twig // to members, by length of the key
	// from is where in next the keys of each length begin; the last is for all
	// that are longer.
	from [longKey + 2]uint8
}

const longKey = 40

// twig leads to a member.
type twig struct {
	key string
	branch
}

// JoinPaths joins at most MostPaths paths; Walk numbers them as they stand here.
func JoinPaths(paths []*Path) *Paths {
	p := &Paths{n: len(paths)}
	for i, path := range paths {
		b := &p.root
		for _, key := range path.keys {
			b = b.member(key)
		}
		b.ends = append(b.ends, i)
	}
	p.root.sort()
	return p
}

// Len is how many paths are joined.
func (p *Paths) Len() int { return p.n }

// member is the branch of a member, made if there is none.
func (b *branch) member(key string) *branch {
	for i := range b.next {
		if b.next[i].key == key {
			return &b.next[i].branch
		}
	}
	b.next = append(b.next, twig{key: key})
	return &b.next[len(b.next)-1].branch
}

func (b *branch) sort() {
	slices.SortStableFunc(b.next, func(x, y twig) int { return min(len(x.key), longKey) - min(len(y.key), longKey) })
	for i := range b.next {
		for n := min(len(b.next[i].key), longKey) + 1; n < len(b.from); n++ {
			b.from[n]++
		}
		b.next[i].sort()
	}
}

// Walk appends to values, one list for each path, what [Path.Append] would. It is
// false where an object on the way repeats a key, of which the last counts, or
// writes one with escapes: then the lists are of no use.
func (p *Paths) Walk(values [][]event.Value, raw []byte) bool {
	i := Space(raw, 0)
	if i >= len(raw) {
		return true
	}
	_, ok := p.root.at(values, raw, i)
	return ok
}

// at appends what the value at raw[i] has, and returns where it ends.
func (b *branch) at(values [][]event.Value, raw []byte, i int) (int, bool) {
	if len(b.ends) > 0 {
		end, f := Skip(raw, i)
		if f != OK {
			return end, false
		}
		for _, path := range b.ends {
			values[path] = AppendValues(values[path], raw[i:end])
		}
		if len(b.next) == 0 {
			return end, true
		}
	}
	return b.below(values, raw, i)
}

// below is at for what lies below the value.
func (b *branch) below(values [][]event.Value, raw []byte, i int) (int, bool) {
	ok := true
	switch raw[i] {
	case '[':
		for i = next(raw, i+1); ok && i < len(raw) && raw[i] != ']'; i = next(raw, i) {
			i, ok = b.below(values, raw, i)
		}
		return min(i+1, len(raw)), ok
	case '{':
	default:
		end, f := Skip(raw, i)
		return end, f == OK
	}
	seen := uint64(0)
	for i = next(raw, i+1); i < len(raw) && raw[i] == '"'; i = next(raw, i) {
		end, f := String(raw, i)
		key := raw[i+1 : max(i+1, end-1)]
		if i = Space(raw, end); f != OK || i >= len(raw) || raw[i] != ':' {
			return len(raw), false
		}
		if i = Space(raw, i+1); i >= len(raw) {
			return i, false
		}
		place := b.find(key)
		if place < 0 {
			if i, f = Skip(raw, i); f != OK || bytes.IndexByte(key, '\\') >= 0 {
				return len(raw), false
			}
			continue
		}
		if seen&(1<<place) != 0 {
			return len(raw), false
		}
		seen |= 1 << place
		if i, ok = b.next[place].at(values, raw, i); !ok {
			return len(raw), false
		}
	}
	return min(i+1, len(raw)), true
}

// find is the place of a member, -1 if nothing leads there.
func (b *branch) find(key []byte) int {
	n := min(len(key), longKey)
	for i := b.from[n]; i < b.from[n+1]; i++ {
		if string(key) == b.next[i].key {
			return int(i)
		}
	}
	return -1
}
