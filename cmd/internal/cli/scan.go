package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/burstwatch/burstwatch/cmd/internal/app"
	"github.com/burstwatch/burstwatch/cmd/internal/scan"
	"github.com/burstwatch/burstwatch/internal/geo"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/parsers"
)

// scanFlags are the flags of scan, as typed.
type scanFlags struct {
	rules, threats                    []string
	studio, dataset, format, layout   string
	from, to, minLevel, failOn, show  string
	quarantine                        string
	geo                               geo.Options
	workers                           int
	events, sort, verbose, noProgress bool
	maxRecord                         plugin.Size
}

func newScan(_ Build, std Streams) *cobra.Command {
	f := scanFlags{maxRecord: parsers.DefaultMaxRecord}
	c := &cobra.Command{
		Use: "scan PATH…", Short: "Judge files, folders or standard input, without any configuration",
		Long: "Scan reads logs as they came from S3 (gzip, zstd, Parquet, plain; any nesting; - is standard\n" +
			"input), finds out what they are, and prints the alerts: grouped and worst first on a\n" +
			"terminal, one JSON document a line in event-time order for a pipe.\n\n" +
			"Exit: 0 all was read, 1 something could not be, 2 wrong usage, 3 an alert at or above --fail-on.",
		Example: "  burstwatch scan ./logs\n  burstwatch scan --events ./logs | jq .event.action\n  zcat x.json.gz | burstwatch scan -",
		Args:    some("a file or folder to read, or - for the standard input"),
		RunE: func(c *cobra.Command, args []string) error {
			return runScan(c, std, f, args)
		},
	}
	s := c.Flags()
	s.StringArrayVar(&f.rules, "rules", []string{"builtin"}, "rules: builtin, a file or a folder, or stateless for those that need one event alone; may repeat")
	s.StringVar(&f.studio, "studio", "", "the studio file")
	s.StringArrayVar(&f.threats, "threats", nil, "a threat list: a file with one address, network or domain a line; may repeat")
	s.StringArrayVar(&f.geo.City, "geoip-city", nil, "a City or Country database in MaxMind's format, to tell where addresses are; may repeat")
	s.StringArrayVar(&f.geo.ASN, "geoip-asn", nil, "a database of autonomous systems in the same format; may repeat")
	s.StringVar(&f.dataset, "dataset", "", "what the records are, where that cannot be told, such as aws.vpcflow")
	s.StringVar(&f.layout, "columns", "", "columns of a custom flow log without a header")
	s.StringVar(&f.format, "format", "", "table or ndjson; by default what suits the output")
	s.StringVar(&f.from, "from", "", "judge from this time on (2026-11-05, 2026-11-05T14:00:00Z, or 36h for so long ago)")
	s.StringVar(&f.to, "to", "", "judge what is before this time")
	s.StringVar(&f.minLevel, "min-level", "", "hide alerts below: informational, low, medium, high, critical (default medium on a terminal, informational for a pipe)")
	s.StringVar(&f.failOn, "fail-on", "", "exit 3 if there is an alert of this level or worse")
	s.StringVar(&f.show, "show", "", "print one case, such as A-7f31c0, with its events")
	s.StringVar(&f.quarantine, "quarantine", "", "write records that cannot be read to this file")
	s.IntVar(&f.workers, "workers", 0, "files read side by side (default one for each processor)")
	s.BoolVar(&f.events, "events", false, "print every record as an ECS event instead of the alerts")
	s.BoolVar(&f.sort, "sort", false, "with --events: in the order of event time, when all is read; otherwise the events of a file stay together")
	s.BoolVar(&f.verbose, "verbose", false, "name every file that was skipped")
	s.BoolVar(&f.noProgress, "no-progress", false, "no progress bar")
	s.Var(textFlag{&f.maxRecord, "size"}, "max-record", "a larger record goes to quarantine")
	return c
}

// textFlag is anything with UnmarshalText as a flag.
type textFlag struct {
	v interface {
		UnmarshalText([]byte) error
		Exact() string
	}
	name string
}

func (t textFlag) Set(s string) error { return t.v.UnmarshalText([]byte(s)) }
func (t textFlag) Type() string       { return t.name }
func (t textFlag) String() string {
	if t.v == nil {
		return ""
	}
	return t.v.Exact()
}

func runScan(c *cobra.Command, std Streams, f scanFlags, paths []string) error {
	o, failOn, err := f.options(std, paths)
	if err != nil {
		return exit{exitUsage, err}
	}
	defer ofScan().start()()
	set, err := app.Rules(app.Files{Rules: f.rules, Studio: f.studio, GeoIP: f.geo, Threats: f.threats})
	if err != nil {
		return err
	}
	o.Rules, o.Refused, o.Specs = set.Set, set.Refused, set.Parsers
	o.Command = typed(c)
	out := bufio.NewWriterSize(std.Out, 64<<10)
	o.Out = out
	if f.quarantine != "" {
		q, err := os.OpenFile(f.quarantine, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("open the quarantine: %w", err)
		}
		defer q.Close() //nolint:errcheck // closed and checked below where it counts
		o.Quarantine, o.QuarantineName = q, f.quarantine
	}
	result, err := scan.Run(c.Context(), o)
	if err == nil { // otherwise the same once more, where it could not be written
		err = out.Flush()
	}
	if err := errors.Join(err, closeFile(o.Quarantine)); err != nil {
		return err
	}
	switch {
	case failOn != nil && result.Alerts > 0 && result.Worst >= *failOn:
		return exit{code: exitFailOn}
	case !result.Complete:
		return exit{code: exitFailure}
	}
	return nil
}

// typed is the command with the flags that decide what is found, for the one that
// the report recommends.
func typed(c *cobra.Command) []string {
	words := strings.Fields(c.CommandPath())
	c.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "rules", "studio", "threats", "geoip-city", "geoip-asn", "dataset", "columns", "from", "to", "max-record":
		default:
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			words = append(words, "--"+f.Name, v)
		}
	})
	return words
}

func closeFile(w io.Writer) error {
	if f, ok := w.(*os.File); ok {
		return f.Close()
	}
	return nil
}
