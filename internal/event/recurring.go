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

// Part is a part of what recurs.
type Part uint8

// What a field may be read of.
const (
	Whole   Part = iota // all that recurs
	Caller              // who calls
	Address             // from where
	Agent               // with what
	PartCount
)

// Parted is implemented by a [Recurring] schema that can tell the parts of what
// recurs: there are far fewer callers than callers from somewhere with something.
type Parted interface {
	Recurring
	// PartOf is the part that a field which recurs is read of, Whole where it is
	// read of several.
	PartOf(name string) Part
	// Part is a hash, as Recurring's, of one of the parts; 0 of an event that may
	// tell of it elsewhere too.
	Part(ev *Event, p Part) uint64
}

// Part is a hash of a part of ev, if the event's schema tells; else, as Recurring
// does, of all that recurs.
func (s *Scratch) Part(r Recurring, ev *Event, p Part) uint64 {
	if parted, ok := r.(Parted); ok && p != Whole {
		if h := parted.Part(ev, p); h != 0 {
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
