package sigma

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Header is what a rule says to Burstwatch beyond Sigma, under the top-level
// key "burstwatch". A rule without one works; its alerts say less.
type Header struct {
	// Controls are numbers of the studio security checklist, such as 8.1.
	Controls []string
	// Message is what an alert says; nil for a message made of the title.
	Message Template
	// Do are the next steps of the person who reads the alert, as the rule has
	// them; Steps are the same with places for fields.
	Do    []string
	Steps []Template
	// Needs are keys of the studio file without which the rule finds less.
	Needs []string
	// Optional are placeholders that only rule out false alerts: where the
	// studio file gives them no values, what waits for them holds for no event
	// and the rule judges on.
	Optional []string
	// Cases are the rule's own tests.
	Cases []Case
}

// Case is one record, and whether the rule matches it.
type Case struct {
	Name string
	// Match says whether the rule must match.
	Match bool
	// Dataset is that of the record; "" for the first of the rule's log source.
	Dataset string
	// Record is the record as its log has it: text for a log of lines, or a
	// JSON object that is laid over a plain record of the dataset.
	Record []byte
	// Object is set where Record is a JSON object.
	Object bool
	// Message is what the alert must say; "" for not compared.
	Message string
	// Because says, where the record is one that looks like a match and is none,
	// how it is told apart; "" for a plain near miss. The reference pages list
	// what a rule rules out by these.
	Because string
	// With are values of placeholders, as a studio file would give them.
	With map[string][]string
	Line int
}

var headerKeys = []string{"control", "message", "do", "needs", "optional", "cases"}

var controlForm = regexp.MustCompile(`^([1-9]|10)\.([1-9]|1[0-9])$`)

func (r *reader) header(n *yaml.Node) Header {
	var h Header
	for _, p := range r.mapping(n, "burstwatch") {
		switch p.name {
		case "control":
			for i, c := range r.texts(p.value, "control") {
				if c != "" && !controlForm.MatchString(c) {
					r.fault(p.value.Content[i], "control %s is not a number of the checklist, 1.1 to 10.11", quote(c))
				}
				h.Controls = append(h.Controls, c)
			}
		case "message":
			var reason string
			if h.Message, reason = ParseTemplate(r.text(p.value, "message", 1024)); reason != "" {
				r.fault(p.value, "message: %s", reason)
			}
		case "do":
			h.Do = r.texts(p.value, "do")
			for _, do := range h.Do {
				t, reason := ParseTemplate(do)
				if reason != "" {
					r.fault(p.value, "do: %s", reason)
				}
				h.Steps = append(h.Steps, t)
			}
		case "needs":
			h.Needs = r.texts(p.value, "needs")
		case "optional":
			h.Optional = r.texts(p.value, "optional")
		case "cases":
			h.Cases = r.cases(p.value)
		default:
			r.fault(p.key, "unknown key %s in burstwatch%s", quote(p.name), suggest(p.name, headerKeys))
		}
	}
	return h
}

func (r *reader) cases(n *yaml.Node) []Case {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, "cases must be a list, not %s", kindOf(n))
		return nil
	}
	var out []Case
	for _, c := range n.Content {
		if c = r.real(c); c != nil {
			out = append(out, r.oneCase(c))
		}
	}
	return out
}

var caseKeys = []string{"name", "match", "dataset", "record", "message", "with", "because"}

func (r *reader) oneCase(n *yaml.Node) Case {
	out := Case{Line: n.Line}
	var seen []string
	for _, p := range r.mapping(n, "a case") {
		seen = append(seen, p.name)
		switch p.name {
		case "name":
			out.Name = r.text(p.value, "name", 256)
		case "match":
			if p.value.ShortTag() != "!!bool" {
				r.fault(p.value, "match must be true or false, not %s", kindOf(p.value))
			}
			out.Match = isTrue(strings.ToLower(p.value.Value))
		case "dataset":
			out.Dataset = r.text(p.value, "dataset", 64)
		case "message":
			out.Message = r.text(p.value, "message", 4096)
		case "because":
			out.Because = r.text(p.value, "because", 256)
		case "with":
			out.With = map[string][]string{}
			for _, w := range r.mapping(p.value, "with") {
				out.With[w.name] = r.texts(w.value, "a name in with")
			}
		case "record":
			out.Object = p.value.Kind == yaml.MappingNode
			if out.Object {
				var b bytes.Buffer
				r.json(&b, p.value, 0)
				out.Record = b.Bytes()
			} else {
				out.Record = []byte(strings.TrimSuffix(r.text(p.value, "record", 1<<20), "\n"))
			}
		default:
			r.fault(p.key, "unknown key %s in a case%s", quote(p.name), suggest(p.name, caseKeys))
		}
	}
	if out.Because != "" && out.Match {
		r.fault(n, "because is for cases that do not match: it says how a false alert is ruled out")
	}
	for _, k := range []string{"name", "match", "record"} {
		if n.Kind == yaml.MappingNode && !slices.Contains(seen, k) {
			r.fault(n, "the case has no %s", k)
		}
	}
	return out
}

// json writes a value as JSON, keys in the order of the file.
func (r *reader) json(b *bytes.Buffer, n *yaml.Node, depth int) {
	if n = r.real(n); n == nil {
		b.WriteString("null")
		return
	}
	if depth > 64 {
		r.fault(n, "a record nests deeper than 64 levels")
		b.WriteString("null")
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i, p := range r.mapping(n, "a record") {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(quoted(p.name))
			b.WriteByte(':')
			r.json(b, p.value, depth+1)
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, c := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			r.json(b, c, depth+1)
		}
		b.WriteByte(']')
	default:
		r.jsonScalar(b, n)
	}
}

func (r *reader) jsonScalar(b *bytes.Buffer, n *yaml.Node) {
	switch n.ShortTag() {
	case "!!null":
		b.WriteString("null")
	case "!!bool":
		b.WriteString(strconv.FormatBool(isTrue(strings.ToLower(n.Value))))
	case "!!int", "!!float":
		if !json.Valid([]byte(n.Value)) {
			r.fault(n, "the number %s is none in JSON: write it in quotes, or as plain digits", n.Value)
			b.WriteString("null")
			return
		}
		b.WriteString(n.Value)
	default:
		b.Write(quoted(n.Value))
	}
}

// quoted is s as a JSON string, with <, > and & as they are.
func quoted(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(s) //nolint:errcheck // a string into memory
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
