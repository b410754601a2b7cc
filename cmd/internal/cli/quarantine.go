package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/spf13/cobra"

	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/internal/quarantine"
	"github.com/burstwatch/burstwatch/internal/termtext"
)

func newQuarantine(std Streams) *cobra.Command {
	c := &cobra.Command{
		Use: "quarantine", Short: "Look at what could not be read, and at what a sink refused",
		Long: "The quarantine holds what could not be read as a record, and documents that a sink refused for good, each\n" +
			"with its origin and the reason. burstwatch replay --quarantine tries them again.",
	}
	c.AddCommand(newQuarantineList(std), newQuarantineShow(std))
	return c
}

// quarantined are the flags of who reads the quarantine.
type quarantined struct {
	file, sink, source, format string
	limit                      int
}

func newQuarantineList(std Streams) *cobra.Command {
	var f quarantined
	c := &cobra.Command{
		Use: "list -c FILE", Short: "List the records in quarantine, oldest first", Args: noArgs,
		Long: "Lists the records in quarantine, oldest first: where each stands, when it came there, its source and place\n" +
			"there, or the sink that refused it, and the reason. The service may run meanwhile.",
		RunE: func(*cobra.Command, []string) error { return listQuarantine(std, f) },
	}
	f.add(c)
	c.Flags().StringVar(&f.sink, "sink", "", "only what this sink refused")
	c.Flags().StringVar(&f.source, "source", "", "only what came from this source")
	c.Flags().IntVar(&f.limit, "limit", 100, "at most so many rows of a table; 0 is all")
	return c
}

func newQuarantineShow(std Streams) *cobra.Command {
	var f quarantined
	c := &cobra.Command{
		Use: "show PLACE -c FILE", Short: "Show one record in quarantine, whole", Args: exactly("the place of a record, as quarantine list gives it"),
		Example: "  burstwatch quarantine show 3:17",
		RunE:    func(_ *cobra.Command, args []string) error { return showQuarantined(std, f, args[0]) },
	}
	f.add(c)
	return c
}

func (f *quarantined) add(c *cobra.Command) {
	c.Flags().StringVarP(&f.file, "config", "c", "burstwatch.yaml", "the configuration of the service")
	c.Flags().StringVar(&f.format, "format", "", "table or ndjson; by default what suits the output")
}

// ndjson reports which format is wanted.
func (f *quarantined) ndjson(std Streams) (bool, error) {
	switch f.format {
	case "":
		return !std.Terminal, nil
	case "table", "ndjson":
		return f.format == "ndjson", nil
	}
	return false, exit{exitUsage, fmt.Errorf("--format %s: want table or ndjson", f.format)}
}

// walk reads the quarantine that the configuration names.
func (f *quarantined) walk(std Streams, fn func(quarantine.Place, quarantine.Record) error) error {
	c, err := load(f.file, std)
	if err != nil {
		return err
	}
	damaged, err := quarantine.Walk(vfs.Default, filepath.Join(c.DataDir, "quarantine"), fn)
	if damaged > 0 {
		fmt.Fprintf(std.Err, "%d lines are no records: a crash cut them off before they were acknowledged\n", damaged)
	}
	return err
}

// kept is a record as NDJSON and show have it.
type kept struct {
	Place    string    `json:"place"`
	Time     time.Time `json:"time"`
	Source   string    `json:"source,omitempty"`
	Origin   string    `json:"origin,omitempty"`
	Offset   int64     `json:"offset"`
	Dataset  string    `json:"dataset,omitempty"`
	Sink     string    `json:"sink,omitempty"`
	ID       string    `json:"delivery_id,omitempty"`
	Reason   string    `json:"reason"`
	Redacted bool      `json:"redacted,omitempty"`
	Part     int       `json:"part,omitempty"`
	Bytes    int       `json:"bytes"`
	Raw      string    `json:"raw,omitempty"`
	RawBytes []byte    `json:"raw_base64,omitempty"`
}

