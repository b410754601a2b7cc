package inventory

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong in a studio file.
type Fault struct {
	// Key is the place, such as sites[2].cidrs[0].
	Key string
	// Reason says what is wrong and what would be right.
	Reason string
}

// Error is key and reason.
func (f Fault) Error() string { return f.Key + ": " + f.Reason }

// Faults are all that were found, in the order of the parts of the file.
type Faults []Fault

// Error is one line for each fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i := range f {
		lines[i] = f[i].Error()
	}
	return strings.Join(lines, "\n")
}

// fail notes a fault.
func (c *compiler) fail(key, format string, args ...any) {
	c.faults = append(c.faults, Fault{key, fmt.Sprintf(format, args...)})
}
