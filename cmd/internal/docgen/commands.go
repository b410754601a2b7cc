package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// command is one command of the program.
type command struct {
	// Path is the whole of its name: "burstwatch rules list".
	Path, Usage, Short, Long, Example string
	Flags                             []flag
}

// flag is one flag, those of the commands above included.
type flag struct{ Name, Type, Default, Usage string }

// commands lists what can be run, in the order of the help. The shells of
// completion are alike, and are left to its help.
func commands(c *cobra.Command) (out []command) {
	for _, sub := range c.Commands() {
		if !sub.IsAvailableCommand() {
			continue
		}
		if sub.Runnable() || sub.Name() == "completion" {
			out = append(out, describe(sub))
		}
		if sub.Name() != "completion" {
			out = append(out, commands(sub)...)
		}
	}
	return out
}

func describe(c *cobra.Command) command {
	out := command{Path: c.CommandPath(), Usage: c.UseLine(), Short: c.Short, Long: c.Long, Example: unindent(c.Example)}
	if c.Name() == "completion" {
		var shells []string
		for _, s := range c.Commands() {
			shells = append(shells, s.Name())
		}
		slices.Sort(shells)
		out.Usage, out.Long = c.CommandPath()+" "+strings.Join(shells, "|"), ""
		return out
	}
	c.InheritedFlags() // adds those of the commands above to c.Flags
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Name != "help" {
			out.Flags = append(out.Flags, describeFlag(f))
		}
	})
	return out
}

func describeFlag(f *pflag.Flag) flag {
	out := flag{Name: "--" + f.Name, Type: f.Value.Type(), Default: f.DefValue, Usage: f.Usage}
	if f.Shorthand != "" {
		out.Name = "-" + f.Shorthand + ", " + out.Name
	}
	switch out.Type {
	case "bool":
		out.Type, out.Default = "", ""
	case "string", "stringArray":
		out.Type = "TEXT"
	case "int", "uint64":
		out.Type = "N"
	default:
		out.Type = strings.ToUpper(out.Type)
	}
	out.Default = strings.Trim(out.Default, "[]")
	return out
}

// unindent takes away the two spaces that help puts before examples.
func unindent(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	}
	return strings.Join(lines, "\n")
}
