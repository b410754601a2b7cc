// Package floors holds the house to its laws: who may import whom, what a
// package must say at its door, and what no file may hold. It is tests only.
//
// The linter holds some of the same laws. They stand here too because
// `go test ./...` runs everywhere, with nothing but Go. Each law is tried on
// small trees that break it, under testdata, as well as on the real one.
//
// It imports nothing of ours, and nothing imports it.
package floors
