package parsers

import (
	"crypto/sha256"
	"unicode/utf8"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Repair returns record with U+FFFD for each byte that is not UTF-8, in memory
// of the batch, and a note of what it was; record itself and nil where there is
// nothing to repair.
func Repair(record []byte, b *event.Batch) ([]byte, *event.Damage) {
	if utf8.Valid(record) {
		return record, nil
	}
	damage := &event.Damage{SHA256: sha256.Sum256(record), Repaired: true}
	out := b.Alloc(len(record) + 2*invalid(record))
	for i := 0; i < len(record); {
		r, n := utf8.DecodeRune(record[i:])
		out = utf8.AppendRune(out, r)
		i += n
	}
	return out, damage
}

// invalid counts the bytes that are not UTF-8.
func invalid(b []byte) (count int) {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			count++
		}
		i += n
	}
	return count
}
