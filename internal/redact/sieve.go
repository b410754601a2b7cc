package redact

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// sieve tells, 64 places in one step, where a needle may begin: what the filter
// does with a table in memory, done with tables in registers, in a seventh of the
// time. Needles are put into sixteen buckets. A bucket knows which bytes its
// needles have at each of their five places; where the next five bytes are all
// known to one bucket, the filter is asked which needle it is, if any. (The way
// is Hyperscan's, where it is called Teddy.)
//
// It is left at one or two places of a record, of which most are needles. It also
// is where an @ stands, which may be a URL's.
type sieve struct {
	filter *filter
	// tables say, for each place of a needle and the lower six bits of a byte, to
	// which buckets it is known: eight of them, and the others.
	tables [window][2][64]byte
	// leads are the bytes that a text can begin with in the middle of a needle.
	leads [256]bool
}

const (
	buckets    = 16
	sieveBlock = 64 // places in one step
	// sieveLeast is the shortest text that the sieve is for.
	sieveLeast = sieveBlock + window - 1
)

// newSieve makes the sieve for a filter's needles, nil where the processor has
// no such tables.
func newSieve(f *filter) *sieve {
	if !canSift {
		return nil
	}
	s := &sieve{filter: f}
	var all []bucket
	for i := range f.needles {
		n := &f.needles[i]
		all = append(all, newBucket(n))
		for _, c := range []byte(n.want[1]) {
			s.leads[c], s.leads[lower(c)] = s.leads[c] || n.lead, s.leads[lower(c)] || n.lead
		}
	}
	for i, b := range join(all, buckets) {
		for k, known := range b.places {
			for ; known != 0; known &= known - 1 {
				s.tables[k][i/8][bits.TrailingZeros64(known)] |= 1 << (i % 8)
			}
		}
	}
	return s
}

// suspicious is that of the redactor, for texts that are not shorter than
// sieveLeast.
func (s *sieve) suspicious(r *Redactor, b []byte) bool {
	all := len(b) - window + 1 // places at which a needle can begin
	if s.leads[b[0]] && s.leading(r, b) || userinfoNear(b, all) >= 0 {
		return true
	}
	for i := 0; i < all; i += sieveBlock {
		n, hits := 0, uint64(0)
		if whole := (all - i) &^ (sieveBlock - 1); whole > 0 {
			n, hits = sift(&b[i], whole, &s.tables)
		}
		if i += n; hits == 0 && i < all { // the last block goes over what was looked at
			seen := sieveBlock - (all - i)
			i -= seen
			_, hits = sift(&b[i], sieveBlock, &s.tables)
			hits &= ^uint64(0) << seen
		}
		for ; hits != 0; hits &= hits - 1 {
			if s.suspect(r, b, i+bits.TrailingZeros64(hits)) {
				return true
			}
		}
	}
	return false
}

// suspect glances at what may begin at b[at].
func (s *sieve) suspect(r *Redactor, b []byte, at int) bool {
	if b[at] == '@' {
		return slashesBefore(b, at) || s.needle(r, b, at)
	}
	return s.needle(r, b, at)
}

// needle glances at the needles that begin at b[at].
func (s *sieve) needle(r *Redactor, b []byte, at int) bool {
	f := s.filter
	t := binary.LittleEndian.Uint32(b[at+1:]) & fold
	if f.marks[hash(t)] == 0 {
		return false
	}
	slot := f.slot(t)
	if slot.index == 0 {
		return false
	}
	for _, p := range f.places[slot.index-1] {
		if n := &f.needles[p.needle]; p.offset == 1 && n.matches(b, at) && r.suspect(b, at, n) {
			return true
		}
	}
	return false
}

// leading glances at the needles whose first byte lies before the text.
func (s *sieve) leading(r *Redactor, b []byte) bool {
	for i := range s.filter.needles {
		if n := &s.filter.needles[i]; n.lead && n.matches(b, -1) && r.suspect(b, -1, n) {
			return true
		}
	}
	return false
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// bucket is needles that the sieve does not tell apart.
type bucket struct {
	places [window]uint64 // a bit for each that the lower six bits of a byte can be
	cost   float64        // how often it is met without a needle, as a share of all places
}

func newBucket(n *needle) (b bucket) {
	for k, set := range n.want {
		for _, c := range []byte(set) {
			b.places[k] |= 1<<(c&63) | 1<<(lower(c)&63)
		}
	}
	return b.weighed()
}

func (b bucket) with(c bucket) bucket {
	for k := range b.places {
		b.places[k] |= c.places[k]
	}
	return b.weighed()
}

func (b bucket) weighed() bucket {
	b.cost = 1
	for _, known := range b.places {
		sum := 0.001 // what is rarer than all in Frequent
		for i := range 8 {
			sum += shares[i][known>>(8*i)&0xFF]
		}
		b.cost *= sum
	}
	return b
}

// shares is how much of JSON logs are bytes whose lower six bits are of a set:
// eight of them in each row, by their set.
var shares = func() (s [8][256]float64) {
	share := 0.06
	for _, c := range []byte(jsonscan.Frequent) {
		row := &s[c&63/8]
		for set := range row {
			if set>>(c&7)&1 != 0 {
				row[set] += share
			}
		}
		share *= 0.945 // half as much twelve ranks below, near enough
	}
	return s
}()

// join puts together what costs least together, until there are few enough.
func join(all []bucket, few int) []bucket {
	// with is, for each, the later one that it costs least with; more is what.
	with, more := make([]int, len(all)), make([]float64, len(all))
	try := func(i, k int) {
		if d := all[i].with(all[k]).cost - all[i].cost - all[k].cost; d < more[i] {
			with[i], more[i] = k, d
		}
	}
	look := func(i int) {
		more[i] = math.Inf(1)
		for k := i + 1; k < len(all); k++ {
			try(i, k)
		}
	}
	for i := range all {
		look(i)
	}
	for len(all) > few {
		at := slices.Index(more, slices.Min(more))
		gone := with[at]
		all[at] = all[at].with(all[gone])
		all, with, more = slices.Delete(all, gone, gone+1), slices.Delete(with, gone, gone+1), slices.Delete(more, gone, gone+1)
		for i := range all {
			switch {
			case i == at || with[i] == at || with[i] == gone:
				look(i)
				continue
			case with[i] > gone:
				with[i]--
			}
			if i < at {
				try(i, at)
			}
		}
	}
	return all
}
