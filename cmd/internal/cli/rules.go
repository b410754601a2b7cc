package cli

import (
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
}

func newRules(std Streams) *cobra.Command {
	f := &rulesFlags{}
	c := &cobra.Command{Use: "rules", Short: "List, test and explain detection rules", Args: cobra.NoArgs}
	c.PersistentFlags().StringArrayVar(&f.rules, "rules", []string{rules.Builtin}, "rules: builtin, a file or a folder; may repeat")
	c.PersistentFlags().StringVar(&f.studio, "studio", "", "the studio file")
	list := &cobra.Command{
		Use: "list", Short: "List what is loaded, what is refused, and what is idle and why", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return listRules(std, f) },
	}
	list.Flags().BoolVar(&f.idle, "idle", false, "only rules that cannot match, with what they need")
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
	// Silent is set for rules that are there for correlations only.
	Silent bool   `json:"silent,omitempty"`
	File   string `json:"file"`
}

func listRules(std Streams, f *rulesFlags) error {
	set, err := app.Rules(app.Files{Rules: f.rules, Studio: f.studio})
	if err != nil {
		return err
	}
	idle, paste := map[*rules.Rule]string{}, map[*rules.Rule]string{}
	for _, i := range set.Idle() {
		idle[i.Rule], paste[i.Rule] = i.Reason, stanzas(i)
	}
	table := std.Terminal && f.format == "" || f.format == "table"
	for _, r := range set.Set.Rules() {
		why, isIdle := idle[r]
		if f.idle && !isIdle {
			continue
		}
		l := listedRule{r.ID, r.Title, r.Level.String(), r.Header.Controls, r.Datasets, why, paste[r], r.Silent, r.File}
		if err := printRule(std.Out, l, table, std.Width); err != nil {
			return err
		}
	}
	for _, r := range set.Refused {
		fmt.Fprintln(std.Err, "refused", termtext.Escape(r.Error()))
	}
	fmt.Fprintf(std.Err, "%d rules loaded, %d of them idle or partly so, %d refused\n", len(set.Set.Rules()), len(set.Idle()), len(set.Refused))
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
