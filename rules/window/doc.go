// Package window is the one owner of what rules remember. It keeps the notes of
// stateful rules (rules/detect) as sets, asks the rules again for every stretch
// of event time that changed, and makes of what they answer, and of the matches
// of all other rules, cases with revisions.
//
//	engine, err := window.Open(store, set, window.Options{})
//	worker := engine.Worker()                // one for each goroutine that reads
//	found := worker.Batch(batch)             // nil: nothing to remember
//	err = engine.Commit(found…, frontiers…)  // one goroutine; durable when it returns
//	alerts, err := engine.Pending(0, 100)    // to be delivered, then
//	err = engine.Drop(seqs)                  // when every sink has them
//
// How a case is counted exactly once. An event that matched is remembered by
// its delivery id and the rules that it matched, for some days (seen.go): a
// repeat, by whatever way, adds nothing. A note is a member of a set: a repeat
// is the same member. Sums, which are neither, are added once for each stretch
// of an origin (cover.go).
//
// When a case is told. A case that is new, and every change of what a stateful
// rule found, at the commit that brought it, and a second later where commits
// follow each other more quickly (Options.Pace). A case of a rule that needs one
// event alone when its count has doubled since it was last told, and at latest
// ten seconds after a change (Options.Revise). So a loop of a thousand denials
// is ten revisions, not a thousand, and the last one is exact. Of a set that is
// stateless (rules.Options) each match is a case by itself, told once.
//
// In a scan (Options.AtEnd) all is told at the end, and nothing need be durable:
// notes are piled up in memory (pile.go), with the events as they were read, and
// what an alert says of an event is derived when a case shows it (whole.go). What
// is too much for memory goes to the store.
//
// Time. A rule's watermark is the least frontier of the logs that it observes,
// less Options.Lateness. A bucket that lies behind it is closed: its cases are
// final and its notes are removed. Nothing here reads a clock but to stamp
// revisions and to pace them.
//
// It imports internal/, rules, rules/detect and rules/sigma. The pipeline and
// scan run it.
package window
