package rules

import (
	"bytes"

	"github.com/burstwatch/burstwatch/rules/sigma"
)

// message is what a rule's alerts say, ready to be filled in.
type message []messagePart

// messagePart is text, or places for a field.
type messagePart struct {
	// text is literal, or what stands where the event has none of the names.
	text  string
	names []name
	// before and behind stand around what was found.
	before, behind string
}

// newMessage compiles a rule's template.
func newMessage(r *sigma.Rule) message {
	if len(r.Header.Message) == 0 {
		return message{{text: r.Title}}
	}
	return compileTemplate(r.Header.Message)
}

// newSteps compiles what a rule says to do next.
func newSteps(r *sigma.Rule) []message {
	out := make([]message, len(r.Header.Steps))
	for i, t := range r.Header.Steps {
		out[i] = compileTemplate(t)
	}
	return out
}

func compileTemplate(t sigma.Template) message {
	var out message
	for _, p := range t {
		part := messagePart{text: p.Text}
		for _, n := range p.Names {
			part.names = append(part.names, newName(n))
			if n == sigma.Refused {
				part.before, part.behind = " (refused: ", ")"
			}
		}
		out = append(out, part)
	}
	return out
}

// Names of which any rule's alerts may speak.
var (
	who, where, account = newName("who"), newName("where"), newName("account")
	action, said        = newName("event.action"), newName("message")
	sender, receiver    = newName("source.address"), newName("destination.address")
	port, refused       = newName("destination.port"), newName("refused")
	production, tier    = newName("studio.production"), newName("studio.tier")
)

// appendMessage fills in a rule's message. A rule without one of its own has
// its title, and who did what, from where and where, as far as the event knows.
func (v *view) appendMessage(dst []byte, r *Rule) []byte {
	begin := len(dst)
	dst = v.fill(dst, r.plan.message)
	if len(r.Header.Message) == 0 {
		dst = v.appendSummary(dst)
	}
	return v.appendOwner(dst, begin)
}

// appendOwner appends production and tier, [SABLE, tier 1], where they are known
// and the message from begin on has not named both: whoever reads it must know
// how bad it is.
func (v *view) appendOwner(dst []byte, begin int) []byte {
	said := len(dst)
	dst, known := v.appendBetween(dst, " [", production, "")
	if !known {
		return dst
	}
	name := len(dst)
	dst, _ = v.appendBetween(dst, ", tier ", tier, "")
	message := dst[begin:said]
	if bytes.Contains(message, dst[said+2:name]) && bytes.Contains(message, bytes.TrimPrefix(dst[name:], []byte(", "))) {
		return dst[:said]
	}
	return append(dst, ']')
}

// fill appends a template with its places filled in.
func (v *view) fill(dst []byte, m message) []byte {
	begin := len(dst)
	for i := range m {
		dst = v.appendPart(dst, &m[i])
	}
	return oneSpace(dst, begin)
}

func (v *view) appendPart(dst []byte, p *messagePart) []byte {
	for _, n := range p.names {
		if out, ok := v.appendBetween(dst, p.before, n, p.behind); ok {
			return out
		}
	}
	return append(dst, p.text...)
}

// appendBetween appends what a name shows with text around it; ok is false,
// and nothing appended, if it shows nothing.
func (v *view) appendBetween(dst []byte, before string, n name, behind string) (out []byte, ok bool) {
	begin := len(dst)
	dst = append(dst, before...)
	from := len(dst)
	if dst = v.appendShown(dst, n); len(dst) == from {
		return dst[:begin], false
	}
	return append(dst, behind...), true
}

func (v *view) appendSummary(dst []byte) []byte {
	begin := len(dst)
	if out, ok := v.appendBetween(dst, " to ", receiver, ""); ok {
		out, _ = v.appendBetween(out[:begin], ": ", sender, "")
		out, _ = v.appendBetween(out, " to ", receiver, "")
		out, _ = v.appendBetween(out, " port ", port, "")
		return out
	}
	dst, known := v.appendBetween(dst, ": ", who, "")
	dst, _ = v.appendBetween(dst, map[bool]string{true: ", ", false: ": "}[known], action, "")
	dst, _ = v.appendBetween(dst, " from ", where, "")
	dst, _ = v.appendBetween(dst, " in account ", account, "")
	dst, _ = v.appendBetween(dst, " (refused: ", refused, ")")
	if len(dst) == begin {
		dst, _ = v.appendBetween(dst, ": ", said, "")
	}
	return dst
}

// oneSpace makes one space of several, and none at the end: a place that stays
// empty leaves two, or one.
func oneSpace(b []byte, from int) []byte {
	out := b[:from]
	for i := from; i < len(b); i++ {
		if b[i] == ' ' && len(out) > from && out[len(out)-1] == ' ' {
			continue
		}
		out = append(out, b[i])
	}
	if len(out) > from && out[len(out)-1] == ' ' {
		out = out[:len(out)-1]
	}
	return out
}
