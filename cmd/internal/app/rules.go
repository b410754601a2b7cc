package app

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/internal/enrich"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/geo"
	"github.com/burstwatch/burstwatch/internal/inventory"
	"github.com/burstwatch/burstwatch/internal/redact"
	"github.com/burstwatch/burstwatch/parsers"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/egress"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// Files are what rules are compiled from.
type Files struct {
	// Rules are the specs of rules.Load, and config.Stateless.
	Rules []string
	// Studio is the studio file, "" if there is none.
	Studio string
	// GeoIP are the databases of locations.
	GeoIP geo.Options
	// Threats are the threat lists.
	Threats []string
	// Cases has the cases of the builtin rules read too. Who only judges needs none.
	Cases bool
}

// Ruleset is a compiled set with the documents that were refused.
type Ruleset struct {
	*rules.Set
	Refused []rules.Refusal
	// Known is what detectors and events know besides the logs.
	Known *enrich.Knowledge
	// Wrong are the lines of threat lists that are no entries.
	Wrong []error
	// Parsers are the log families whose events the set judges.
	Parsers []parsers.Spec
	// Since is when it began to judge, of a service.
	Since time.Time
}

// LeftOut is how many rules are loaded in vain because the set is stateless.
func (s *Ruleset) LeftOut() (n int) {
	for _, r := range s.Set.Rules() {
		if s.Stateless() && r.Stateful() {
			n++
		}
	}
	return n
}

// loader compiles sets for one running program: events that were parsed before
// a reload are judged after it, so that the schemas stay the same.
type loader struct {
	enricher *enrich.Enricher
	parsers  []parsers.Spec
	schemas  []event.Schema
}

func newLoader(r *redact.Redactor) *loader {
	specs := catalog.RedactedBy(r)
	e := enrich.New(catalog.SchemasOf(specs))
	l := &loader{enricher: e, parsers: catalog.Enrich(e, specs)}
	for _, p := range l.parsers {
		l.schemas = append(l.schemas, p.Schemas...)
	}
	return l
}

// Rules loads and compiles rules for every dataset there is, once. Beside an error
// the set has nothing but what was refused.
func Rules(f Files) (*Ruleset, error) { return newLoader(redact.Default()).load(f) }

// FileError is a fault of a file that the configuration names under a key.
type FileError struct {
	Key string
	Err error
}

// Error is the fault; it names the file.
func (e *FileError) Error() string { return e.Err.Error() }

// Unwrap returns the fault.
func (e *FileError) Unwrap() error { return e.Err }

// material is what a set is compiled from, read.
type material struct {
	studio  *inventory.Studio
	pack    *rules.Pack
	known   enrich.Knowledge
	threats *egress.Threats
	wrong   []error
}

// read reads everything, whatever is wrong with some of it, so that all faults
// are told at once: each is a FileError.
func read(f Files, specs []string) (m material, err error) {
	var errs []error
	fault := func(key string, err error) {
		if err != nil {
			errs = append(errs, &FileError{key, err})
		}
	}
	m.studio, m.known.Studio, err = config.LoadStudio(f.Studio)
	fault("studio", err)
	pack := packToJudge
	if f.Cases {
		pack = Pack
	}
	m.pack, err = pack(specs)
	fault("rules", err)
	m.known.Geo, err = geo.Open(f.GeoIP)
	fault("geoip", err)
	m.threats, m.wrong, err = egress.LoadThreats(f.Threats...)
	fault("threat_lists", err)
	return m, errors.Join(errs...)
}

// load reads everything that can fail before it changes what is known. Where it
// fails the set is of no use but for Refused and Wrong.
func (l *loader) load(f Files) (*Ruleset, error) {
	specs, stateless := splitSpecs(f.Rules)
	m, err := read(f, specs)
	ruleset := &Ruleset{Known: &m.known, Wrong: m.wrong, Parsers: slices.Clone(l.parsers)}
	if m.pack != nil {
		ruleset.Refused = m.pack.Refused
	}
	if err != nil {
		return ruleset, err
	}
	before := l.enricher.Swap(ruleset.Known)
	o := options(m.studio, ruleset.Known, m.threats)
	o.Stateless = stateless
	if ruleset.Set, err = rules.Compile(m.pack, l.schemas, o); err != nil {
		l.enricher.Swap(before)
		return ruleset, fmt.Errorf("compile the rules: %w", err)
	}
	ruleset.Refused = m.pack.Refused // compiling refuses some as well
	return ruleset, nil
}

