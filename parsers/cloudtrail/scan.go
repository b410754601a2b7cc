package cloudtrail

import (
	"encoding/binary"
	"math/bits"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// guess is the two members that last came behind another.
type guess struct{ first, second uint8 }

// scanner finds the spans of a record's known members while it checks the JSON,
// in one pass. It learns the order of members: AWS writes the same ones one
// after another, so that for nine keys in ten the expected text `"eventName":`
// is compared, eight bytes at a time, and neither scanned nor looked up.
type scanner struct {
	guess [nodes][places]guess // what came behind each member
	// open allows that a member of the outermost object holds an array of
	// records. Where one does, wrap is set and the scan ends behind the
	// array's opening bracket.
	open bool
	wrap wrap
	// escapes is set when a string in a slot may hold a backslash.
	escapes bool
	// wide is set when the record may hold what is not ASCII.
	wide bool
	// identities are those seen before; nil remembers none.
	identities *identities
	recalled   uint64 // hashOf the userIdentity, if it is remembered; else 0
}

// begin prepares for the next record. open allows that it is no record but
// holds an array of them.
func (s *scanner) begin(open bool) {
	s.open, s.wrap, s.escapes, s.wide, s.recalled = open, noWrap, false, false, 0
}

// note writes down what the scan of e's record showed besides spans.
func (s *scanner) note(e *event.Event) {
	e.Flags, e.Recurs = 0, s.recalled
	if s.escapes {
		e.Flags = escapes
	}
}

// object scans the object that begins at b[i], a brace, and returns the offset
// behind it. Spans are offsets in b. It is long because it is the hottest loop
// of the product: as three functions it takes a third longer.
func (s *scanner) object(b []byte, i int, n *node, slots []event.Span) (int, jsonscan.Fault) { //nolint:funlen // one loop over a record: its state stays in registers
	guess := &s.guess[n.number]
	last := uint8(placeStart)
	f := jsonscan.OK
	seen := uint64(0) // all bytes of strings, one over the other
	i++
	if i < len(b) && b[i] == '"' {
		goto key
	}
	if i = jsonscan.Space(b, i); i < len(b) && b[i] == '}' {
		return i + 1, jsonscan.OK
	}

key:
	{
		g := &guess[last]
		k := &n.members[g.first]
		guessed := false
		if len(b)-i >= literalMax { // is, without the call
			w := (*[literalMax]byte)(b[i:])
			d := (binary.LittleEndian.Uint64(w[:])^k.literal[0])&k.mask[0] | (binary.LittleEndian.Uint64(w[8:])^k.literal[1])&k.mask[1]
			if k.size > 16 {
				d |= (binary.LittleEndian.Uint64(w[16:])^k.literal[2])&k.mask[2] | (binary.LittleEndian.Uint64(w[24:])^k.literal[3])&k.mask[3]
			}
			guessed = d == 0
		}
		if guessed {
			i += k.size
		} else if k = &n.members[g.second]; k.is(b, i) {
			i += k.size
			g.first, g.second = g.second, g.first
		} else {
			var end int
			if k, end, f = s.key(b, i, n); f != jsonscan.OK {
				return end, f
			}
			if k.place != placeUnknown {
				g.first, g.second = k.place, g.first
			}
			i = end
		}
		last = k.place
	value:
		if i >= len(b) {
			return i, jsonscan.More
		}
		start := i
		if k.child != nil && slots[k.slot].End != 0 {
			k.child.forget(slots)
			s.recalled = 0
		}
		if b[i] == '"' {
			j := i + 1
			for {
				if len(b)-j < 8 {
					i, f = s.string(b, i)
					break
				}
				w := binary.LittleEndian.Uint64(b[j:])
				seen |= w
				quote, slash := (w^ones*'"')-ones, (w^ones*'\\')-ones
				m := (quote | slash | (w - ones*0x20)) &^ w & highs // as in jsonscan
				if m == 0 {
					j += 8
					continue
				}
				j += bits.TrailingZeros64(m) >> 3
				if b[j] == '"' {
					i = j + 1
				} else {
					i, f = s.string(b, i)
				}
				break
			}
			if f != jsonscan.OK {
				return i, f
			}
			slots[k.slot] = event.Span{Start: uint32(start), End: uint32(i)}
			if i < len(b) && b[i] == ',' {
				i++
				goto key
			}
			goto next
		}
		switch b[i] {
		case '{':
			switch {
			case k.child == nil:
				i, f = s.skip(b, i)
			case k.slot == sUserIdentity && s.identities != nil:
				i, f = s.identity(b, i, slots)
			default:
				i, f = s.object(b, i, k.child, slots)
			}
		case ' ', '\n', '\r', '\t':
			i = jsonscan.Space(b, i)
			goto value
		case '[':
			if k.wrap != noWrap && s.open {
				s.wrap = k.wrap
				return i + 1, jsonscan.OK
			}
			i, f = s.skip(b, i)
		default:
			i, f = jsonscan.Scalar(b, i)
		}
		if f != jsonscan.OK {
			return i, f
		}
		if b[start] == 'n' {
			slots[k.slot] = event.Span{}
		} else {
			slots[k.slot] = event.Span{Start: uint32(start), End: uint32(i)}
		}
	}
next:
	if i >= len(b) {
		return i, jsonscan.More
	}
	switch b[i] {
	case ',':
		i++
		goto key
	case '}':
		s.wide = s.wide || seen&highs != 0
		return i + 1, jsonscan.OK
	case ' ', '\n', '\r', '\t':
		i = jsonscan.Space(b, i)
		goto next
	}
	return i, jsonscan.BadComma
}

// string checks a string in a slot that holds more than plain characters, or
// lies at the end of the bytes.
func (s *scanner) string(b []byte, i int) (int, jsonscan.Fault) {
	end, f := jsonscan.String(b, i)
	s.escapes = true
	s.wide = s.wide || !jsonscan.ASCII(b[i:end])
	return end, f
}

// skip checks a value that has no slots below it.
func (s *scanner) skip(b []byte, i int) (int, jsonscan.Fault) {
	end, f := jsonscan.Skip(b, i)
	s.wide = s.wide || !jsonscan.ASCII(b[i:end])
	return end, f
}

// is reports whether "name": stands at b[i].
func (k *known) is(b []byte, i int) bool {
	if len(b)-i < literalMax {
		return false
	}
	w := (*[literalMax]byte)(b[i:])
	d := (binary.LittleEndian.Uint64(w[:]) ^ k.literal[0]) & k.mask[0]
	d |= (binary.LittleEndian.Uint64(w[8:]) ^ k.literal[1]) & k.mask[1]
	if k.size > 16 {
		d |= (binary.LittleEndian.Uint64(w[16:]) ^ k.literal[2]) & k.mask[2]
		d |= (binary.LittleEndian.Uint64(w[24:]) ^ k.literal[3]) & k.mask[3]
	}
	return d == 0
}

// key reads the key at b[i], white space before it allowed, and the colon.
func (s *scanner) key(b []byte, i int, n *node) (*known, int, jsonscan.Fault) {
	if i = jsonscan.Space(b, i); i >= len(b) {
		return nil, i, jsonscan.More
	}
	if b[i] != '"' {
		return nil, i, jsonscan.BadKey
	}
	end, f := jsonscan.String(b, i)
	if f != jsonscan.OK {
		return nil, end, f
	}
	k := n.lookup(b[i+1 : end-1])
	s.wide = s.wide || k == &unknown && !jsonscan.ASCII(b[i:end])
	if end = jsonscan.Space(b, end); end >= len(b) {
		return nil, end, jsonscan.More
	}
	if b[end] != ':' {
		return nil, end, jsonscan.BadColon
	}
	return k, end + 1, jsonscan.OK
}
