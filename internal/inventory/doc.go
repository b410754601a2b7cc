// Package inventory is what a studio knows of itself and logs do not say: which
// account belongs to which production, which addresses are whose, what a key is
// for.
//
// The studio file is read into a [Studio]; every part of it is optional.
// [Compile] checks all of it and makes an [Index], which is never changed and
// serves all workers at once. A nil *Index is a studio of which nothing is
// known: every question may be put to it.
//
// It imports nothing of ours. cmd/internal/config reads the file, internal/enrich
// writes what is known into events, and detectors ask the Index itself.
package inventory
