package sigma

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Fault is one thing that is wrong with a document. Line and Column count
// from 1; 0 means that the fault has no one place.
type Fault struct {
	Line, Column int
	Reason       string
}

// Refusal is a document that was not loaded.
type Refusal struct {
	// File, Line and Column are the place of the first fault.
	File         string
	Line, Column int
	// ID and Title are the document's, as far as they could be read.
	ID, Title string
	// Reason is what is wrong; several faults are joined by "; ".
	Reason string
	// Faults are all of them, in the order of the file.
	Faults []Fault
}

// Error is place and reason: "rules/x.yml:12:5: unknown key …".
func (r Refusal) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", r.File, r.Line, r.Column, r.Reason)
}

// reader collects the faults of one document.
type reader struct {
	faults []Fault
	// steps bounds how much aliases may unfold.
	steps int
}

// maxSteps is far above what a rule holds (SigmaHQ's largest has some 2,000
// values) and far below what would take a second.
const maxSteps = 200_000

func (r *reader) fault(n *yaml.Node, format string, args ...any) {
	f := Fault{Reason: fmt.Sprintf(format, args...)}
	if n != nil {
		f.Line, f.Column = n.Line, n.Column
	}
	r.faults = append(r.faults, f)
}

// refusal joins the faults.
func (r *reader) refusal(file string, line int, id, title string) Refusal {
	out := Refusal{File: file, Line: line, Column: 1, ID: id, Title: title, Faults: r.faults}
	reasons := make([]string, len(r.faults))
	for i, f := range r.faults {
		reasons[i] = f.Reason
		if i > 0 && f.Line > 0 {
			reasons[i] = fmt.Sprintf("line %d: %s", f.Line, f.Reason)
		}
	}
	out.Reason = strings.Join(reasons, "; ")
	if len(r.faults) > 0 && r.faults[0].Line > 0 {
		out.Line, out.Column = r.faults[0].Line, r.faults[0].Column
	}
	return out
}

// quote shows a piece of a document in a reason, shortened.
func quote(s string) string {
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:57], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}
