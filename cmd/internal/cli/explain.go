package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/burstwatch/burstwatch/cmd/internal/app"
	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/termtext"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

type explainFlags struct {
	*rulesFlags
	event, dataset string
}

func newExplain(std Streams, f *rulesFlags) *cobra.Command {
	e := &explainFlags{rulesFlags: f}
	c := &cobra.Command{
		Use: "explain ID", Short: "Say in words what a rule looks for, and why an event matches or not", Args: exactly("the id or name of a rule"),
		Long: "Explain says in words what the rule with this id or name looks for. With --event it says of each condition whether it held for the events of a file, and what they have in its field.",
		RunE: func(_ *cobra.Command, args []string) error { return explainRule(std, e, args[0]) },
	}
	c.Flags().StringVar(&e.event, "event", "", "a file of events as their log has them, - for the standard input")
	c.Flags().StringVar(&e.dataset, "dataset", "", "the dataset of these events; by default what they look like")
	return c
}

func explainRule(std Streams, f *explainFlags, id string) error {
	set, err := app.Rules(app.Files{Rules: f.rules, Studio: f.studio})
	if err != nil {
		return err
	}
	r := set.Rule(id)
	if r == nil {
		return fmt.Errorf("no rule %s%s; burstwatch rules list names them all", id, like(id, set.Set))
	}
	if f.event == "" {
		_, err = fmt.Fprintln(std.Out, r.Explain())
		return err
	}
	native, err := readEvents(std, f.event)
	if err != nil {
		return err
	}
	events, err := catalog.RecordParser(set.Parsers)(native, f.dataset)
	if err != nil {
		return fmt.Errorf("%s: %w", f.event, err)
	}
	x := explainer{out: std.Out, set: set.Set, judge: set.Judge(), events: events}
	return x.rule(r)
}

// like suggests a rule whose id, or a part of it, is nearly what was typed.
func like(id string, set *rules.Set) string {
	var known []string
	for _, r := range set.Rules() {
		known = append(known, r.ID, strings.TrimPrefix(r.ID, "bw-"))
	}
	switch near := sigma.Nearest(id, known); {
	case near == "":
		return ""
	case set.Rule(near) == nil:
		return " (did you mean bw-" + near + "?)"
	default:
		return " (did you mean " + near + "?)"
	}
}

// maxEventsRead bounds what is explained: a person reads it.
const maxEventsRead = 64 << 20

func readEvents(std Streams, file string) ([]byte, error) {
	in := std.In
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close() //nolint:errcheck // it was only read
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxEventsRead+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", file, err)
	case len(text) > maxEventsRead:
		return nil, fmt.Errorf("%s is larger than %d MiB: scan --rules is for that", file, maxEventsRead>>20)
	case len(bytes.TrimSpace(text)) == 0:
		return nil, errors.New(file + " is empty")
	}
	return text, nil
}

// explainer says how a rule judges some events.
type explainer struct {
	out    io.Writer
	set    *rules.Set
	judge  *rules.Judge
	events []*event.Event
}

func (x *explainer) rule(r *rules.Rule) error {
	for _, idle := range x.set.Idle() {
		if idle.Rule == r {
			fmt.Fprintf(x.out, "%s is idle: %s\n", r.ID, termtext.Escape(idle.Reason))
		}
	}
	i := slices.IndexFunc(x.set.Stateful(), func(s rules.Stateful) bool { return s.Rule == r })
	if i < 0 {
		x.conditions(r)
		return nil
	}
	s := x.set.Stateful()[i]
	for _, base := range s.Bases {
		x.conditions(base)
		fmt.Fprintln(x.out)
	}
	rehearsal := x.set.Rehearse(s, (*rules.Judge).About)
	rehearsal.Batch("file", x.events)
	found := rehearsal.Cases(0)
	fmt.Fprintf(x.out, "%s (%s) finds %d cases in all %d events\n", termtext.Escape(r.Title), r.ID, len(found), len(x.events))
	for i := range found {
		f := &found[i]
		fmt.Fprintf(x.out, "  %s to %s, %d matches: %s\n", at(f.First), at(f.Last), f.Count, termtext.Escape(f.Message(r)))
		for _, v := range f.Fields {
			if v.Name != "message" {
				fmt.Fprintf(x.out, "    %s = %s\n", termtext.Escape(v.Name), termtext.Escape(v.Value))
			}
		}
	}
	return nil
}

func at(ns int64) string { return string(event.AppendTime(nil, ns)) }

// manyEvents is how many events are explained; of more than these only those
// that match.
const manyEvents = 20

// conditions says of each event whether a rule matches it, and why.
func (x *explainer) conditions(r *rules.Rule) {
	matched, other := 0, 0
	for i, ev := range x.events {
		why, ok := x.judge.Why(r, ev)
		if !ok {
			other++
			continue
		}
		if why.Holds {
			matched++
		} else if i >= manyEvents {
			continue
		}
		fmt.Fprintf(x.out, "event %d of %s, %s: %s\n", i+1, ev.Schema.Dataset(), at(ev.Time), verdict(r, why.Holds))
		why.Write(x.out, 1)
	}
	fmt.Fprintf(x.out, "%s (%s) matches %d of %d events", termtext.Escape(r.Title), r.ID, matched, len(x.events))
	if other > 0 {
		fmt.Fprintf(x.out, "; %d are of logs that it does not judge", other)
	}
	fmt.Fprintln(x.out)
}

func verdict(r *rules.Rule, holds bool) string {
	if !holds {
		return "no match"
	}
	if r.Silent {
		return "a match, for correlations only"
	}
	return "a match"
}
