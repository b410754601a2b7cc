// Package rules is the third stage: it judges events. Rules are Sigma
// documents; all of them are compiled together into one [Set], indexed on what
// most of them pin, so that eight hundred cost about what fifty do.
//
//	pack, err := rules.Load([]string{"builtin", "/etc/burstwatch/rules"})
//	set, err := rules.Compile(pack, schemas, rules.Options{})
//	judge := set.Judge()            // one for each worker
//	matched := judge.Event(ev, s)   // which rules match
//
// What matched is counted into cases, and told, by rules/window: there matches
// of one rule and subject within a day are one case.
//
// Rules that need more than one event implement rules/detect. They come in by
// Options.Stateful, whoever made them (correlations of the pack, detectors in
// Go), and rules/window runs what Set.Stateful then has.
//
// rules/sigma reads Sigma documents; rules/builtin holds our own pack. The
// stage knows only internal/: it reads events through event.Schema, never
// through a parser.
//
// How a match is found. Every field that a rule names is read at most once for
// an event, and remembered with its text in lower case. Texts that rules
// compare for equality are looked up once in a table of the field, and from
// there on are small numbers. A rule that can match only where some field has
// one of a few values (most pin eventName) is filed under these numbers and not
// looked at for other events. Conditions that several rules share are judged
// once. Nothing is allocated for an event.
package rules
