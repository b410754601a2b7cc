//go:build !amd64

package event

func escapeFast(dst, text []byte) (_ []byte, done int) { return escapeBlocks(dst, text) }
