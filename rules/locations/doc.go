// Package locations finds people who are in two places at once, and keys that
// are used from two networks at once: control 1.3.
//
// [Concurrent] looks at each human, not at each role or key. An observer notes
// where and when somebody was seen, a note for five minutes, address, session
// and device. Judging lays these sightings side by side in event time: each is
// held against the last one at every other place, so that a late record is
// compared with both its neighbours, and a quiet session does not hide a
// contradiction between two others. Places contradict each other where the way
// between them, less the error of the database that located them, cannot be
// travelled in the time between, or where both are live at once.
//
// [SharedKey] looks at each temporary access key, whoever holds it: render
// nodes and functions have them too.
//
// What is ruled out, and how, stands in the header of each rule and in
// pair.go. Without a database of addresses, or without the studio file, the
// rules find less and their cases say what they were judged by.
//
// The package implements rules/detect. It imports internal/event, rules/detect
// and rules/sigma; where addresses are is asked through [World], which cmd
// fills with the studio's sites and the database.
package locations
