package cloudtrail

import (
	"crypto/sha256"
	"unicode/utf8"

	"github.com/burstwatch/burstwatch/internal/event"
)

// damaged notes what a record was before invalid UTF-8 in it is replaced.
func damaged(record []byte) *event.Damage {
	return &event.Damage{SHA256: sha256.Sum256(record), Repaired: true}
}

// repaired appends record with U+FFFD for each byte that is not UTF-8, as
// encoding/json reads it. Such bytes can stand only inside strings: anywhere
// else the scan has found them to be no JSON.
func repaired(dst, record []byte) []byte {
	for i := 0; i < len(record); {
		r, n := utf8.DecodeRune(record[i:])
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst
}
