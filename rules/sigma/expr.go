package sigma

import (
	"net/netip"
	"regexp"
)

// Expr is a condition that one event meets or not: [And], [Or], [*Not],
// [*Of], [*Search] or [*Item].
type Expr interface{ expr() }

// And holds where all of its parts do.
type And []Expr

// Or holds where one of its parts does.
type Or []Expr

// Not holds where its part does not.
type Not struct{ X Expr }

// Of holds where at least N of the searches do; N 0 means all of them.
type Of struct {
	N int
	// Pattern is the selector as written: selection_*, them.
	Pattern  string
	Searches []*Search
}

// Search is a named part of a detection, a search identifier.
type Search struct {
	Name         string
	X            Expr
	Line, Column int
}

// Item is one field, or the whole event, held against values.
type Item struct {
	// Field is the field's name, "" for keywords: any text of the event.
	Field string
	// Modifiers are as written, in order.
	Modifiers []string
	// Values are as written, for explanations and for placeholders.
	Values []Scalar
	// Matchers are what each value means once modifiers are applied: usually
	// one matcher, but a modifier may make several of one value. A value
	// matches where one of its matchers does; the item where one of its values
	// does, or every one if All is set.
	Matchers [][]Matcher
	All      bool
	// Differs turns the item round for the modifier neq: it holds where the
	// field is there (and not null) and would not match.
	Differs bool
	// Placeholders are the names that the modifier expand waits for. Until
	// they are known the item has no matchers.
	Placeholders []string
	Line, Column int
}

func (And) expr()     {}
func (Or) expr()      {}
func (*Not) expr()    {}
func (*Of) expr()     {}
func (*Search) expr() {}
func (*Item) expr()   {}

// Scalar is one value as the document has it.
type Scalar struct {
	// Text is the value as written, quotes taken off.
	Text         string
	Kind         ScalarKind
	Line, Column int
}

// ScalarKind is the type of a [Scalar].
type ScalarKind uint8

// The kinds of scalar.
const (
	TextScalar ScalarKind = iota
	NumberScalar
	BoolScalar
	NullScalar
)

// MatcherKind says how a [Matcher] looks at a field.
type MatcherKind uint8

// The kinds of matcher. Of a field with several values, one that matches is
// enough, except for MatchNull and MatchExists, which look at all of them.
const (
	// MatchPattern: the value's text fits Pattern. Numbers and booleans have
	// the text that JSON gives them; an object has its JSON text.
	MatchPattern MatcherKind = iota
	// MatchNumber: the value is a number, or text that is one, and stands to
	// Number as Compare says.
	MatchNumber
	// MatchNull: the field is absent, or null.
	MatchNull
	// MatchExists: the field is there and not null if Bool is true; is not if it
	// is false.
	MatchExists
	// MatchRegex: Regex finds a match in the value's text.
	MatchRegex
	// MatchCIDR: the value is an address of the network Prefix.
	MatchCIDR
	// MatchField: the value's text stands to that of a value of the field
	// Field as Relation says.
	MatchField
	// MatchTime: the value is a time, and its Part stands to Number as
	// Compare says. Times are taken in UTC.
	MatchTime
)

// Comparison is how two numbers stand to each other.
type Comparison uint8

// The comparisons.
const (
	Equal Comparison = iota
	Less
	LessEqual
	Greater
	GreaterEqual
)

// Relation is how two texts stand to each other.
type Relation uint8

// The relations, of the event's value to that of the other field.
const (
	Same Relation = iota
	Contains
	StartsWith
	EndsWith
)

// TimePart is a number taken from a time.
type TimePart uint8

// The parts of a time. Weeks are those of ISO 8601, 1 to 53.
const (
	Minute TimePart = iota
	Hour
	Day
	Week
	Month
	Year
)

// Matcher is one value with all modifiers applied.
type Matcher struct {
	Kind MatcherKind
	// Cased compares exactly; otherwise letters that differ in case alone
	// (Unicode simple folding) are the same.
	Cased    bool
	Bool     bool
	Compare  Comparison
	Relation Relation
	Part     TimePart
	Number   float64
	Pattern  Pattern
	Regex    *regexp.Regexp
	Prefix   netip.Prefix
	Field    string
}

// Walk calls visit for every item below x, searches that are used twice twice.
func Walk(x Expr, visit func(*Item)) {
	switch x := x.(type) {
	case And:
		for _, y := range x {
			Walk(y, visit)
		}
	case Or:
		for _, y := range x {
			Walk(y, visit)
		}
	case *Not:
		Walk(x.X, visit)
	case *Of:
		for _, y := range x.Searches {
			Walk(y, visit)
		}
	case *Search:
		Walk(x.X, visit)
	case *Item:
		visit(x)
	}
}
