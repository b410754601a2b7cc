package redact

import "encoding/binary"

// The filter looks at three bytes in every three: each needle is five bytes
// long, so that one of its three trigrams begins at a multiple of three,
// wherever the needle lies. Looking at fixed places instead of skipping by what
// was found there (Horspool, Wu and Manber) leaves no load waiting for the one
// before, which makes it more than twice as fast on records of 1.5 KB.
const (
	stride = 3
	window = stride + 2
	// fold makes letters of either case equal. Other bytes fall together too,
	// which only costs time.
	fold  = 0xDFDFDF
	fold2 = fold<<24 | fold
	// mix is the one of 100,000 odd multipliers under which the fewest of
	// the trigrams that CloudTrail, flow logs and Linux logs are full of fall
	// together with one of a needle. The shift leaves the fourth byte out.
	mix = 0x482003 << 8
)

// kind says what a needle points to.
type kind uint8

const (
	kindName    kind = iota // a name whose value may be a secret
	kindEscape              // a character written as \u00XX
	kindForm                // a secret known by its form
	kindCommand             // a command that is given secrets
	kindPattern             // a literal of a configured pattern
)

// needle is five bytes, each one of a set, of which something cannot do without.
type needle struct {
	kind kind
	// want are the bytes allowed at each place, upper case.
	want [window]string
	// lead is set where the first byte may be missing because the text begins.
	lead bool
	// glance says whether what stands around is worth an exact reading; nil
	// where it always is (kindForm).
	glance func(b []byte, at int) bool
	// find reads what the needle points to (kindForm, kindCommand).
	find finder
	// same are the bytes of want that are one byte alone, under mask.
	same, mask uint64
}

// compile makes the part of want that is one byte a place comparable in one step.
func (n *needle) compile() {
	for i, set := range n.want {
		if len(set) == 1 {
			n.same |= uint64(set[0]&0xDF) << (8 * i)
			n.mask |= 0xDF << (8 * i)
		}
	}
}

// matches reports whether the needle lies at b[at], where at may be -1.
func (n *needle) matches(b []byte, at int) bool {
	if at >= 0 && at+8 <= len(b) && binary.LittleEndian.Uint64(b[at:])&n.mask != n.same {
		return false
	}
	if at < -1 || at+window > len(b) || at < 0 && !n.lead {
		return false
	}
	for i, set := range n.want {
		if at+i >= 0 && !has(set, upper(b[at+i])) {
			return false
		}
	}
	return true
}

func has(set string, c byte) bool {
	for i := range len(set) {
		if set[i] == c {
			return true
		}
	}
	return false
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

// filter finds needles.
type filter struct {
	// marks is set for each trigram by its hash: one that is not set is in no
	// needle. Bits instead of bytes would take an eighth of the cache and
	// twice the time.
	marks   [1 << hashBits]uint8
	needles []needle
	// slots is a hash table of the folded trigrams, open addressing; at index+1
	// of places are the needles that have a trigram and where.
	slots  [1 << slotBits]slot
	places [][]place
}

const (
	hashBits = 15
	slotBits = 12
)

type slot struct {
	trigram uint32
	index   uint32 // of places, counted from 1; 0 where the slot is free
}

type place struct {
	needle uint16
	offset uint8
}

func newFilter(needles []needle) *filter {
	f := &filter{needles: needles}
	for i := range needles {
		n := &needles[i]
		n.compile()
		for o := range stride {
			trigrams(n.want[o], n.want[o+1], n.want[o+2], func(t uint32) { f.add(t&fold, place{uint16(i), uint8(o)}) })
		}
	}
	return f
}

func (f *filter) add(trigram uint32, p place) {
	s := f.slot(trigram)
	if s.index == 0 {
		f.places = append(f.places, nil)
		*s = slot{trigram, uint32(len(f.places))}
	}
	all := &f.places[s.index-1]
	for _, q := range *all {
		if q == p {
			return
		}
	}
	if len(f.places) > len(f.slots)/2 {
		panic("redact: too many keys and patterns")
	}
	f.marks[hash(trigram)] = 1
	*all = append(*all, p)
}

// slot is the slot of a trigram, or the free one where it belongs.
func (f *filter) slot(trigram uint32) *slot {
	for i := hash(trigram) >> (hashBits - slotBits); ; i++ {
		s := &f.slots[i%uint32(len(f.slots))]
		if s.index == 0 || s.trigram == trigram {
			return s
		}
	}
}

// hash is that of the three lower bytes.
func hash(folded uint32) uint32 { return folded * mix >> (32 - hashBits) }

func trigrams(a, b, c string, yield func(uint32)) {
	for i := range len(a) {
		for j := range len(b) {
			for k := range len(c) {
				yield(uint32(a[i]) | uint32(b[j])<<8 | uint32(c[k])<<16)
			}
		}
	}
}

// cursor walks the needles in b in the order in which the filter meets them,
// which is that of their place but for a few bytes.
type cursor struct {
	f    *filter
	b    []byte
	next int     // where the next trigram is
	at   int     // the trigram that the places are of
	rest []place // not tried yet
}

// seek is the next needle and where it begins (-1 if its first byte lies
// before the text); nil if there is none.
func (c *cursor) seek() (int, *needle) {
	for {
		for len(c.rest) > 0 {
			p := c.rest[0]
			c.rest = c.rest[1:]
			n := &c.f.needles[p.needle]
			if at := c.at - int(p.offset); n.matches(c.b, at) {
				return at, n
			}
		}
		if !c.advance() {
			return 0, nil
		}
	}
}

// from goes on at offset i, if that is further.
func (c *cursor) from(i int) {
	if i > c.next {
		c.next, c.rest = i, nil
	}
}

// advance goes to the next trigram that may be in a needle. Four are tested in
// one step: the branch, not the look-up, is what costs.
func (c *cursor) advance() bool {
	b, i, marks := c.b, c.next, &c.f.marks
	for i+stride <= len(b) {
		for ; i+16 <= len(b); i += 4 * stride {
			v := b[i : i+16]
			w, x := binary.LittleEndian.Uint64(v)&fold2, binary.LittleEndian.Uint64(v[2*stride:])&fold2
			if marks[hash(uint32(w))]|marks[hash(uint32(w>>24))]|marks[hash(uint32(x))]|marks[hash(uint32(x>>24))] != 0 {
				break
			}
		}
		for end := min(i+4*stride, len(b)-2); i < end; i += stride {
			t := (uint32(b[i]) | uint32(b[i+1])<<8 | uint32(b[i+2])<<16) & fold
			if marks[hash(t)] == 0 {
				continue
			}
			if s := c.f.slot(t); s.index != 0 {
				c.at, c.next, c.rest = i, i+stride, c.f.places[s.index-1]
				return true
			}
		}
	}
	c.next = len(b)
	return false
}
