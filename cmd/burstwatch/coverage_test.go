package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

var update = flag.Bool("update", false, "write docs/coverage.md anew")

// missed says of samples that raise nothing of medium level or above why.
var missed = map[string]string{
	"aws.execution.ssm-start-session":      "a session is how machines are to be administered: it is noted, and what is typed is judged by its transcript",
	"cloudtrail_update_trail":              "the trail is changed and sees no less; what narrows it is high",
	"unauthorized_operation":               "one refused read says nothing; refusals of keys, launches, sessions and passwords do",
	"UpdateFunctionConfiguration":          "the function is given more time: what it runs stays the same",
	"access_denied":                        "one refused read says nothing; refusals of keys, launches, sessions and passwords do",
	"Recon-EC2-PortProbeUnprotectedPort":   "GuardDuty itself calls it low",
	"Recon-EC2-Portscan":                   "the sample says that it was archived: somebody, or a filter, dealt with it",
	"UnauthorizedAccess-EC2-RDPBruteForce": "GuardDuty itself calls it low: the machine is the target, not the source",
	"UnauthorizedAccess-EC2-SSHBruteForce": "GuardDuty itself calls it low: the machine is the target, not the source",
}

// raised is what a scan of one sample said: alerts by rule.
type raised struct {
	name   string
	alerts map[string]int
	level  map[string]string
}

func (r *raised) loud() bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(r.level)), func(l string) bool { return l == "medium" || l == "high" || l == "critical" })
}

// TestTechniquesWithoutLogsRaiseAlerts: of techniques that are published, and
// of which there is no log at hand, each record in the documented shape is seen.
func TestTechniquesWithoutLogsRaiseAlerts(t *testing.T) {
	for _, r := range techniques(t) {
		if !r.loud() {
			t.Errorf("%s raises no alert of medium or above: %v", r.name, r.alerts)
		}
	}
}

