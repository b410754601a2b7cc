package sigma

import (
	"regexp"

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
	// Subject are the fields by which matches are told apart into cases, each
	// with alternatives between bars ("detail.type|type"), where the record names
	// nobody who acted: findings, snapshots, jobs. None: who acted, from where.
	Subject []string
	// RuledOut are harmless explanations that the rule has looked for when it
	// matches, as an alert lists them.
	RuledOut []RuledOut
	// Cases are the rule's own tests.
	Cases []Case
}

// RuledOut is a harmless explanation that does not hold where the rule matches.
type RuledOut struct {
	// What it is, in a few words: "a CloudFormation stack".
	What string
	// With is the placeholder without whose values nobody can tell; "" for none.
	With string
}

var headerKeys = []string{"control", "message", "do", "needs", "optional", "subject", "ruled_out", "cases"}

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
		case "subject":
			h.Subject = r.texts(p.value, "subject")
		case "ruled_out":
			h.RuledOut = r.ruledOut(p.value)
		case "cases":
			h.Cases = r.cases(p.value)
		default:
			r.fault(p.key, "unknown key %s in burstwatch%s", quote(p.name), suggest(p.name, headerKeys))
		}
	}
	return h
}

// ruledOut reads a list of texts, or of {what: TEXT, with: PLACEHOLDER}.
func (r *reader) ruledOut(n *yaml.Node) (out []RuledOut) {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, "ruled_out must be a list, not %s", kindOf(n))
		return nil
	}
	for _, c := range n.Content {
		if c = r.real(c); c == nil {
			continue
		}
		if c.Kind != yaml.MappingNode {
			out = append(out, RuledOut{What: r.text(c, "an entry of ruled_out", 128)})
			continue
		}
		var one RuledOut
		for _, p := range r.mapping(c, "an entry of ruled_out") {
			switch p.name {
			case "what":
				one.What = r.text(p.value, "what", 128)
			case "with":
				one.With = r.text(p.value, "with", 64)
			default:
				r.fault(p.key, "unknown key %s in an entry of ruled_out%s", quote(p.name), suggest(p.name, []string{"what", "with"}))
			}
		}
		if one.What == "" {
			r.fault(c, "the entry of ruled_out does not say what")
		}
		out = append(out, one)
	}
	return out
}
