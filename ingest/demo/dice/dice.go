// Package dice is the chance in the made-up studio: identifiers, choices and
// sizes that look random and are the same for the same seed on every machine.
// It knows nothing of logs. Everything under ingest/demo draws from it, and
// from nothing else; the clock and the order of maps have no say.
package dice

import (
	"math/bits"
	"math/rand/v2"
)

// Dice is one stream of chance. It is not safe for concurrent use.
type Dice struct{ pcg rand.PCG }

// New begins the stream that seed and labels name. Streams of different labels
// have nothing to do with each other, so that a change in one place of the
// generator leaves the rest as it was.
func New(seed uint64, labels ...string) *Dice {
	const prime = 1099511628211 // FNV-1a, 64 bits
	hash := uint64(14695981039346656037)
	for _, label := range labels {
		for i := range len(label) {
			hash = (hash ^ uint64(label[i])) * prime
		}
		hash = (hash ^ 0xff) * prime // "ab","c" is not "a","bc"
	}
	return &Dice{pcg: *rand.NewPCG(seed, hash)}
}

// Uint64 is 64 bits of chance.
func (d *Dice) Uint64() uint64 { return d.pcg.Uint64() }

// IntN is at least 0 and below n.
func (d *Dice) IntN(n int) int {
	hi, _ := bits.Mul64(d.pcg.Uint64(), uint64(n))
	return int(hi)
}

// Between is at least lo and at most hi.
func (d *Dice) Between(lo, hi int) int { return lo + d.IntN(hi-lo+1) }

// Unit is at least 0 and below 1.
func (d *Dice) Unit() float64 { return float64(d.pcg.Uint64()>>11) / (1 << 53) }

// Chance is true with probability p.
func (d *Dice) Chance(p float64) bool { return d.Unit() < p }

// Skewed is at least lo and at most hi (both above 0), each power of two alike:
// sizes of files and flows are so. It keeps to whole numbers, because floating
// point may round otherwise on another processor.
func (d *Dice) Skewed(lo, hi int) int {
	size := d.Between(bits.Len(uint(lo)), bits.Len(uint(hi)))
	return d.Between(max(lo, 1<<(size-1)), min(hi, 1<<size-1))
}

// Pick is one of from.
func Pick[T any](d *Dice, from []T) T { return from[d.IntN(len(from))] }

const (
	hexDigits = "0123456789abcdef"
	upper32   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	upper36   = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	mixed62   = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	base64    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
)

// Hex is n lower-case hexadecimal digits.
func (d *Dice) Hex(n int) string { return d.text(n, hexDigits) }

// Upper is n of A–Z and 2–7, as in access key and principal ids.
func (d *Dice) Upper(n int) string { return d.text(n, upper32) }

// Code is n of A–Z and 0–9, as in the request ids of S3.
func (d *Dice) Code(n int) string { return d.text(n, upper36) }

// Letters is n of A–Z, a–z and 0–9, as in the names of CloudTrail's files.
func (d *Dice) Letters(n int) string { return d.text(n, mixed62) }

// Base64 is n characters of base64, without the padding.
func (d *Dice) Base64(n int) string { return d.text(n, base64) }

func (d *Dice) text(n int, alphabet string) string {
	var room [128]byte
	return string(d.appendText(room[:0], n, alphabet))
}

// appendText draws 64 bits for each eight characters: 62^8 is small enough
// against 2^64 that the bias of the remainder is nobody's concern here.
func (d *Dice) appendText(b []byte, n int, alphabet string) []byte {
	size := uint64(len(alphabet))
	for n > 0 {
		draw := d.pcg.Uint64()
		for range min(n, 8) {
			b = append(b, alphabet[draw%size])
			draw /= size
		}
		n -= 8
	}
	return b
}

// AppendUUID appends a random (version 4) UUID.
func (d *Dice) AppendUUID(b []byte) []byte {
	hi, lo := d.pcg.Uint64(), d.pcg.Uint64()
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 2<<62
	b = appendHex(b, hi>>32, 8)
	b = appendHex(append(b, '-'), hi>>16, 4)
	b = appendHex(append(b, '-'), hi, 4)
	b = appendHex(append(b, '-'), lo>>48, 4)
	return appendHex(append(b, '-'), lo, 12)
}

// UUID is a random (version 4) UUID.
func (d *Dice) UUID() string {
	var room [36]byte
	return string(d.AppendUUID(room[:0]))
}

func appendHex(b []byte, v uint64, digits int) []byte {
	for shift := (digits - 1) * 4; shift >= 0; shift -= 4 {
		b = append(b, hexDigits[v>>shift&15])
	}
	return b
}
