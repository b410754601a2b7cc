package rules

import (
	"bytes"
	"regexp"
)

// texts are the texts of a field that text predicates look at.
type texts struct {
	field int32
	cased bool
}

func (t texts) of(r *run) [][]byte {
	if t.cased {
		return r.raws(t.field)
	}
	return r.folds(t.field)
}

// same holds where a text is the literal, case and all.
type same struct {
	texts
	text []byte
}

func (s *same) holds(r *run) bool {
	for _, t := range s.of(r) {
		if bytes.Equal(t, s.text) {
			return true
		}
	}
	return false
}

// contains holds where a text contains the literal.
type contains struct {
	texts
	text []byte
}

func (c *contains) holds(r *run) bool {
	for _, t := range c.of(r) {
		if bytes.Contains(t, c.text) {
			return true
		}
	}
	return false
}

// begins holds where a text begins with the literal.
type begins struct {
	texts
	text []byte
}

func (b *begins) holds(r *run) bool {
	for _, t := range b.of(r) {
		if bytes.HasPrefix(t, b.text) {
			return true
		}
	}
	return false
}

// ends holds where a text ends with the literal.
type ends struct {
	texts
	text []byte
}

func (e *ends) holds(r *run) bool {
	for _, t := range e.of(r) {
		if bytes.HasSuffix(t, e.text) {
			return true
		}
	}
	return false
}

// fits holds where a text fits the pattern.
type fits struct {
	texts
	glob glob
}

func (f *fits) holds(r *run) bool {
	for _, t := range f.of(r) {
		if f.glob.match(t) {
			return true
		}
	}
	return false
}

// regex holds where the expression is found in a text. literal is what it
// cannot be found without, looked for first: that costs a hundredth.
type regex struct {
	texts   // those to look for literal in
	literal []byte
	re      *regexp.Regexp
}

func (x *regex) holds(r *run) bool {
	if len(x.literal) > 0 && !(&contains{x.texts, x.literal}).holds(r) {
		return false
	}
	for _, t := range r.raws(x.field) {
		if x.re.Match(t) {
			return true
		}
	}
	return false
}
