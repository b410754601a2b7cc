package vpcflow

import (
	"bytes"
	"crypto/sha256"
	"unicode/utf8"

	"github.com/burstwatch/burstwatch/internal/event"
)

// repair replaces what is not UTF-8 in *line, if there is any, and says so. The
// batch owns the new line.
func repair(line *[]byte, b *event.Batch) *event.Damage {
	if utf8.Valid(*line) {
		return nil
	}
	d := &event.Damage{SHA256: sha256.Sum256(*line), Repaired: true}
	fixed := bytes.ToValidUTF8(*line, []byte("\uFFFD"))
	*line = append(b.Alloc(len(fixed)), fixed...)
	return d
}
