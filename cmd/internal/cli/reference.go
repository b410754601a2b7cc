package cli

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Commands is the tree of commands for what describes it, such as the
// reference page. Nothing reads or prints by it.
func Commands() *cobra.Command {
	root := newRoot(Build{}, Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard})
	root.InitDefaultCompletionCmd()
	return root
}

// ExitCode is a way in which the program ends.
type ExitCode struct {
	Code    int
	Meaning string
}

// ExitCodes are all of them.
func ExitCodes() []ExitCode {
	return []ExitCode{
		{0, "Success."},
		{exitFailure, "Something failed, or some of the input could not be read; standard error says what."},
		{exitUsage, "Wrong usage: an unknown command or flag, or a value that cannot be."},
		{exitFailOn, "`scan --fail-on`: there is an alert of that level or worse. It wins over 1."},
		{exitStopped, "Stopped at once by a second Ctrl-C, without draining."},
	}
}
