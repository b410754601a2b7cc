package detect

// Block keeps copies of bytes, many in one piece of memory: notes are many and
// small. The zero Block is empty. It belongs to one goroutine.
type Block struct{ b []byte }

// Keep copies b, nil where it is empty, into a piece of at least size bytes. The copy
// is good until Reset.
func (k *Block) Keep(b []byte, size int) []byte {
	if len(b) == 0 {
		return nil
	}
	if cap(k.b)-len(k.b) < len(b) {
		k.b = make([]byte, 0, max(size, len(b)))
	}
	at := len(k.b)
	k.b = append(k.b, b...)
	return k.b[at:len(k.b):len(k.b)]
}

// Reset uses the memory of the last piece again.
func (k *Block) Reset() { k.b = k.b[:0] }
