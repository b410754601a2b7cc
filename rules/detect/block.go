package detect

// Block keeps copies of bytes, many in one piece of memory: notes are many and
// small. The zero Block is empty. It belongs to one goroutine.
type Block struct {
	b    []byte
	full int // bytes in pieces before b, since Reset
}

// largestPiece bounds what a Block keeps for later, in bytes.
const largestPiece = 64 << 10

// Keep copies b, nil where it is empty, into a piece of at least size bytes. The copy
// is good until Reset.
func (k *Block) Keep(b []byte, size int) []byte {
	if len(b) == 0 {
		return nil
	}
	if cap(k.b)-len(k.b) < len(b) {
		k.full += len(k.b)
		k.b = make([]byte, 0, max(size, len(b)))
	}
	at := len(k.b)
	k.b = append(k.b, b...)
	return k.b[at:len(k.b):len(k.b)]
}

// Poison overwrites the last piece, for tests.
func (k *Block) Poison() {
	for i := range k.b {
		k.b[i] = 0xa5
	}
}

// Reset uses the memory again: of the last piece, or of one that will hold as much
// as all did.
func (k *Block) Reset() {
	if all := k.full + len(k.b); k.full > 0 && all <= largestPiece && all > cap(k.b) {
		k.b = make([]byte, 0, all)
	}
	k.b, k.full = k.b[:0], 0
}
