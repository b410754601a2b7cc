// Package redact takes secrets out of records and texts before anything is
// written: events, alerts, quarantine, spool and our own log.
//
// A secret is known by the name that stands beside it (a JSON key, a variable,
// a flag, a header), by its own form (an AWS session token, a private key, a
// JWT) or by the command that it is given to (mysql -p…, curl -u …). names.go,
// forms.go and commands.go hold one each. What cannot be known is a secret
// without any of the three: a password typed alone on a line, the later lines
// of a private key that is cut into several records, what was encrypted or
// compressed first.
//
// Nearly all records hold no secret, so the work is done in three steps, each
// more costly and more seldom: a filter that looks at every third byte for
// pieces of the words that a secret cannot do without (filter.go, needles.go),
// or where the processor can, a sieve for 64 places at once (sieve.go); a glance
// around each hit (suspect.go); and an exact reading, which for JSON walks the
// values, unescapes strings, and goes into JSON and base64 inside of strings
// (json.go, text.go). The first two only save time: that they never hide what
// the third would find is proved by fuzzing with and without them.
//
// It imports internal/jsonscan. Schemas, pipeline and the program's log ([Log]) call it.
package redact
