package inflate

import "encoding/binary"

const (
	// inSpare is what one turn of fast may load: three times eight bytes.
	inSpare = 3 * 8
	// outLimit is where a turn may begin at the latest: it writes up to three
	// literals, and a match with the rest of its last step.
	outLimit = windowSize - 3 - 258 - 32
	// firstPiece is about how much of a member is written first. Who only looks at
	// its begin does not pay for a whole window: files are looked at before they are
	// read, and many are hardly larger.
	firstPiece = 4 << 10
)

// Places are masked, which changes none of them: so the compiler sees that they lie
// within, and asks no more: a twentieth of what CloudTrail takes here.
const (
	within   = windowSize - 1
	withinIn = inputSize - 1
)

// eight are the bytes at a place of the input.
func eight(in *[inputSize + 8]byte, at int) uint64 {
	at &= withinIn
	return binary.LittleEndian.Uint64(in[at : at+8])
}

// sixteen are the bytes at a place of the window.
func sixteen(out *[windowSize + 16]byte, at int) *[16]byte {
	at &= within
	return (*[16]byte)(out[at : at+16])
}

// fast reads symbols as long as input and output have room for whatever comes
// next, and reports whether the block ended. It is long because it is one hot
// loop, whose state has to stay in registers.
func (z *Reader) fast() (done bool, err error) { //nolint:funlen // see above
	in, end, out := &z.in, z.end, &z.out
	pos, at, limit := z.pos, z.at, z.limit
	b, n := z.bits, z.nbits
	bad := false
	lit, dist := &z.lit.entries, &z.dist.entries
	// What a turn begins with is looked up before the match of the turn before is
	// copied: how long that takes is hard to foresee, and the look-up need not
	// wait for it.
	var e entry
	if pos+inSpare <= end && at <= limit {
		b |= eight(in, pos) << (n & 63)
		pos += int((63 - n) >> 3)
		n |= 56
		e = lit[b&(1<<litBits-1)]
	}
	for pos+inSpare <= end && at <= limit {
		if int32(e) < 0 {
			out[at&within] = byte(e >> baseAt)
			at++
			b, n = b>>e.used(), n-e.used()
			if e = lit[b&(1<<litBits-1)]; int32(e) < 0 {
				out[at&within] = byte(e >> baseAt)
				at++
				b, n = b>>e.used(), n-e.used()
				if e = lit[b&(1<<litBits-1)]; int32(e) < 0 {
					out[at&within] = byte(e >> baseAt)
					at++
					b, n = b>>e.used(), n-e.used()
					b |= eight(in, pos) << (n & 63)
					pos += int((63 - n) >> 3)
					n |= 56
					e = lit[b&(1<<litBits-1)]
					continue
				}
			}
			// Fill up to 56 bits or more. The bytes of which only a part fits are
			// loaded again the next time, to the same bits.
			b |= eight(in, pos) << (n & 63)
			pos += int((63 - n) >> 3)
			n |= 56
		}
		if e&special != 0 {
			if e&link != 0 {
				b, n = b>>litBits, n-litBits
				e = lit[e.linked(b)]
				if int32(e) < 0 {
					out[at&within] = byte(e >> baseAt)
					at++
					b, n = b>>e.used(), n-e.used()
					b |= eight(in, pos) << (n & 63)
					pos += int((63 - n) >> 3)
					n |= 56
					e = lit[b&(1<<litBits-1)]
					continue
				}
			}
			if e&special != 0 {
				b, n = b>>e.used(), n-e.used()
				done, bad = e&stop != 0, e&stop == 0
				break
			}
		}
		length := e.value(b)
		b, n = b>>e.used(), n-e.used()
		e = dist[b&(1<<distBits-1)]
		if e&special != 0 {
			if e&link == 0 {
				bad = true
				break
			}
			b, n = b>>distBits, n-distBits
			if e = dist[e.linked(b)]; e&special != 0 {
				bad = true
				break
			}
		}
		distance := e.value(b)
		b, n = b>>e.used(), n-e.used()
		from, to := at-distance, at+length
		if from < 0 {
			bad = true
			break
		}
		b |= eight(in, pos) << (n & 63)
		pos += int((63 - n) >> 3)
		n |= 56
		e = lit[b&(1<<litBits-1)]
		if distance >= 16 {
			// Most matches are shorter than 32 bytes: these take no branch.
			*sixteen(out, at) = *sixteen(out, from)
			*sixteen(out, at+16) = *sixteen(out, from+16)
			for at, from = at+32, from+32; at < to; at, from = at+16, from+16 {
				*sixteen(out, at) = *sixteen(out, from)
			}
			at = to
			continue
		}
		for ; at < to; at, from = at+1, from+1 {
			out[at&within] = out[from&within]
		}
	}
	// Whole bytes go back to the input.
	pos -= int(n >> 3)
	n &= 7
	z.pos, z.at, z.bits, z.nbits = pos, at, b&(1<<n-1), n
	if bad {
		return false, z.corrupt()
	}
	return done, nil
}
