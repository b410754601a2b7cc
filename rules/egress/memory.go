package egress

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"net/netip"
)

// pairs remembers what pairs of addresses are to each other. Addresses are known
// by their text as it stands in the log: to read them, and to look them up, costs
// more than all else. A pair is known by the numbers that its addresses were
// given, because a farm has a hundred times more pairs than addresses.
type pairs struct {
	d     *Detector
	in    scope
	seed  uint64                    // odd; whoever chooses addresses must not know which slots they get
	slots [addressSlots]addressSlot // open addressing, at most half of them in use
	used  int
	long  map[string]*address // those of more than 16 bytes
	last  uint32              // number given
	known [pairSlots]pairSlot
}

const (
	// A farm has some thousand nodes.
	addressBits  = 14
	addressSlots = 1 << addressBits
	maxLong      = 1 << 13
	// Of its pairs most are within one network, and are not remembered.
	pairBits  = 15
	pairSlots = 1 << pairBits
)

// address is one that was read.
type address struct {
	place
	number uint32
	none   bool // the text is no address, or one that never leaves its network
}

type addressSlot struct {
	head, tail uint64 // its text, see short
	size       int
	of         *address // nil: the slot is free
}

type pairSlot struct {
	key  uint64 // both numbers
	pair *pair
}

func newPairs(d *Detector, in scope) *pairs { return &pairs{d: d, in: in, seed: rand.Uint64() | 1} }

// of is the pair of two addresses as they are written; nil if it is quiet.
func (p *pairs) of(src, dst []byte) *pair {
	from, to := p.address(src), p.address(dst)
	if from.none || to.none || from.Network != nil && from.Network == to.Network {
		return nil
	}
	key := uint64(from.number)<<32 | uint64(to.number)
	s := &p.known[(key*p.seed)>>(64-pairBits)]
	if s.key != key {
		*s = pairSlot{key, p.d.between(from.place, to.place)}
	}
	return s.pair
}

// short makes a text of 4 to 16 bytes two words. With its size they tell which
// text it was.
func short(b []byte) (head, tail uint64) {
	if n := len(b); n >= 8 {
		return binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:])
	}
	return uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[len(b)-4:]))
}

func (p *pairs) address(text []byte) *address {
	if len(text) < 4 || len(text) > 16 {
		return p.longer(text)
	}
	head, tail := short(text)
	i := ((head*p.seed ^ tail) * p.seed) >> (64 - addressBits)
	for ; p.slots[i].of != nil; i = (i + 1) % addressSlots {
		if s := &p.slots[i]; s.head == head && s.tail == tail && s.size == len(text) {
			return s.of
		}
	}
	if p.used++; p.used > addressSlots/2 {
		p.slots, p.used = [addressSlots]addressSlot{}, 0
		return p.address(text)
	}
	p.slots[i] = addressSlot{head, tail, len(text), p.read(text)}
	return p.slots[i].of
}

func (p *pairs) longer(text []byte) *address {
	if known, ok := p.long[string(text)]; ok {
		return known
	}
	if len(p.long) >= maxLong || p.long == nil {
		p.long = map[string]*address{}
	}
	made := p.read(text)
	p.long[string(text)] = made
	return made
}

// read reads an address and gives it a number that no other has.
func (p *pairs) read(text []byte) *address {
	if p.last == math.MaxUint32 { // numbers begin anew, and so must the pairs
		*p = *newPairs(p.d, p.in)
	}
	p.last++
	ip, err := netip.ParseAddr(string(text))
	if err != nil {
		return &address{place: place{Place: nowhere}, number: p.last, none: true}
	}
	a := &address{place: p.d.locate(ip, p.in), number: p.last}
	a.none = local(a.ip)
	return a
}
