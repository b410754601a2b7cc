package inflate

// take reads n bits.
func (z *Reader) take(n uint) (uint, error) {
	for z.nbits < n {
		if err := z.addByte(); err != nil {
			return 0, err
		}
	}
	v := uint(z.bits) & (1<<n - 1)
	z.use(n)
	return v, nil
}

func (z *Reader) use(n uint) {
	z.bits >>= n
	z.nbits -= n
}

func (z *Reader) addByte() error {
	b, err := z.readByte()
	if err != nil {
		return err
	}
	z.bits |= uint64(b) << z.nbits
	z.nbits += 8
	return nil
}

// lookUp finds the entry of the code that comes next, and sees to it that all
// its bits are there, but no byte more. What it has not used up of them are
// those of the entry.
func (z *Reader) lookUp(t *table, primary uint) (entry, error) {
	for {
		e, first := t.entries[z.bits&(1<<primary-1)], uint(0)
		if e&link != 0 {
			first = primary
			e = t.entries[e.linked(z.bits>>primary)]
		}
		if first+e.used() <= z.nbits {
			z.use(first)
			return e, nil
		}
		if err := z.addByte(); err != nil {
			return 0, err
		}
	}
}

// symbol reads one symbol: a literal, a match or the end of the block.
func (z *Reader) symbol() (done bool, err error) {
	e, err := z.lookUp(&z.lit, litBits)
	if err != nil {
		return false, err
	}
	length := e.value(z.bits)
	z.use(e.used())
	switch {
	case e&literal != 0:
		z.out[z.at] = byte(e >> baseAt)
		z.at++
		return false, nil
	case e&special != 0:
		if e&stop == 0 {
			err = z.corrupt()
		}
		return true, err
	}
	if e, err = z.lookUp(&z.dist, distBits); err != nil {
		return false, err
	}
	distance := e.value(z.bits)
	z.use(e.used())
	if e&special != 0 || distance > z.at {
		return false, z.corrupt()
	}
	for range length {
		z.out[z.at] = z.out[z.at-distance]
		z.at++
	}
	return false, nil
}
