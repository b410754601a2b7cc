package event

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// ID is a delivery id: the first 16 bytes of the SHA-256 of what identifies a
// record at its origin. The same record read twice has the same ID, so a
// destination that can tell drops the repeat.
type ID [16]byte

// String is the id in hexadecimal, as documents and alerts name it.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// HashID makes an ID of the parts that identify a record at its origin. Parts
// are length-prefixed, so that ("ab","c") and ("a","bc") differ; the prefix is
// short, so that a dataset and a UUID fit into one block of SHA-256.
func HashID(s *Scratch, parts ...[]byte) ID {
	buf := s.Grab()
	for _, p := range parts {
		buf = binary.AppendUvarint(buf, uint64(len(p)))
		buf = append(buf, p...)
	}
	id := s.hash.sum(&buf)
	s.Release(buf)
	return id
}

// hasher is SHA-256 for short texts. sha256.Sum256 takes as long around the one
// block that it hashes as for it: it copies its state, and writes the padding
// apart. Here the text is padded where it stands, so that the state behind its
// last block is the sum; a test holds the two to be equal.
type hasher struct {
	hash  hash.Hash
	state encoding.BinaryAppender // of hash; nil where it does not show it
	asked bool
}

// stateAt is where the eight words of the state stand behind the name of the
// format.
const stateAt = len("sha\x03")

// padding is a one bit and zeros.
var padding = [sha256.BlockSize]byte{0x80}

// sum hashes *buf, which it grows and leaves with no sense.
func (h *hasher) sum(buf *[]byte) ID {
	if !h.asked {
		h.asked, h.hash = true, sha256.New()
		h.state, _ = h.hash.(encoding.BinaryAppender)
	}
	if h.state == nil {
		sum := sha256.Sum256(*buf)
		return ID(sum[:16])
	}
	size := len(*buf)
	b := append(*buf, padding[:1+(2*sha256.BlockSize-9-size%sha256.BlockSize)%sha256.BlockSize]...)
	b = binary.BigEndian.AppendUint64(b, uint64(size)*8)
	h.hash.Reset()
	h.hash.Write(b)
	b, err := h.state.AppendBinary(b[:0])
	*buf = b
	if err != nil || len(b) < stateAt+16 {
		panic("event: SHA-256 does not show its state")
	}
	return ID(b[stateAt:][:16])
}
