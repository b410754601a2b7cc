// Package rules is the third stage: it judges events. Rules are Sigma
// documents; all of them are compiled together into one [Set], indexed on what
// most of them pin, so that eight hundred cost about what fifty do.
//
// rules/sigma reads Sigma documents; rules/builtin holds our own pack. The
// stage knows only internal/: it reads events through event.Schema, never
// through a parser.
package rules
