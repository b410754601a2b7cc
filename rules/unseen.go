package rules

import (
	"slices"
	"sync/atomic"

	"github.com/burstwatch/burstwatch/rules/sigma"
)

// sight is what was seen of one dataset by all judges of a set. It is written
// when something is seen for the first time, which costs next to nothing.
type sight struct {
	met   *atomic.Bool // a record of the dataset was judged
	known []atomic.Uint32
}

// What is known of a field: it was never asked for, it was and no record had it,
// or one had it.
const (
	fieldAsked  = 1
	fieldFilled = 2
)

func newSight(fields int) sight {
	return sight{met: new(atomic.Bool), known: make([]atomic.Uint32, fields)}
}

// saw notes that a field was asked for, and whether the record has it.
func (r *run) saw(f int32, filled bool) {
	now := uint32(fieldAsked)
	if filled {
		now = fieldFilled
	}
	if now > r.seenOf[f] {
		r.seenOf[f] = now
		r.note(f, filled)
	}
}

// note raises what is known of a field.
func (x *sight) note(f int32, filled bool) {
	now := uint32(fieldAsked)
	if filled {
		now = fieldFilled
	}
	for known := x.known[f].Load(); now > known && !x.known[f].CompareAndSwap(known, now); {
		known = x.known[f].Load()
	}
}

// Unseen is a rule that could not match in all that was judged since the set was
// made, and why: its silence is no answer.
type Unseen struct {
	Rule *Rule
	// Logs are what it judges, where no record of it was read.
	Logs []string
	// Fields are those that it needs and that no record had.
	Fields []string
	// Reason says so, for a person.
	Reason string
}

// Unseen are the rules whose logs, or whose fields, were in nothing that was
// judged. Left out are rules that are idle anyway, and those that are there for
// correlations only: the correlation is named. It may be called while judges
// work.
func (s *Set) Unseen() []Unseen {
	idle, found := map[*Rule]bool{}, map[*Rule]Unseen{}
	for _, i := range s.idle {
		idle[i.Rule] = !i.Partly
	}
	by := map[string]*program{}
	for schema, p := range s.programs {
		by[schema.Dataset()] = p
	}
	for _, r := range s.rules {
		if idle[r] {
			continue
		}
		if u, ok := r.unseen(by); ok {
			found[r] = u
		}
	}
	for i := range s.stateful {
		s.stateful[i].inheritUnseen(found)
	}
	var out []Unseen
	for _, r := range s.rules {
		if u, ok := found[r]; ok && !r.Silent {
			out = append(out, u)
		}
	}
	return out
}

func (r *Rule) unseen(by map[string]*program) (Unseen, bool) {
	var fields []string
	met, blind := 0, 0
	for _, name := range r.Datasets {
		p := by[name]
		if p == nil || !p.met.Load() {
			continue
		}
		met++
		if r.resolved == nil {
			continue
		}
		x := blindness{program: p}
		if !x.possible(r.resolved) {
			blind++
			fields = append(fields, x.fields...)
		}
	}
	slices.Sort(fields)
	fields = slices.Compact(fields)
	switch {
	case len(r.Datasets) == 0:
		return Unseen{}, false
	case met == 0:
		logs := r.logs()
		return Unseen{Rule: r, Logs: logs, Reason: "nothing was read of its logs (" + listed(logs) + ")"}, true
	case blind == met && len(fields) > 0:
		return Unseen{Rule: r, Fields: fields, Reason: "no record had its field " + listed(fields)}, true
	}
	return Unseen{}, false
}

// logs are what a person must give for the rule to judge: the dataset that its log
// source means first, though it may come inside of others, or all that it reads.
func (r *Rule) logs() []string {
	if means := Datasets(r.LogSource); len(means) > 0 {
		return means[:1]
	}
	return r.Datasets
}

// inheritUnseen names a correlation of whose rules none can match.
func (x *Stateful) inheritUnseen(found map[*Rule]Unseen) {
	for i, b := range x.Bases {
		u, ok := found[b]
		if _, named := found[x.Rule]; !ok || named {
			return
		}
		if i == len(x.Bases)-1 {
			u.Rule, u.Reason = x.Rule, "it rests on "+b.Title+": "+u.Reason
			found[x.Rule] = u
		}
	}
}

// blindness tells whether a condition could hold, by the fields that records had.
// A field that nobody has asked for, because what stands before it never held,
// says nothing.
type blindness struct {
	*program
	fields []string // that the condition lacks
}

func (b *blindness) possible(x sigma.Expr) bool {
	switch x := x.(type) {
	case sigma.And:
		ok := true
		for _, part := range x {
			ok = b.possible(part) && ok
		}
		return ok
	case sigma.Or:
		ok := false
		for _, part := range x {
			ok = b.possible(part) || ok
		}
		return ok
	case *sigma.Of:
		n := 0
		for _, part := range x.Searches {
			if b.possible(part) {
				n++
			}
		}
		return n >= x.N && (x.N > 0 || n == len(x.Searches))
	case *sigma.Search:
		return b.possible(x.X)
	case *sigma.Item:
		return b.item(x)
	}
	return true // what must not hold
}

func (b *blindness) item(it *sigma.Item) bool {
	if it.Field == "" || !it.Differs && wantsNothing(it) {
		return true
	}
	for i := range b.program.fields {
		if b.program.fields[i].name == it.Field {
			if b.sight.known[i].Load() == fieldAsked {
				b.fields = append(b.fields, it.Field)
				return false
			}
			return true
		}
	}
	return false // no record can have it: the rule is idle for that, or partly
}

// wantsNothing reports whether an item may hold where the field is not there.
func wantsNothing(it *sigma.Item) bool {
	for _, list := range it.Matchers {
		for i := range list {
			if m := &list[i]; m.Kind == sigma.MatchNull || m.Kind == sigma.MatchExists && !m.Bool {
				return true
			}
		}
	}
	return false
}
