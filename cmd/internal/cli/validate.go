package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/burstwatch/burstwatch/cmd/internal/app"
	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/internal/termtext"
)

func newValidate(std Streams) *cobra.Command {
	var file string
	var reach bool
	c := &cobra.Command{
		Use: "validate -c FILE", Short: "Explain every error of a configuration and its rules at once", Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return validate(c.Context(), std, file, reach) },
	}
	c.Flags().StringVarP(&file, "config", "c", "burstwatch.yaml", "the configuration")
	c.Flags().BoolVar(&reach, "connect", false, "also reach every source and sink, and say what each refuses")
	return c
}

// validate prints every problem on standard error. Exit 1 if there is one.
func validate(ctx context.Context, std Streams, file string, reach bool) error {
	c, err := load(file, std)
	var problems config.Problems
	if err != nil && !errors.As(err, &problems) {
		return err
	}
	faults := tell(std, err)
	if c != nil {
		faults += validateFiles(std, c)
		if reach {
			faults += connect(ctx, std, c)
		}
	}
	if faults > 0 {
		fmt.Fprintln(std.Err, counted(faults, "fault"))
		return exit{code: exitFailure}
	}
	fmt.Fprintf(std.Out, "%s: %s, %s, all well\n", file, counted(len(c.SourceList), "source"), counted(len(c.SinkList), "sink"))
	return nil
}

// tell prints each fault of an error on a line of its own and counts them.
func tell(std Streams, err error) (faults int) {
	var problems config.Problems
	many, joined := err.(interface{ Unwrap() []error })
	switch {
	case err == nil:
	case joined:
		for _, err := range many.Unwrap() {
			faults += tell(std, err)
		}
	case errors.As(err, &problems):
		for _, p := range problems {
			fmt.Fprintln(std.Err, termtext.Escape(p.Error()))
		}
		faults = len(problems)
	default:
		fmt.Fprintln(std.Err, termtext.Escape(err.Error()))
		faults = 1
	}
	return faults
}

// validateFiles looks into what the configuration names: rules, the studio file
// and lists.
func validateFiles(std Streams, c *config.Config) (faults int) {
	set, err := app.Rules(app.Files{Rules: c.Rules, Studio: c.Studio, GeoIP: c.GeoIP, Threats: c.ThreatLists})
	faults = tell(std, placed(c, err))
	for _, line := range set.Wrong {
		faults += tell(std, line)
	}
	for _, r := range set.Refused {
		faults += tell(std, r)
	}
	if err != nil {
		return faults
	}
	if n := set.LeftOut(); n > 0 {
		fmt.Fprintf(std.Out, "note: rules: %s: %d rules that need more than one event are left out; burstwatch rules list --rules %[1]s --idle names them\n", config.Stateless, n)
	}
	for _, gap := range set.Known.Gaps(time.Now()) {
		fmt.Fprintln(std.Out, "note:", termtext.Escape(gap))
	}
	return faults + validateExceptions(std, c.Studio, set)
}

// placed says of each file that is no good where the configuration names it. What
// is wrong inside a file has its own place.
func placed(c *config.Config, err error) error {
	many, joined := err.(interface{ Unwrap() []error })
	if !joined {
		return err
	}
	var out []error
	for _, err := range many.Unwrap() {
		var f *app.FileError
		var inside config.Problems
		if !errors.As(err, &f) || errors.As(err, &inside) {
			out = append(out, err)
			continue
		}
		for line := range strings.Lines(f.Error()) {
			line = strings.TrimPrefix(strings.TrimSpace(line), f.Key+" ")
			if !strings.HasPrefix(line, f.Key+".") {
				line = f.Key + ": " + line
			}
			out = append(out, fmt.Errorf("%s: %s", c.Place(f.Key), line))
		}
	}
	return errors.Join(out...)
}

// validateExceptions finds exceptions from rules that there are not: whoever
// wrote one believes that it holds.
func validateExceptions(std Streams, file string, set *app.Ruleset) (faults int) {
	studio := set.Known.Inventory().Studio()
	if studio == nil {
		return 0
	}
	for i := range studio.Exceptions {
		if e := &studio.Exceptions[i]; set.Rule(e.Rule) == nil {
			faults++
			fmt.Fprintln(std.Err, termtext.Escape(fmt.Sprintf("%s: exceptions[%d].rule: there is no rule %s; burstwatch rules list names them all", file, i, e.Rule)))
		}
	}
	return faults
}

// counted is a number with what it counts: 1 fault, 2 faults.
func counted[N int | int64](n N, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
