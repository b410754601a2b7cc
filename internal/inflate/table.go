package inflate

import "math/bits"

// entry is what a table says of the next bits. The lowest byte is how many of
// them are used up, extra bits included; the next four bits are those of the
// code alone, where it is a length or a distance; what lies between are the
// extra bits. From bit 15 on stands the byte of a literal, or the base of a
// length or distance, to which the extra bits are added.
type entry uint32

const (
	literal entry = 1 << 31
	special entry = 1 << 12 // neither literal nor length nor distance, but …
	link    entry = 1 << 13 // … go on in the table from the base on, with as many bits as those of the code say
	stop    entry = 1 << 14 // … the end of the block
	// With neither there is no such code.

	baseAt = 15
)

// used is how many bits are used up.
func (e entry) used() uint { return uint(e & 0x3f) }

// value is the length or distance whose code b begins with.
func (e entry) value(b uint64) int {
	return int(e>>baseAt) + int(b&(1<<(e&0x3f)-1)>>(e>>8&0xf))
}

// linked is where the second step for the bits b finds its entry.
func (e entry) linked(b uint64) uint {
	return (uint(e>>baseAt) + uint(b)&(1<<(e>>8&0xf)-1)) & (tableSize - 1)
}

const (
	// Codes are looked up by their first so many bits; the few that are longer
	// in a second step.
	litBits  = 11
	distBits = 9
	codeBits = 7 // of the code in which the lengths of the others stand

	tableSize = 1 << 12

	maxCode  = 15
	maxLit   = 286
	maxDist  = 30
	endBlock = 256
)

// table is the entries of a Huffman code, by the bits that come next. The first
// 1<<primary are looked at first. No code of 288 symbols and litBits, nor of 32
// and distBits, needs more.
type table struct {
	entries [tableSize]entry
}

// meaning is the entry of each symbol, less the bits of its code.
type meaning []entry

// build makes the table of a code that gives each symbol so many bits, 0 for
// none. It reports whether that is a code: not too many symbols, and not too
// few either, but that a code of none at all or of one symbol of one bit is
// allowed, as the libraries do.
func (t *table) build(lengths []uint8, mean meaning, primary uint) bool {
	var sorted [maxLit + 2]uint16
	var count, next [maxCode + 2]int
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	left, longest := 1, 0
	for n := 1; n <= maxCode; n++ {
		next[n+1] = next[n] + count[n]
		if count[n] > 0 {
			longest = n
		}
		if left = left<<1 - count[n]; left < 0 {
			return false
		}
	}
	for symbol, n := range lengths {
		if n > 0 {
			sorted[next[n]] = uint16(symbol)
			next[n]++
		}
	}
	if left > 0 {
		return t.lone(longest, sorted[0], mean, primary)
	}
	f := filler{table: t, mean: mean, sorted: sorted[:], count: &count, primary: primary}
	f.fill()
	return true
}

// lone is the table of a code with at most one symbol, of one bit.
func (t *table) lone(longest int, symbol uint16, mean meaning, primary uint) bool {
	if longest > 1 {
		return false
	}
	for i := range t.entries[:1<<primary] {
		t.entries[i] = special | 1
		if longest == 1 && i&1 == 0 {
			t.entries[i] = mean[symbol].coded(1)
		}
	}
	return true
}

// coded is the entry with a code of n bits.
func (e entry) coded(n uint) entry {
	if e&(literal|special) != 0 {
		return e + entry(n)
	}
	return e + entry(n)<<8 + entry(n)
}

// filler fills a table with a complete code. Codes are read from their highest
// bit on, but stand in the input with that bit first: so they are counted up
// with their bits reversed.
type filler struct {
	*table
	mean    meaning
	sorted  []uint16 // symbols, those of short codes first
	count   *[maxCode + 2]int
	primary uint
	code    uint
}

// fill doubles the table for each bit more, so that short codes, which stand in
// many places, are copied and not counted out.
func (f *filler) fill() {
	symbols := f.sorted
	for n := uint(1); n <= f.primary; n++ {
		copy(f.entries[1<<(n-1):1<<n], f.entries[:1<<(n-1)])
		for _, s := range symbols[:f.count[n]] {
			f.entries[f.code] = f.mean[s].coded(n)
			f.advance(n)
		}
		symbols = symbols[f.count[n]:]
	}
	f.fillLong(symbols)
}

// fillLong files the codes that are longer than the first step.
func (f *filler) fillLong(symbols []uint16) {
	const none = ^uint(0)
	first, start, width, free := none, uint(0), uint(0), uint(1)<<f.primary
	for n := f.primary + 1; n <= maxCode; n++ {
		for i, s := range symbols[:f.count[n]] {
			if prefix := f.code & (1<<f.primary - 1); prefix != first {
				first, start, width = prefix, free, f.width(n, f.count[n]-i)
				free += 1 << width
				f.entries[prefix] = special | link | entry(start)<<baseAt | entry(width)<<8 | entry(f.primary)
			}
			e := f.mean[s].coded(n - f.primary)
			for k := f.code >> f.primary; k < 1<<width; k += 1 << (n - f.primary) {
				f.entries[start+k] = e
			}
			f.advance(n)
		}
		symbols = symbols[f.count[n]:]
	}
}

// width is how many bits the second step takes from a code of n bits on, of
// which there are so many left.
func (f *filler) width(n uint, left int) uint {
	w := n - f.primary
	for space := 1<<w - left; space > 0; {
		w++
		space = space<<1 - f.count[f.primary+w]
	}
	return w
}

// advance counts up a reversed code of n bits.
func (f *filler) advance(n uint) {
	zeros := f.code ^ (1<<n - 1)
	if zeros == 0 {
		return // the last one
	}
	bit := uint(1) << (bits.Len(zeros) - 1)
	f.code = f.code&(bit-1) | bit
}