// splitSpecs takes the word for stateless rules out of what names rules. Alone
// it is said of the builtin ones.
func splitSpecs(list []string) (specs []string, stateless bool) {
	specs = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == config.Stateless })
	if stateless = len(specs) < len(list); stateless && len(specs) == 0 {
		specs = []string{rules.Builtin}
	}
	return specs, stateless
}

// Pack loads rules. The headers of the detectors that are built into the program
// belong to the builtin pack.
func Pack(specs []string) (*rules.Pack, error) {
	specs, _ = splitSpecs(specs)
	pack, err := rules.Load(specs)
	return withDetectors(pack, err, specs, catalog.DetectorHeaders)
}

// packToJudge is Pack without the cases of what is built in.
func packToJudge(specs []string) (*rules.Pack, error) {
	pack, err := rules.LoadToJudge(specs)
	return withDetectors(pack, err, specs, catalog.DetectorsToJudge)
}

func withDetectors(pack *rules.Pack, err error, specs []string, headers func(*[]error) []*sigma.Rule) (*rules.Pack, error) {
	if err != nil || !slices.Contains(specs, rules.Builtin) {
		return pack, err
	}
	var errs []error
	for _, h := range headers(&errs) {
		if pack.Rule(h.ID) == nil {
			h.Spec = rules.Builtin
			pack.Rules = append(pack.Rules, h)
		}
	}
	return pack, errors.Join(errs...)
}

// options are what rules are compiled with.
func options(s *inventory.Studio, k *enrich.Knowledge, threats *egress.Threats) rules.Options {
	return rules.Options{Placeholders: s.Placeholder, Detector: catalog.NewDetectors(k, threats).Rule}
}

// TestRules runs the cases of rules. A case that brings a piece of a studio file
// or a threat list is judged as if that were what is configured.
func TestRules(pack *rules.Pack) []rules.CaseResult {
	l := newLoader(redact.Default())
	o := options(&inventory.Studio{}, nil, nil)
	o.Case = func(c *sigma.Case) (rules.Options, func(), error) {
		threats, err := egress.ListThreats(c.Threats)
		if err != nil {
			return rules.Options{}, nil, err
		}
		studio, index := &inventory.Studio{}, (*inventory.Index)(nil)
		if c.Studio != nil {
			if studio, index, err = config.ParseStudio("studio", c.Studio); err != nil {
				return rules.Options{}, nil, err
			}
		}
		known := &enrich.Knowledge{Studio: index}
		l.enricher.Swap(known)
		return options(studio, known, threats), func() { l.enricher.Swap(nil) }, nil
	}
	return rules.Test(pack, l.schemas, catalog.RecordParser(l.parsers), o)
}

// loadRules swaps in the configured rules. One that is refused costs itself
// alone, and is said; a service that would not start for it would watch nothing.
func (a *App) loadRules(c *config.Config) error {
	set, err := a.loader.load(Files{Rules: c.Rules, Studio: c.Studio, GeoIP: c.GeoIP, Threats: c.ThreatLists})
	if err != nil {
		return err
	}
	for _, r := range set.Refused {
		a.o.Log.Warn("rule refused", "rule", r.Error())
	}
	a.o.Log.Info("rules loaded", "rules", len(set.Set.Rules()), "refused", len(set.Refused), "idle", len(set.Idle()))
	for _, line := range set.Wrong {
		a.o.Log.Warn("a line of a threat list is left out", "error", line)
	}
	for _, gap := range set.Known.Gaps(a.o.Now()) {
		a.o.Log.Warn(gap)
	}
	set.Since = a.o.Now()
	if before := a.rules.Load(); before != nil {
		set.Since = before.Since
		set.Recall(before.Sights())
	}
	a.rules.Store(set)
	return nil
}
