package event

// Recurring is implemented by a [Schema] in whose records one part comes again
// and again: in CloudTrail, who calls, from where and with what. What is read of
// that part alone can be remembered from one event to another by its hash.
type Recurring interface {
	// Recurring is a hash of the part. Equal parts have equal hashes; others have
	// not, but for one in 2^64. It is seeded anew in each process, so that nobody
	// who writes logs can make two meet.
	Recurring(ev *Event) uint64
	// Recurs reports whether a field is read of the part alone.
	Recurs(name string) bool
}

// Recurring is r.Recurring of ev, found out once until Reset.
func (s *Scratch) Recurring(r Recurring, ev *Event) uint64 {
	if s.part.of != ev || s.part.round != s.round {
		s.part.of, s.part.round, s.part.hash = ev, s.round, r.Recurring(ev)
	}
	return s.part.hash
}

// part is what Scratch remembers of the event at hand.
type part struct {
	of    *Event
	round uint64
	hash  uint64
}
