package cloudtrail

import (
	"encoding/binary"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// member is one known member of an object: its name, the slot for its span, the
// node of its own members if those have slots, and whether it holds records.
type member struct {
	name  string
	slot  int
	child *node
	wrap  wrap
}

// node is an object whose members are known by name.
type node struct {
	number  int
	members []known
	byLen   [literalMax][]uint8 // places in members by the length of the name
	slots   []int               // all slots below this node
}

// known is a member prepared for the scanner.
type known struct {
	member
	place uint8
	// literal is the text "name": in words of eight bytes, mask the part of
	// them that counts, size its length. Comparing words costs a third of a
	// call to compare bytes.
	literal, mask [literalMax / 8]uint64
	size          int
}

const literalMax = 32

// Places that are no members.
const (
	placeStart   = 62 // before the first member
	placeUnknown = 63 // a member that the node does not know
	places       = 64
)

// unknown is the member of any name that has no slot.
var unknown = known{member: member{slot: sOther}, place: placeUnknown}

func newNode(number int, members ...member) *node {
	n := &node{number: number}
	for i, m := range members {
		text := `"` + m.name + `":`
		if len(text) > literalMax || i >= placeStart {
			panic("cloudtrail: a member's name is too long, or there are too many: " + m.name)
		}
		k := known{member: m, place: uint8(i), size: len(text)}
		var bytes, mask [literalMax]byte
		for j := range copy(bytes[:], text) {
			mask[j] = 0xff
		}
		for w := range k.literal {
			k.literal[w] = binary.LittleEndian.Uint64(bytes[w*8:])
			k.mask[w] = binary.LittleEndian.Uint64(mask[w*8:])
		}
		n.members = append(n.members, k)
		n.byLen[len(m.name)] = append(n.byLen[len(m.name)], uint8(i))
		n.slots = append(n.slots, m.slot)
		if m.child != nil {
			n.slots = append(n.slots, m.child.slots...)
		}
	}
	return n
}

// lookup finds the member by the inside of its key, escapes and all.
func (n *node) lookup(key []byte) *known {
	if len(key) < literalMax {
		for _, at := range n.byLen[len(key)] {
			if string(key) == n.members[at].name {
				return &n.members[at]
			}
		}
	}
	for _, c := range key {
		if c == '\\' {
			return n.lookupEscaped(key)
		}
	}
	return &unknown
}

func (n *node) lookupEscaped(key []byte) *known {
	for i := range n.members {
		if jsonscan.Is(key, n.members[i].name) {
			return &n.members[i]
		}
	}
	return &unknown
}

// forget empties the slots below the node: of a repeated member the last counts.
func (n *node) forget(slots []event.Span) {
	for _, s := range n.slots {
		slots[s] = event.Span{}
	}
}
