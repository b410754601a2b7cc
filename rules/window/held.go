package window

import "iter"

// held are events in memory, each with the place of its list of rules. It is a
// table with open addressing, because half of a delivery id is a hash already: a
// map hashes it once more, and takes twice the time, which is felt where most
// events match. To make it slow, one would have to choose records by their
// SHA-256.
type held struct {
	slots []heldSlot // a power of two of them, at most three quarters full
	n     int
}

type heldSlot struct {
	id     uint64
	second uint32
	list   uint32 // from 1; 0: the slot is free
}

// at is the slot of an event, or the free one where it belongs.
func (h *held) at(k seenKey) *heldSlot {
	mask := uint64(len(h.slots) - 1)
	for i := k.id & mask; ; i = (i + 1) & mask {
		if s := &h.slots[i]; s.list == 0 || s.id == k.id && s.second == k.second {
			return s
		}
	}
}

func (h *held) get(k seenKey) (list uint32, ok bool) {
	if h.n == 0 {
		return 0, false
	}
	s := h.at(k)
	return s.list - 1, s.list != 0
}

func (h *held) set(k seenKey, list uint32) {
	if h.n >= len(h.slots)/4*3 {
		h.grow()
	}
	s := h.at(k)
	if s.list == 0 {
		h.n++
	}
	*s = heldSlot{k.id, k.second, list + 1}
}

func (h *held) grow() {
	old := h.slots
	h.slots = make([]heldSlot, max(1024, 2*len(old)))
	for _, s := range old {
		if s.list != 0 {
			*h.at(seenKey{s.second, s.id}) = s
		}
	}
}

func (h *held) all() iter.Seq2[seenKey, uint32] {
	return func(yield func(seenKey, uint32) bool) {
		for _, s := range h.slots {
			if s.list != 0 && !yield(seenKey{s.second, s.id}, s.list-1) {
				return
			}
		}
	}
}
