// Package sigma reads Sigma documents, version 2.1 of the specification, into
// [Rule] values that a program can judge by and a person can have explained.
//
// The reader is strict: a key, modifier, type or combination that it does not
// know is a [Fault] with file, line and column, every fault of a document is
// reported at once, and a document with a fault is refused as a whole. A rule
// that is half understood would be worse than none: it would look like cover.
//
// What a detection means is an [Expr]: and, or, not over the [Item] values of
// its search identifiers. Package rules compiles expressions; nothing here
// looks at an event.
//
// The specification is that of github.com/SigmaHQ/sigma-specification; where
// it leaves something open, the comment at that place says what we chose.
//
// The package imports internal/event for the names of ECS fields in message
// templates, and nothing else of ours.
package sigma
