// Package jsonscan reads JSON where it lies: it checks bytes, finds where
// values begin and end, and allocates nothing.
//
// Its grammar is that of encoding/json, proved by fuzzing one against the other,
// with two differences that the hot path needs: a value that ends with the
// window is told apart from a broken one ([More]), and invalid UTF-8 inside a
// string is let through, because whoever owns the record repairs it ([ASCII]
// tells cheaply that there is nothing to repair).
//
// [Skip] is the one pass over untrusted bytes. Iterators ([Object], [Array])
// and compiled [Path]s read bytes that Skip has passed. Parsers of JSON logs and
// the redaction call it; it imports internal/event for the values that it makes.
package jsonscan
