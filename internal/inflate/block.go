package inflate

// block reads one block and reports whether it is the last of its member.
func (z *Reader) block() (last bool, err error) {
	head, err := z.take(3)
	if err != nil {
		return false, err
	}
	switch head >> 1 {
	case 0:
		err = z.stored()
	case 1:
		z.lit.build(fixedLit[:], litMeaning[:], litBits)
		z.dist.build(fixedDist[:], distMeaning[:], distBits)
		err = z.symbols()
	case 2:
		if err = z.codes(); err == nil {
			err = z.symbols()
		}
	default:
		err = z.corrupt()
	}
	return head&1 == 1, err
}

// symbols reads the content of a block whose codes are known.
func (z *Reader) symbols() error {
	for {
		done, err := z.fast()
		if !done && err == nil && z.at <= z.limit {
			done, err = z.symbol()
		}
		if done || err != nil {
			return err
		}
		if z.at > z.limit {
			if err := z.slide(); err != nil {
				return err
			}
		}
	}
}

// stored copies a block that is not compressed.
func (z *Reader) stored() error {
	z.bits, z.nbits = 0, 0 // up to the next byte
	size, err := z.take(16)
	if err != nil {
		return err
	}
	check, err := z.take(16)
	if err != nil {
		return err
	}
	if size != ^check&0xffff {
		return z.corrupt()
	}
	for size > 0 {
		if z.pos == z.end {
			if err := z.more(); err != nil {
				return err
			}
		}
		if z.at > z.limit {
			if err := z.slide(); err != nil {
				return err
			}
		}
		n := copy(z.out[z.at:min(windowSize, z.at+int(size))], z.in[z.pos:z.end])
		z.at, z.pos, size = z.at+n, z.pos+n, size-uint(n)
	}
	return nil
}

// codes reads the codes that stand at the begin of a block.
func (z *Reader) codes() error {
	head, err := z.take(14)
	if err != nil {
		return err
	}
	nlit, ndist, n := int(head&31)+257, int(head>>5&31)+1, int(head>>10)+4
	if nlit > maxLit || ndist > maxDist {
		return z.corrupt()
	}
	var first [19]uint8
	for i := range n {
		b, err := z.take(3)
		if err != nil {
			return err
		}
		first[lengthOrder[i]] = uint8(b)
	}
	if !z.lit.build(first[:], plainMeaning[:len(first)], codeBits) {
		return z.corrupt()
	}
	var lengths [maxLit + maxDist]uint8
	if err := z.lengths(lengths[:nlit+ndist]); err != nil {
		return err
	}
	if !z.dist.build(lengths[nlit:nlit+ndist], distMeaning[:], distBits) || !z.lit.build(lengths[:nlit], litMeaning[:], litBits) {
		return z.corrupt()
	}
	return nil
}

// lengths reads how long each code is, in the code that z.lit holds.
func (z *Reader) lengths(to []uint8) error {
	for i := 0; i < len(to); {
		e, err := z.lookUp(&z.lit, codeBits)
		if err != nil {
			return err
		}
		z.use(e.used())
		symbol := uint8(e >> baseAt)
		if e&literal == 0 {
			return z.corrupt()
		}
		if symbol < 16 {
			to[i] = symbol
			i++
			continue
		}
		width, least, value := uint(7), 11, uint8(0)
		switch {
		case symbol == 17:
			width, least = 3, 3
		case symbol == 16 && i == 0:
			return z.corrupt()
		case symbol == 16:
			width, least, value = 2, 3, to[i-1]
		}
		more, err := z.take(width)
		if err != nil {
			return err
		}
		n := least + int(more)
		if n > len(to)-i {
			return z.corrupt()
		}
		for ; n > 0; n-- {
			to[i] = value
			i++
		}
	}
	return nil
}

// lengthOrder is the order in which the lengths of the first code stand.
var lengthOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// What symbols mean (RFC 1951, 3.2.5), and the fixed codes (3.2.6).
var (
	litMeaning   = literals()
	distMeaning  = distances()
	plainMeaning = plain()
	fixedLit     = fixed()
	fixedDist    = [32]uint8{5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5}
)

func plain() (m [maxLit + 2]entry) {
	for i := range m {
		m[i] = literal | entry(i&0xff)<<baseAt
	}
	return m
}

func literals() (m [maxLit + 2]entry) {
	m = plain()
	m[endBlock] = special | stop
	base := 3
	for i := range 28 {
		extra := max(0, i/4-1)
		m[endBlock+1+i] = entry(base)<<baseAt | entry(extra)
		base += 1 << extra
	}
	m[285] = 258 << baseAt
	m[286], m[287] = special, special
	return m
}

func distances() (m [32]entry) {
	base := 1
	for i := range maxDist {
		extra := max(0, i/2-1)
		m[i] = entry(base)<<baseAt | entry(extra)
		base += 1 << extra
	}
	m[30], m[31] = special, special
	return m
}

func fixed() (n [maxLit + 2]uint8) {
	for i := range n {
		switch {
		case i < 144:
			n[i] = 8
		case i < 256:
			n[i] = 9
		case i < 280:
			n[i] = 7
		default:
			n[i] = 8
		}
	}
	return n
}
