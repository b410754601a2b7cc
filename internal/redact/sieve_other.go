//go:build !amd64

package redact

const canSift = false

func sift(*byte, int, *[window][2][64]byte) (at int, hits uint64) { panic("redact: no sieve") }
