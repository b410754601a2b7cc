package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"testing"
)

func TestAnIDIsTheBeginOfASHA256(t *testing.T) {
	var s Scratch
	for n := range 300 {
		part := bytes.Repeat([]byte{byte(n)}, n)
		want := sha256.Sum256(append(binary.AppendUvarint(nil, uint64(n)), part...))
		if got := HashID(&s, part); got != ID(want[:16]) {
			t.Fatalf("of %d bytes: %s, want %x", n, got, want[:16])
		}
	}
}

func BenchmarkHashID(b *testing.B) {
	var s Scratch
	dataset, id := []byte("aws.cloudtrail"), []byte("0d8f1c2e-5a8e-4c8b-9a43-1c5d7c1f0001")
	for b.Loop() {
		HashID(&s, dataset, id)
	}
}