func view(p quarantine.Place, r quarantine.Record) kept {
	k := kept{Place: p.String(), Time: r.Time, Source: r.Source, Origin: r.Origin, Offset: r.Offset, Dataset: r.Dataset, Sink: r.Sink,
		ID: r.ID, Reason: r.Reason, Redacted: r.Redacted, Part: r.Part, Bytes: len(r.Raw)}
	if utf8.Valid(r.Raw) {
		k.Raw = string(r.Raw)
	} else {
		k.RawBytes = r.Raw
	}
	return k
}

func listQuarantine(std Streams, f quarantined) error {
	asJSON, err := f.ndjson(std)
	if err != nil {
		return err
	}
	w, enc := tabwriter.NewWriter(std.Out, 0, 0, 2, ' ', 0), json.NewEncoder(std.Out)
	enc.SetEscapeHTML(false)
	all, bytes := 0, 0
	if !asJSON {
		fmt.Fprintln(w, "PLACE\tTIME\tFROM\tOFFSET\tREFUSED BY\tBYTES\tREASON")
	}
	err = f.walk(std, func(p quarantine.Place, r quarantine.Record) error {
		if f.sink != "" && r.Sink != f.sink || f.source != "" && r.Source != f.source {
			return nil
		}
		all, bytes = all+1, bytes+len(r.Raw)
		if asJSON {
			return enc.Encode(view(p, r))
		}
		if f.limit == 0 || all <= f.limit {
			row(w, p, r, std.Width)
		}
		return nil
	})
	if err := errors.Join(err, w.Flush()); err != nil {
		return err
	}
	fmt.Fprintf(std.Err, "%s, %s\n", counted(all, "record"), plugin.Size(bytes))
	if !asJSON && f.limit > 0 && all > f.limit {
		fmt.Fprintf(std.Err, "%d of them are not shown: --limit 0 shows all\n", all-f.limit)
	}
	return nil
}

// row is one line of the table. Everything in it may come from a log.
func row(w *tabwriter.Writer, p quarantine.Place, r quarantine.Record, width int) {
	from := r.Origin
	if r.Source != "" {
		from = r.Source + " " + from
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%d\t%s\n", p, moments(r.Time), termtext.Fit(termtext.Escape(from), max(width/3, 20)), r.Offset,
		termtext.Escape(orDash(r.Sink)), len(r.Raw), termtext.Escape(r.Reason))
}

// errFound ends a walk.
var errFound = errors.New("found")

func showQuarantined(std Streams, f quarantined, text string) error {
	asJSON, err := f.ndjson(std)
	if err != nil {
		return err
	}
	place, err := quarantine.ParsePlace(text)
	if err != nil {
		return exit{exitUsage, err}
	}
	err = f.walk(std, func(p quarantine.Place, r quarantine.Record) error {
		if p != place {
			return nil
		}
		if asJSON {
			enc := json.NewEncoder(std.Out)
			enc.SetEscapeHTML(false)
			return errors.Join(enc.Encode(view(p, r)), errFound)
		}
		show(std, view(p, r))
		return errFound
	})
	if errors.Is(err, errFound) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("there is no record at %s; burstwatch quarantine list names those that there are", place)
	}
	return err
}

func show(std Streams, k kept) {
	w := tabwriter.NewWriter(std.Out, 0, 0, 2, ' ', 0)
	line := func(name string, value any) { fmt.Fprintf(w, "%s\t%s\n", name, termtext.Escape(fmt.Sprint(value))) }
	line("Place", k.Place)
	line("Time", moments(k.Time))
	line("Source", orDash(k.Source))
	line("Origin", orDash(k.Origin))
	line("Offset", k.Offset)
	line("Dataset", orDash(k.Dataset))
	line("Refused by", orDash(k.Sink))
	line("Delivery id", orDash(k.ID))
	line("Reason", k.Reason)
	if k.Redacted {
		line("Redacted", "secrets were taken out before it was written")
	}
	_ = w.Flush() // to a terminal
	fmt.Fprintf(std.Out, "\n%s\n", termtext.Escape(k.Raw+string(k.RawBytes)))
}
