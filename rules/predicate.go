package rules

// predicate is a condition ready to be judged.
type predicate interface{ holds(*run) bool }

type (
	constant bool
	all      []predicate
	some     []predicate
	negation struct{ x predicate }
	// count holds where at least n hold.
	count struct {
		n  int
		of []predicate
	}
	// remembered judges a shared condition once for an event.
	remembered struct {
		x    predicate
		slot int32
	}
)

func (c constant) holds(*run) bool { return bool(c) }

func (a all) holds(r *run) bool {
	for _, p := range a {
		if !p.holds(r) {
			return false
		}
	}
	return true
}

func (s some) holds(r *run) bool {
	for _, p := range s {
		if p.holds(r) {
			return true
		}
	}
	return false
}

func (n *negation) holds(r *run) bool { return !n.x.holds(r) }

func (c *count) holds(r *run) bool {
	n := c.n
	for _, p := range c.of {
		if p.holds(r) {
			if n--; n == 0 {
				return true
			}
		}
	}
	return false
}

func (m *remembered) holds(r *run) bool {
	if known := r.memo[m.slot]; known>>1 == r.gen {
		return known&1 == 1
	}
	yes := m.x.holds(r)
	known := r.gen << 1
	if yes {
		known |= 1
	}
	r.memo[m.slot] = known
	return yes
}

// equals holds where one of the field's texts is one of the literals.
type equals struct {
	field int32
	id    int32   // the only literal,
	ids   []int32 // or the literals, ascending
}

func (e *equals) holds(r *run) bool {
	for _, id := range r.literals(e.field) {
		if id == e.id {
			return true
		}
		for _, x := range e.ids {
			if id == x {
				return true
			}
		}
	}
	return false
}

// present holds where the field is there and not null. It serves |exists too:
// the specification would have a null exist, but the logs that we read write
// null for what is not there, and rules for them count on it.
type present struct{ field int32 }

func (p *present) holds(r *run) bool { return r.load(p.field).filled }
