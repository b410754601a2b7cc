package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/burstwatch/burstwatch/cmd/internal/app"
	"github.com/burstwatch/burstwatch/internal/enrich"
	"github.com/burstwatch/burstwatch/internal/inventory"
	"github.com/burstwatch/burstwatch/internal/termtext"
	"github.com/burstwatch/burstwatch/rules"
)

type rulesFlags struct {
	rules  []string
	studio string
	format string
	idle   bool
	// logs are read, or a running service is asked by its configuration, to tell
	// which rules find nothing to judge.
	logs   []string
	config string
}

func newRules(std Streams) *cobra.Command {
	f := &rulesFlags{}
	c := &cobra.Command{Use: "rules", Short: "List, test and explain detection rules"}
	c.PersistentFlags().StringArrayVar(&f.rules, "rules", []string{rules.Builtin}, "rules: builtin, a file or a folder, or stateless for those that need one event alone; may repeat")
	c.PersistentFlags().StringVar(&f.studio, "studio", "", "the studio file")
	list := &cobra.Command{
		Use: "list", Short: "List what is loaded, what is refused, and what is idle and why", Args: noArgs,
		Long: "List says of each rule what it needs. With --logs it also reads logs, or with --config asks the\n" +
			"running service, and names the rules whose logs or fields were in nothing that was read:\n" +
			"their silence is no answer.",
		Example: "  burstwatch rules list --idle --studio studio.yaml\n  burstwatch rules list --idle --logs ./logs\n  burstwatch rules list --idle -c burstwatch.yaml",
		RunE:    func(c *cobra.Command, _ []string) error { return listRules(c.Context(), std, f) },
	}
	list.Flags().BoolVar(&f.idle, "idle", false, "only rules that cannot match, with what they need")
	list.Flags().StringArrayVar(&f.logs, "logs", nil, "files or folders to read, to name rules that find nothing to judge there; may repeat")
	list.Flags().StringVarP(&f.config, "config", "c", "", "the configuration of a running service: its rules, and what they have seen")
	list.Flags().StringVar(&f.format, "format", "", "table or ndjson; by default what suits the output")
	test := &cobra.Command{
		Use: "test [PATH…]", Short: "Run each rule's own cases", Long: "Test runs the cases that stand in each rule's file: of the given files and folders, or of --rules.",
		RunE: func(_ *cobra.Command, paths []string) error { return testRules(std, f, paths) },
	}
	c.AddCommand(list, test, newExplain(std, f))
	return c
}

// listedRule is one line of rules list for a pipe.
type listedRule struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Level    string   `json:"level"`
	Controls []string `json:"control,omitempty"`
	Datasets []string `json:"datasets,omitempty"`
	Idle     string   `json:"idle,omitempty"`
	// Paste is what the studio file lacks.
	Paste string `json:"paste,omitempty"`
	// Unseen says why it finds nothing to judge in what was read.
	Unseen string `json:"unseen,omitempty"`
	// Silent is set for rules that are there for correlations only.
	Silent bool   `json:"silent,omitempty"`
	File   string `json:"file"`
}

func listRules(ctx context.Context, std Streams, f *rulesFlags) error {
	set, unseen, err := f.load(ctx, std)
	if err != nil {
		return err
	}
	idle, paste := map[*rules.Rule]string{}, map[*rules.Rule]string{}
	for _, i := range set.Idle() {
		idle[i.Rule], paste[i.Rule] = i.Reason, stanzas(i)
	}
	table := std.Terminal && f.format == "" || f.format == "table"
	for _, r := range set.Set.Rules() {
		l := listedRule{
			ID: r.ID, Title: r.Title, Level: r.Level.String(), Controls: r.Header.Controls, Datasets: r.Datasets,
			Idle: idle[r], Paste: paste[r], Unseen: unseen[r.ID], Silent: r.Silent, File: r.File,
		}
		if f.idle && l.Idle == "" && l.Unseen == "" {
			continue
		}
		if err := printRule(std.Out, l, table, std.Width); err != nil {
			return err
		}
	}
	for _, r := range set.Refused {
		fmt.Fprintln(std.Err, "refused", termtext.Escape(r.Error()))
	}
	read := ""
	if unseen != nil {
		read = fmt.Sprintf(", %d without logs or fields in what was read", len(unseen))
	}
	fmt.Fprintf(std.Err, "%d rules loaded, %d of them idle or partly so%s, %d refused\n", len(set.Set.Rules()), len(set.Idle()), read, len(set.Refused))
	if len(set.Refused) > 0 {
		return exit{code: exitFailure}
	}
	return nil
}

// stanzas are what to paste into the studio file for a rule that lacks something
// of it, each part once.
func stanzas(i rules.Idle) string {
	var out strings.Builder
	seen := map[string]bool{}
	for _, need := range slices.Concat(i.Placeholders, i.Fields) {
		if slices.Contains(i.Fields, need) && !enrich.Gives(need) {
			continue
		}
		if _, text := inventory.Stanza(need); !seen[text] {
			seen[text] = true
			out.WriteString(text)
		}
	}
	return out.String()
}

func printRule(w io.Writer, l listedRule, table bool, width int) error {
	if !table {
		return json.NewEncoder(w).Encode(l)
	}
	head := fmt.Sprintf("%-13s %-9s %-36s ", l.Level, strings.Join(l.Controls, ","), l.ID)
	if _, err := fmt.Fprintln(w, head+termtext.Fit(termtext.Escape(l.Title), max(20, width-len(head)))); err != nil {
		return err
	}
	if l.Silent {
		if _, err := fmt.Fprintf(w, "%15sraises no alert itself: its matches are correlated\n", ""); err != nil {
			return err
		}
	}
	if l.Unseen != "" {
		if _, err := fmt.Fprintf(w, "%15s%s\n", "", termtext.Escape("unseen: "+l.Unseen)); err != nil {
			return err
		}
	}
	if l.Idle == "" {
		return nil
	}
	if _, err := fmt.Fprintf(w, "%15s%s\n", "", termtext.Escape("idle: "+l.Idle)); err != nil || l.Paste == "" {
		return err
	}
	if _, err := fmt.Fprintf(w, "%15sfor the studio file:\n", ""); err != nil {
		return err
	}
	for line := range strings.Lines(l.Paste) {
		if _, err := fmt.Fprintf(w, "%17s%s\n", "", termtext.Escape(strings.TrimRight(line, "\n"))); err != nil {
			return err
		}
	}
	return nil
}

func testRules(std Streams, f *rulesFlags, paths []string) error {
	if len(paths) == 0 {
		paths = f.rules
	}
	pack, err := app.Pack(paths)
	if err != nil {
		return err
	}
	results := app.TestRules(pack)
	failed, without := 0, 0
	for _, r := range pack.Rules {
		if len(r.Header.Cases) == 0 && !r.Silent { // those are tried with what correlates them
			without++
		}
	}
	for _, r := range results {
		if r.Passed {
			continue
		}
		failed++
		fmt.Fprintf(std.Out, "FAIL %s:%d %s: %s\n", termtext.Escape(r.Rule.File), r.Case.Line, termtext.Escape(r.Case.Name), termtext.Escape(r.Reason))
	}
	for _, r := range pack.Refused {
		fmt.Fprintln(std.Out, "REFUSED", termtext.Escape(r.Error()))
	}
	fmt.Fprintf(std.Out, "%d rules, %d cases, %d failed, %d rules without cases, %d refused\n", len(pack.Rules), len(results), failed, without, len(pack.Refused))
	if failed+len(pack.Refused) > 0 {
		return exit{code: exitFailure}
	}
	return nil
}
