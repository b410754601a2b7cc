package rules

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// bases are plain records, one a dataset, over which the cases of rules are
// laid, so that a case says only what matters to it.
//
//go:embed base
var bases embed.FS

// ParseFunc turns one native record of a dataset into events. The caller of
// Test gives it, because rules know no parser. Events may share memory with
// native and with each other; they are used before the next call.
type ParseFunc func(native []byte, dataset string) ([]*event.Event, error)

// CaseResult is how one case came out.
type CaseResult struct {
	Rule *sigma.Rule
	Case *sigma.Case
	// Passed is set where the rule did what the case says.
	Passed bool
	// Reason says what went wrong.
	Reason string
	// Message is what the alert said, where there was one.
	Message string
}

// Test runs the cases of every rule of the pack. A rule without cases has no
// results.
func Test(p *Pack, schemas []event.Schema, parse ParseFunc, o Options) []CaseResult {
	var out []CaseResult
	for _, r := range p.Rules {
		for i := range r.Header.Cases {
			c := &r.Header.Cases[i]
			res := CaseResult{Rule: r, Case: c}
			var err error
			if res.Message, err = runWith(r, c, schemas, parse, o); err != nil {
				res.Reason = err.Error()
			}
			res.Passed = err == nil
			out = append(out, res)
		}
	}
	return out
}

// runWith runs a case with the studio and the threat list that it brings.
func runWith(r *sigma.Rule, c *sigma.Case, schemas []event.Schema, parse ParseFunc, o Options) (message string, err error) {
	if c.Studio != nil || c.Threats != nil {
		if o.Case == nil {
			return "", errors.New("no studio file or threat list can be read here")
		}
		with, done, err := o.Case(c)
		if err != nil {
			return "", err
		}
		defer done()
		o = with
	}
	if r.Stateful() {
		return runStateful(r, c, schemas, parse, o)
	}
	return runCase(r, c, schemas, parse, o)
}

// runCase judges the case's record by its rule alone.
func runCase(r *sigma.Rule, c *sigma.Case, schemas []event.Schema, parse ParseFunc, o Options) (message string, err error) {
	dataset := datasetOf(r, c, schemas)
	set, err := Compile(&Pack{Rules: []*sigma.Rule{r}}, schemas, o.with(c.With))
	if err != nil {
		return "", err
	}
	for _, idle := range set.Idle() {
		if !idle.Partly {
			return "", errors.New("the rule is idle: " + idle.Reason)
		}
	}
	native, err := Native(dataset, c)
	if err != nil {
		return "", err
	}
	events, err := parse(native, dataset)
	if err != nil {
		return "", fmt.Errorf("the record cannot be read as %s: %w", dataset, err)
	}
	return judgeCase(set.Judge(), c, events)
}

// datasetOf is what a case's record is read as: what the case says, or the first
// dataset of the rule's log sources that somebody reads.
func datasetOf(r *sigma.Rule, c *sigma.Case, schemas []event.Schema) string {
	if c.Dataset != "" {
		return c.Dataset
	}
	var known []string
	for _, l := range r.Sources() {
		known = append(known, Datasets(l)...)
	}
	if len(known) == 0 && r.LogSource.Product == "aws" { // a detector of all logs of AWS
		known = []string{"aws.cloudtrail"}
	}
	for _, name := range known {
		if slices.ContainsFunc(schemas, func(s event.Schema) bool { return s.Dataset() == name }) {
			return name
		}
	}
	return strings.Join(known[:min(1, len(known))], "")
}

func judgeCase(j *Judge, c *sigma.Case, events []*event.Event) (message string, err error) {
	if len(events) != 1 {
		return "", fmt.Errorf("the record was read as %d events, not one", len(events))
	}
	var s event.Scratch
	matched := j.Event(events[0], &s)
	if len(matched) == 0 {
		matched = j.Based() // a rule that is there for correlations only
	}
	if len(matched) > 0 {
		message = messageOf(j.Sample(nil, events[0], matched[0]))
	}
	switch {
	case len(matched) == 0 && c.Match:
		return "", errors.New("the rule does not match, and should")
	case len(matched) > 0 && !c.Match:
		return message, errors.New("the rule matches, and should not")
	case c.Match && c.Message != "" && c.Message != message:
		return message, fmt.Errorf("the alert says %q, not %q", message, c.Message)
	}
	return message, nil
}

// messageOf is the message in a sample.
func messageOf(sample []byte) string {
	for _, f := range appendKept(nil, sample) {
		if f.Key == event.KeyMessage {
			return string(f.Value.Bytes)
		}
	}
	return ""
}

// with adds values of placeholders.
func (o Options) with(values map[string][]string) Options {
	outer := o.Placeholders
	o.Placeholders = func(name string) ([]string, bool) {
		if v, ok := values[name]; ok {
			return v, true
		}
		if outer == nil {
			return nil, false
		}
		return outer(name)
	}
	return o
}

// Native is the record of a case as its log has it.
func Native(dataset string, c *sigma.Case) ([]byte, error) {
	if !c.Object {
		return c.Record, nil
	}
	return overBase(dataset, c.Record, nil)
}

// overBase lays a record over a plain record of the dataset. change, if not nil,
// has the last word; own tells whether the record had a key itself.
func overBase(dataset string, record []byte, change func(whole map[string]any, own func(key string) bool)) ([]byte, error) {
	over, err := decode(record)
	if err != nil {
		return nil, err
	}
	own, _ := over.(map[string]any)
	base, err := fs.ReadFile(bases, "base/"+dataset+".json")
	if err == nil {
		under, err := decode(base)
		if err != nil {
			return nil, err
		}
		over = overlay(under, over)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if whole, ok := over.(map[string]any); ok && change != nil {
		change(whole, func(key string) bool { _, ok := own[key]; return ok })
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(over); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

func decode(b []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return v, d.Decode(&v)
}

// overlay lays over onto under, objects key by key. A userIdentity of another
// type replaces the one below: its keys would contradict each other.
func overlay(under, over any) any {
	u, ok1 := under.(map[string]any)
	o, ok2 := over.(map[string]any)
	if !ok1 || !ok2 || o["type"] != nil && u["type"] != nil && o["type"] != u["type"] {
		return over
	}
	for k, v := range o {
		u[k] = overlay(u[k], v)
	}
	return u
}