// TestTheCoveragePageIsTrue holds docs/coverage.md to what a scan of the public
// samples says. -update writes it anew.
func TestTheCoveragePageIsTrue(t *testing.T) {
	corpus := os.Getenv("BURSTWATCH_CORPUS")
	if corpus == "" {
		t.Skip("BURSTWATCH_CORPUS is not set: the samples are no part of the repository")
	}
	var page bytes.Buffer
	page.WriteString(coverageHead)
	samples := []struct {
		title string
		found []*raised
	}{
		{"Detonation logs of Stratus Red Team", stratus(t, corpus)},
		{"Labelled CloudTrail events of FivexL", labelled(t, corpus)},
		{"Sample findings of GuardDuty", findings(t, corpus)},
		{"Techniques without a public log", techniques(t)},
	}
	for _, s := range samples {
		table(t, &page, s.title, s.found)
	}
	file := filepath.Join("..", "..", "docs", "coverage.md")
	if *update {
		if err := os.WriteFile(file, page.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, page.Bytes()) {
		t.Errorf("docs/coverage.md is not what a scan says: go test ./cmd/burstwatch -run TheCoveragePage -update (%v)", err)
	}
}

const coverageHead = `<!-- Written by go test ./cmd/burstwatch -run TheCoveragePage -update: edit the test, or the rules. -->
# Coverage

Public samples of attacks, and the alerts that the builtin rules raise on them: without a studio file, so without what
only the studio knows (whose network, key or role it is), each sample alone. Numbers are alerts before repeats are
gathered into one case. What raises nothing of medium level or above is a miss, and says why.

Rules aim at what is done, not at these samples: the last table has techniques of which no log is public, as records in
the shapes that AWS documents.
`

func table(t *testing.T, page *bytes.Buffer, title string, found []*raised) {
	t.Helper()
	seen := 0
	for _, r := range found {
		if r.loud() {
			seen++
		}
	}
	fmt.Fprintf(page, "\n## %s\n\n%d of %d raise an alert of medium level or above.\n\n| sample | alerts | missed because |\n|---|---|---|\n", title, seen, len(found))
	for _, r := range found {
		why := ""
		if !r.loud() {
			if why = missed[r.name]; why == "" {
				t.Errorf("%s raises nothing of medium or above (%v), and nothing says why", r.name, r.alerts)
			}
		}
		fmt.Fprintf(page, "| %s | %s | %s |\n", r.name, r.said(), why)
	}
}

// said lists the alerts, the worst rule first.
func (r *raised) said() string {
	ids := slices.SortedFunc(maps.Keys(r.alerts), func(a, b string) int {
		return cmp.Or(severity(r.level[b])-severity(r.level[a]), strings.Compare(a, b))
	})
	var out []string
	for _, id := range ids {
		times := ""
		if n := r.alerts[id]; n > 1 {
			times = fmt.Sprintf(" ×%d", n)
		}
		out = append(out, fmt.Sprintf("[%s](rules.md#%s) %s%s", id, id, r.level[id], times))
	}
	return strings.Join(out, ", ")
}

func severity(level string) int {
	return slices.Index([]string{"informational", "low", "medium", "high", "critical"}, level)
}

func stratus(t *testing.T, corpus string) (out []*raised) {
	files, _ := filepath.Glob(filepath.Join(corpus, "stratus-red-team", "*.json"))
	for _, f := range files {
		out = append(out, scanSample(t, strings.TrimSuffix(filepath.Base(f), ".json"), f))
	}
	return out
}

func findings(t *testing.T, corpus string) (out []*raised) {
	files, _ := filepath.Glob(filepath.Join(corpus, "guardduty-soar", "*.json"))
	for _, f := range files {
		out = append(out, scanSample(t, strings.TrimSuffix(filepath.Base(f), ".json"), f))
	}
	return out
}

func labelled(t *testing.T, corpus string) (out []*raised) {
	text, err := os.ReadFile(filepath.Join(corpus, "fivexl-cloudtrail-labelled", "test_events.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Events []struct {
			Label string          `json:"test_event_name"`
			Event json.RawMessage `json:"event"`
		} `json:"test_events"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, e := range all.Events {
		file := write(t, filepath.Join(t.TempDir(), e.Label+".json"), "%s", e.Event)
		out = append(out, scanSample(t, e.Label, file))
	}
	return out
}

// techniques are those of testdata/techniques.txtar, laid over a plain record,
// with ids of their own, and scanned together.
func techniques(t *testing.T) (out []*raised) {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "techniques.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir, byFile := t.TempDir(), map[string]*raised{}
	for _, f := range archive.Files {
		var records bytes.Buffer
		for line := range bytes.Lines(f.Data) {
			own := fmt.Appendf(nil, `{"eventID":"%s %d",%s`, f.Name, records.Len(), bytes.TrimPrefix(line, []byte("{")))
			record, err := rules.Native("aws.cloudtrail", &sigma.Case{Record: own, Object: true})
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			records.Write(append(record, '\n'))
		}
		r := &raised{f.Name, map[string]int{}, map[string]string{}}
		byFile[write(t, filepath.Join(dir, f.Name+".json"), "%s", records.Bytes())] = r
		out = append(out, r)
	}
	for _, a := range read(t, inside(t, nil, dir)) {
		for _, e := range a.Studio.Alert.Evidence {
			if r := byFile[e.Object]; r != nil {
				r.add(a, 1)
			}
		}
	}
	return out
}

func (r *raised) add(a *told, n int) {
	r.alerts[a.Rule.ID] += n
	r.level[a.Rule.ID] = a.Rule.Level
}

func scanSample(t *testing.T, name, file string) *raised {
	t.Helper()
	r := &raised{name, map[string]int{}, map[string]string{}}
	for _, a := range read(t, inside(t, nil, file)) {
		r.add(a, max(1, len(a.Studio.Alert.Evidence)))
	}
	return r
}
