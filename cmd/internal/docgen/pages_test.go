package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// Every key, flag, plugin and parser that there is, and that there will be.
func TestWhatCanBeConfiguredIsDocumented(t *testing.T) {
	ref := gathered(t)
	check := func(where string, options []config.Option) {
		for _, o := range options {
			if !strings.HasSuffix(o.Doc, ".") {
				t.Errorf("%s: %s is documented by %q, which is no sentence", where, o.Key, o.Doc)
			}
		}
	}
	check("burstwatch.yaml", ref.Pipeline)
	check("every sink", ref.Delivery)
	check("studio.yaml", ref.Studio)
	for _, p := range slices.Concat(ref.Sources, ref.Sinks) {
		check(p.Name, p.Options)
		if !strings.HasSuffix(p.Summary, ".") {
			t.Errorf("%s: the summary is no sentence: %q", p.Name, p.Summary)
		}
	}
	for _, f := range ref.Families {
		if !strings.HasSuffix(f.Summary, ".") || len(f.Datasets) == 0 {
			t.Errorf("parser %s: %d datasets, summary %q", f.Name, len(f.Datasets), f.Summary)
		}
	}
	for _, c := range ref.Commands {
		if c.Short == "" {
			t.Errorf("%s has no help", c.Path)
		}
		for _, f := range c.Flags {
			if f.Usage == "" {
				t.Errorf("%s %s has no help", c.Path, f.Name)
			}
		}
	}
}

func TestRulesAndChecklistAgree(t *testing.T) {
	ref := gathered(t)
	logs := map[string][]string{}
	for _, s := range ref.Sections {
		for _, c := range s.Controls {
			logs[c.Number] = c.Logs
			for _, log := range c.Logs {
				product, service, _ := strings.Cut(log, ".")
				if len(rules.Datasets(sigma.LogSource{Product: product, Service: service})) == 0 {
					t.Errorf("control %s names %s, which rules do not know as a log", c.Number, log)
				}
			}
		}
	}
	for _, p := range ref.Rules {
		for _, r := range p.Rules {
			for _, number := range r.Header.Controls {
				if logs[number] == nil {
					t.Errorf("%s watches %s, which is not on the checklist", r.ID, number)
				}
				if !slices.ContainsFunc(r.Logs, func(d string) bool { return slices.Contains(logs[number], d) }) {
					t.Errorf("%s watches %s in %q, where the checklist says that nothing of it is seen", r.ID, number, r.Logs)
				}
			}
			if r.Lack != "" {
				t.Errorf("%s, with the example of a studio file: %s", r.ID, r.Lack)
			}
			if r.Idle && len(r.Header.Needs) == 0 {
				t.Errorf("%s is idle without a studio file, and does not say what of it it needs", r.ID)
			}
			// The cases of some detectors are tests of their packages.
			if len(r.Header.Controls) == 0 || (r.Matches == 0 || r.Misses == 0) && r.Detector == "" {
				t.Errorf("%s: %d controls, %d matching cases, %d near misses", r.ID, len(r.Header.Controls), r.Matches, r.Misses)
			}
		}
	}
}

var (
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	link    = regexp.MustCompile(`\]\(([^)#]*)(#[^)]*)?\)`)
	fenced  = regexp.MustCompile("(?s)```.*?```")
)

// TestEveryControlHasARuleOrAnExplanation: an auditor gets an answer to each.
func TestEveryControlHasARuleOrAnExplanation(t *testing.T) {
	for _, s := range gathered(t).Sections {
		for _, c := range s.Controls {
			if len(c.Rules) == 0 && c.Unseen == "" {
				t.Errorf("%s %s: no rule watches it, and nothing says why logs cannot show it", c.Number, c.Name)
			}
		}
	}
}

// TestFalseAlertsThatAreRuledOutAreNamed holds the second table of the controls
// page to the pack: most rules have neighbours that are no breach.
func TestFalseAlertsThatAreRuledOutAreNamed(t *testing.T) {
	named, rules := 0, 0
	for _, p := range gathered(t).Rules {
		for _, r := range p.Rules {
			rules++
			if len(r.RuledOut()) > 0 {
				named++
			}
		}
	}
	if named*3 < rules {
		t.Errorf("%d of %d rules name a false alert that they rule out", named, rules)
	}
}

func TestLinksWithinThePagesLeadSomewhere(t *testing.T) {
	pages := rendered(t)
	anchors := map[string]bool{}
	for name, text := range pages {
		for _, h := range heading.FindAllStringSubmatch(text, -1) {
			anchors[name+"#"+anchor("", h[1])] = true
		}
	}
	seen := 0
	for name, text := range pages {
		for _, l := range link.FindAllStringSubmatch(text, -1) {
			to := l[1]
			if to == "" {
				to = name
			}
			if l[2] == "" {
				continue
			}
			seen++
			if !anchors[to+l[2]] {
				t.Errorf("%s links to %s%s, which is not there", name, l[1], l[2])
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d links found", seen)
	}
}

func TestTablesAreWhole(t *testing.T) {
	for name, text := range rendered(t) {
		columns := 0
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "|") {
				columns = 0
				continue
			}
			n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
			if columns == 0 {
				columns = n
			}
			if n != columns {
				t.Errorf("%s: a row of %d columns in a table of %d: %s", name, n-1, columns-1, line)
			}
		}
	}
}

// rendered are the pages without their examples.
func rendered(t *testing.T) map[string]string {
	t.Helper()
	all, err := render(gathered(t))
	if err != nil || len(all) < 5 {
		t.Fatalf("%d pages, %v", len(all), err)
	}
	out := map[string]string{}
	for name, text := range all {
		out[name] = fenced.ReplaceAllString(string(text), "")
	}
	return out
}

func TestRulesTextIsNotTakenForMarkdown(t *testing.T) {
	for in, want := range map[string]string{
		"/logs/**/*.gz, or - ":   `/logs/\*\*/\*.gz, or -`,
		"run `a*b <c>`\n  and *": "run `a*b <c>` and \\*",
		"a | b <script>":         `a \| b &lt;script>`,
	} {
		if got := cell(in); got != want {
			t.Errorf("%q gave %q, want %q", in, got, want)
		}
	}
}
