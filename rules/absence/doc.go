// Package absence finds what should have come and did not: a session without
// its transcript (4.1), a render worker that launched and sends nothing (10.11),
// jobs whose log group stayed silent (6.7), and a log that stopped (8.1).
//
// The first three are promises: something begins, and something must follow
// within a time. promise.go judges them all; sessions.go, workers.go and jobs.go
// say what begins and what follows. silence.go is the fourth.
//
// None of them reads a clock. What is missing is missing once the logs concerned
// are complete through the moment at which it was due: the watermark of the
// window. A source that is idle and says so is silent; one that is broken says
// nothing, and the rules wait or go on without it, which whoever runs them
// reports. Where the logs have ended altogether, as in a scan, only what was due
// before the last of them is judged.
//
// What never came at all, for a week, is no finding of this kind: either nobody
// gave Burstwatch that log, or the studio does not have it. One case a day says
// so, as information.
//
// The package implements rules/detect. It imports internal/event, rules/detect
// and rules/sigma.
package absence
