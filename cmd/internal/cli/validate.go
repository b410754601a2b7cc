package cli

import (
	"context"
	"errors"
	"fmt"
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
	faults := 0
	var problems config.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			fmt.Fprintln(std.Err, termtext.Escape(p.Error()))
		}
		faults += len(problems)
	} else if err != nil {
		return err
	}
	if c != nil {
		n, err := validateRules(std, c)
		if err != nil {
			return err
		}
		faults += n
		if reach {
			faults += connect(ctx, std, c)
		}
	}
	if faults > 0 {
		fmt.Fprintf(std.Err, "%d faults\n", faults)
		return exit{code: exitFailure}
	}
	fmt.Fprintf(std.Out, "%s: %d sources, %d sinks, all well\n", file, len(c.SourceList), len(c.SinkList))
	return nil
}

func validateRules(std Streams, c *config.Config) (faults int, err error) {
	set, err := app.Rules(app.Files{Rules: c.Rules, Studio: c.Studio, GeoIP: c.GeoIP, Threats: c.ThreatLists})
	if err != nil {
		fmt.Fprintln(std.Err, termtext.Escape(err.Error()))
		return 1, nil
	}
	for _, line := range set.Wrong {
		fmt.Fprintln(std.Err, termtext.Escape(line.Error()))
	}
	for _, r := range set.Refused {
		fmt.Fprintln(std.Err, termtext.Escape(r.Error()))
	}
	if n := set.LeftOut(); n > 0 {
		fmt.Fprintf(std.Out, "note: rules: %s: %d rules that need more than one event are left out; burstwatch rules list --rules %[1]s --idle names them\n", config.Stateless, n)
	}
	for _, gap := range set.Known.Gaps(time.Now()) {
		fmt.Fprintln(std.Out, "note:", termtext.Escape(gap))
	}
	return len(set.Wrong) + len(set.Refused) + validateExceptions(std, c.Studio, set), nil
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
