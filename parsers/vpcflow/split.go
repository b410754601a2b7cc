package vpcflow

import (
	"encoding/binary"
	"math/bits"

	"github.com/burstwatch/burstwatch/internal/event"
)

const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// Notes that split makes of a record, in Event.Flags. A record without them may
// deserve them all the same.
const (
	// noteClean says that the record can stand in a JSON string as it is.
	noteClean = 1 << iota
	// noteFull says that no column is null.
	noteFull
)

// split reads one line of window from its begin at start: its columns go to
// slots, in the order that the layout gives. It returns where the record ends
// and where the next line begins.
//
// It reads nothing but the plain case, which is all that AWS writes: ASCII, one
// space between two columns, as many as the layout has, LF or CRLF behind them.
// For anything else, and for the last bytes of a window, it returns ok false and
// the careful way (words) decides; the two agree, which a fuzz test holds.
//
// Eight bytes are looked at in one step, and each byte once.
func split(window []byte, start int, slots []event.Span, order []uint16) (end, next int, notes uint32, ok bool) {
	col, from, odd := 0, start, uint64(0)
	notes = noteFull
	for i := start; i+8 <= len(window); i += 8 {
		w := binary.LittleEndian.Uint64(window[i:])
		if w&highs != 0 {
			return 0, 0, 0, false
		}
		// Marks quotes and backslashes, and maybe bytes behind them.
		odd |= ((w ^ ones*'"') - ones) | ((w ^ ones*'\\') - ones)
		// Marks every byte up to the space character, and no other.
		for m := ^(w + (0x80-' '-1)*ones) & highs; m != 0; m &= m - 1 {
			at := i + bits.TrailingZeros64(m)>>3
			if at == from || col == len(order) {
				return 0, 0, 0, false
			}
			if at-from > 1 || window[from] != '-' {
				slots[order[col]] = event.Span{Start: uint32(from - start), End: uint32(at - start)}
			} else {
				notes = 0
			}
			if window[at] == ' ' {
				col, from = col+1, at+1
				continue
			}
			next = at + 1
			if window[at] == '\r' && next < len(window) {
				next++
			}
			if odd&highs == 0 {
				notes |= noteClean
			}
			return at, next, notes, window[next-1] == '\n' && col == len(order)-1
		}
	}
	return 0, 0, 0, false
}

// words finds the words of a line, at most one more than max, with one or more
// spaces or tabs between two.
func words(line []byte, dst []event.Span, most int) []event.Span {
	dst = dst[:0]
	for i := 0; len(dst) <= most; {
		for i < len(line) && blank(line[i]) {
			i++
		}
		if i == len(line) {
			break
		}
		start := i
		for i < len(line) && !blank(line[i]) {
			i++
		}
		dst = append(dst, event.Span{Start: uint32(start), End: uint32(i)})
	}
	return dst
}

func blank(c byte) bool { return c == ' ' || c == '\t' }
