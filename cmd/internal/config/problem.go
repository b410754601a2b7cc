package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one fault of a configuration file.
type Problem struct {
	File         string
	Line, Column int
	// Key is the full dotted key, "" for a fault of the file itself.
	Key string
	// Reason says what is wrong and what would be right.
	Reason string
}

// Error is the problem as one line: file:line:column: key: reason.
func (p Problem) Error() string {
	at := p.File
	if p.Line > 0 {
		at = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
	if p.Key == "" {
		return at + ": " + p.Reason
	}
	return at + ": " + p.Key + ": " + p.Reason
}

// Problems are all faults that were found, in the order of the file.
type Problems []Problem

// Error is one line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, q := range p {
		lines[i] = q.Error()
	}
	return strings.Join(lines, "\n")
}

// orNil is nil for no problems, and never a non-nil error of none.
func (p Problems) orNil() error {
	if len(p) == 0 {
		return nil
	}
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return p
}
