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

// Calling is implemented by a [Recurring] schema that can tell who calls from the
// rest: there are far fewer callers than callers from somewhere with something.
type Calling interface {
	Recurring
	// Caller is a hash, as Recurring's, of the part that tells who calls; 0 of an
	// event that may tell of that elsewhere too.
	Caller(ev *Event) uint64
}

// Caller is a hash of who calls, if the event's schema tells; else, as Recurring
// does, of all that recurs.
func (s *Scratch) Caller(r Recurring, ev *Event) uint64 {
	if c, ok := r.(Calling); ok {
		if h := c.Caller(ev); h != 0 {
			return h
		}
	}
	return s.Recurring(r, ev)
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

// Parts is what somebody remembers of the parts that recur, each by its hash. What
// comes later takes the place of what was there, so it only saves time, and whoever
// writes logs cannot make it grow. It belongs to one worker.
type Parts[V any] struct{ slots []partSlot[V] }

type partSlot[V any] struct {
	hash  uint64
	known bool
	value V
}

// NewParts makes room for so many parts, a power of two.
func NewParts[V any](size int) Parts[V] { return Parts[V]{make([]partSlot[V], size)} }

// At is where the value of a part lies, until the next call. Where it is not known
// yet, what is there is another's or nothing, and the caller writes it.
func (p *Parts[V]) At(hash uint64) (value *V, known bool) {
	s := &p.slots[hash&uint64(len(p.slots)-1)]
	known = s.known && s.hash == hash
	s.hash, s.known = hash, true
	return &s.value, known
}
