// Package geo tells where addresses are and whose, by databases in MaxMind's
// format: a City or a Country database, and one of autonomous systems. Each is
// optional, and so is all of it: a nil *DB knows nothing.
//
// Such databases are wrong now and then, and two of them put one address into
// two towns. So every [Location] says how far from its coordinates the truth
// may be, and whoever compares locations takes that off.
//
// It imports nothing of ours. internal/enrich writes locations into events.
package geo
