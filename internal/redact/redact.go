package redact

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/burstwatch/burstwatch/internal/jsonscan"
)

// Marker stands where a secret stood. It needs no escaping anywhere.
const Marker = "REDACTED"

// Options are additions to what is a secret anyway.
type Options struct {
	// Keys are further names whose value is a secret, compared without regard
	// to case, '_', '-' and '.'.
	Keys []string `yaml:"keys" doc:"Further names (JSON keys, variables, flags) whose value is a secret; case, - and _ do not matter."`
	// Patterns are regular expressions (RE2) for further secrets in strings.
	// With a group, the first group is the secret, else the whole match. One
	// that has no five literal characters in it is tried on every string of
	// every record, which costs several times what all else does.
	Patterns []string `yaml:"patterns" doc:"Regular expressions (RE2) of further secrets in strings; the first group, if there is one, is what is redacted. One without five literal characters is tried on every string, which costs several times what all else does."`
}

// Validate returns every fault of the options at once.
func (o Options) Validate() error {
	var faults []error
	for i, key := range o.Keys {
		if len(normal(nil, []byte(key))) < 3 {
			faults = append(faults, fmt.Errorf("keys[%d]: a name needs three letters or digits at least, or everything would be redacted", i))
		}
	}
	for i, p := range o.Patterns {
		re, err := regexp.Compile(p)
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("patterns[%d]: %w", i, err))
		case re.MatchString(""):
			faults = append(faults, fmt.Errorf("patterns[%d]: it matches the empty text, so that everything would be redacted", i))
		case re.MatchString(Marker):
			faults = append(faults, fmt.Errorf("patterns[%d]: it matches %s, which stands where a secret stood", i, Marker))
		}
	}
	return errors.Join(faults...)
}

// Redactor finds and replaces secrets. It does not change once made and serves
// all goroutines at once.
type Redactor struct {
	filter   *filter
	sieve    *sieve          // nil where the processor has none
	ends     [256][]nameEnd  // what names of secrets end with, by their last byte
	keys     map[string]bool // normal forms of Options.Keys
	patterns []*regexp.Regexp
	// every is set where a pattern has no literal to look for first.
	every   bool
	walkers sync.Pool
}

// New makes a Redactor. It panics where o.Validate returns an error.
func New(o Options) *Redactor {
	if err := o.Validate(); err != nil {
		panic(fmt.Errorf("redact: %w", err))
	}
	r := &Redactor{ends: byLast(), keys: map[string]bool{}}
	all := needles()
	for _, key := range o.Keys {
		r.keys[string(normal(nil, []byte(key)))] = true
		all = append(all, keyNeedles(key)...)
	}
	for _, p := range o.Patterns {
		re := regexp.MustCompile(p)
		r.patterns = append(r.patterns, re)
		found := patternNeedles(p)
		r.every = r.every || len(found) == 0
		all = append(all, found...)
	}
	r.filter = newFilter(all)
	r.sieve = newSieve(r.filter)
	r.walkers.New = func() any { return &walker{} }
	return r
}

// JSON redacts one valid JSON value. out is record itself when nothing had to
// be; otherwise it is dst with the redacted record appended: valid JSON in which
// only secrets are replaced, by [Marker] (a number by the string), and every
// other byte is as it was. paths name what was redacted, as
// responseElements.credentials.sessionToken or items[2].value, each once, at
// most a hundred, and never hold a secret; they can hold anything else that an
// attacker wrote. They are the caller's.
func (r *Redactor) JSON(dst, record []byte) (out []byte, paths []string, changed bool) {
	return r.json(dst, record, passes)
}

// passes is how often a text is read. Where quotes do not match, what was taken
// out may show something that was hidden; a second reading then finds it, so
// that redacting what was redacted changes nothing.
const passes = 16

func (r *Redactor) json(dst, record []byte, left int) (out []byte, paths []string, changed bool) {
	if left == 0 || !r.every && !r.suspicious(record) {
		return record, nil, false
	}
	if !jsonscan.Valid(record) {
		out, changed = r.text(dst, record, left)
		return out, nil, changed
	}
	w, _ := r.walkers.Get().(*walker)
	defer r.walkers.Put(w)
	w.begin(r, record, 0)
	w.value(jsonscan.Space(record, 0), false)
	w.spans = merge(w.spans)
	if len(w.spans) == 0 {
		return record, nil, false
	}
	paths = slices.Clone(w.paths)
	out = replace(dst, record, w.spans)
	if again, more, changed := r.json(nil, out[len(dst):], left-1); changed {
		out = append(out[:len(dst)], again...)
		for _, p := range more {
			if !slices.Contains(paths, p) {
				paths = append(paths, p)
			}
		}
	}
	return out, paths, true
}

// Text redacts any bytes: a line of a log, JSON that is broken, a message of
// our own. out is text itself when nothing had to be, else dst with the
// redacted text appended.
func (r *Redactor) Text(dst, text []byte) (out []byte, changed bool) {
	return r.text(dst, text, passes)
}

func (r *Redactor) text(dst, text []byte, left int) (out []byte, changed bool) {
	if left == 0 || !r.every && !r.suspicious(text) {
		return text, false
	}
	spans := merge(r.loose(nil, text))
	if len(spans) == 0 {
		return text, false
	}
	out = replace(dst, text, spans)
	if again, changed := r.text(nil, out[len(dst):], left-1); changed {
		out = append(out[:len(dst)], again...)
	}
	return out, true
}

var standard = sync.OnceValue(func() *Redactor { return New(Options{}) })

// Default is the Redactor without additions. All callers share it.
func Default() *Redactor { return standard() }
