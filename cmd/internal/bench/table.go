package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/burstwatch/burstwatch/rules/rulestest"
)

type bench struct {
	binary, data, only, corpus string
	pairs                      int
	out                        string // standard output of what is measured goes here
	trail, big, empty          string
	flowFolders                []string
	alone57                    []string // SigmaHQ's rules and those of ours that need one event alone
	rules57, rules800          []string
}

// row is one line of the table: a against b.
type row struct {
	work  string
	bound string // of the ratio where it names nothing else; empty: none
	a, b  command
	// start is what a does before its work, and what is not counted; may be empty.
	start command
}

func (b *bench) run() error {
	if err := b.prepare(); err != nil {
		return err
	}
	if err := b.prepareRules(); err != nil {
		return err
	}
	for _, name := range []string{b.out, b.empty} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			return err
		}
	}
	fmt.Println("| work | median | pairs | bound | system s | peak memory MB |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, r := range b.rows() {
		if b.only != "" && !strings.Contains(r.work, b.only) {
			continue
		}
		if err := b.print(r); err != nil {
			return err
		}
	}
	for work, measure := range b.services() {
		if b.only != "" && !strings.Contains(work, b.only) {
			continue
		}
		if err := measure(work); err != nil {
			return fmt.Errorf("%s: %w", work, err)
		}
	}
	return nil
}

func (b *bench) print(r row) error {
	p, err := pairs(b.pairs, r)
	if err != nil {
		return err
	}
	var all []string
	var peak int64
	for i, ratio := range p.ratios {
		all = append(all, fmt.Sprintf("%.2f", ratio))
		peak = max(peak, p.a[i].anon)
	}
	_, err = fmt.Printf("| %s | %.2f | %s | %s | %.2f | %.0f |\n",
		r.work, median(p.ratios), strings.Join(all, " "), r.bound, median(p.sys), float64(peak)/1e6)
	return err
}

// prepareRules finds SigmaHQ's rules and makes 800 of them.
func (b *bench) prepareRules() error {
	b.rules57, b.alone57 = []string{"--rules", "builtin"}, []string{"--rules", filepath.Join(b.data, "alone")}
	if err := writeAlone(filepath.Join(b.data, "alone")); err != nil {
		return fmt.Errorf("write the rules over single events: %w", err)
	}
	if b.corpus == "" {
		fmt.Fprintln(os.Stderr, "BURSTWATCH_CORPUS is not set: builtin rules only, and no row with 800")
		return nil
	}
	from := filepath.Join(b.corpus, "sigma-rules", "rules", "cloud", "aws", "cloudtrail")
	b.rules57, b.alone57 = append(b.rules57, "--rules", from), append(b.alone57, "--rules", from)
	many := filepath.Join(b.data, "rules800")
	if err := rulestest.Multiply(from, many, 800); err != nil {
		return fmt.Errorf("make 800 rules: %w", err)
	}
	b.rules800 = []string{"--rules", many}
	return nil
}

func (b *bench) scan(procs int, args ...string) command {
	all := append([]string{b.binary, "scan", "--workers", fmt.Sprint(procs), "--format", "table"}, args...)
	return command{args: all, procs: procs, out: b.out}
}

func (b *bench) yardstick(paths ...string) command {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	return command{args: append([]string{self, "gunzip"}, paths...), procs: 1, out: b.out}
}

func with(rules []string, rest ...string) []string {
	return append(append([]string{}, rules...), rest...)
}

func (b *bench) rows() []row {
	trail, flows := b.yardstick(b.trail), b.yardstick(b.flowFolders...)
	studio := filepath.Join(b.data, "studio.yaml")
	all, events := with(b.rules57, "--studio", studio), with(b.rules57, "--events")
	rows := []row{
		{work: "`scan` of CloudTrail, alerts only, 57 + builtin rules over single events", bound: "≤ 1.6", a: b.scan(1, with(b.alone57, b.trail)...), b: trail},
		{work: "the same with all rules, detectors and the studio file", bound: "≤ 2.0", a: b.scan(1, with(all, b.trail)...), b: trail},
		{work: "`scan` of flow logs v2, alerts only, the same", bound: "≤ 2.5", a: b.scan(1, with(all, b.flowFolders...)...), b: flows},
	}
	if b.rules800 != nil {
		rows = append(rows, row{
			work: "`scan` of CloudTrail with 800 rules over single events, loading not counted", bound: "≤ 2.1", a: b.scan(1, with(b.rules800, b.trail)...), b: trail,
			start: b.scan(1, with(b.rules800, b.empty)...),
		})
	}
	return append(rows,
		row{work: "`scan --events` of CloudTrail, all rules", bound: "≤ 3.0", a: b.scan(1, with(events, b.trail)...), b: trail},
		row{work: "`scan --events` of flow logs v2", bound: "≤ 3.5", a: b.scan(1, with(events, b.flowFolders...)...), b: flows},
		row{work: "the same with the studio file", a: b.scan(1, with(with(all, "--events"), b.flowFolders...)...), b: flows},
		row{work: "CPU of two workers against one", bound: "≤ 1.1", a: b.scan(2, with(b.rules57, b.trail)...), b: b.scan(1, with(b.rules57, b.trail)...)},
		row{work: "one file of 300 MB beside many, two workers", bound: "memory ≤ 64 MB", a: b.scan(2, with(b.rules57, b.big)...), b: b.yardstick(b.big)},
		row{work: "`scan --events` at two workers", bound: "memory ≤ 64 MB", a: b.scan(2, with(events, b.trail)...), b: trail})
}
