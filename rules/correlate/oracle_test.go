package correlate_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// The independent judge is the crate rsigma-eval 0.23.0 behind a command that
// prints one JSON line a match. Its verdicts are committed under
// testdata/oracle; to make them anew:
//
//	SIGMA_ORACLE=/path/to/sigma-oracle go test ./rules/correlate -run Oracle -update
var update = flag.Bool("update", false, "ask the judge again and write its verdicts")

// verdict is a case: its rule, its group as JSON, and the begin of its bucket in
// seconds after the epoch of cases.
type verdict struct {
	rule, group string
	bucket      int
}

func (v verdict) String() string { return fmt.Sprintf("%s %s %+d", v.rule, v.group, v.bucket) }

// difference is a verdict on which we and the judge disagree, and the line of
// the specification that decides.
type difference struct {
	about func(v verdict) bool
	why   string
}

// withoutField is the group that the judge makes of events that lack a field.
var withoutField = difference{
	func(v verdict) bool { return strings.Count(v.group, ":") < strings.Count(groupBy[v.rule], " ")+1 },
	`Temporal Proximity: "The values of fields defined in group-by must all have the same value": what has no value has not the same; the judge takes all events without it for one group`,
}

// groupBy are the names of group-by of the rules, for withoutField.
var groupBy = map[string]string{}

// kinds are correlations of each kind.
var kinds = map[string]struct {
	rules string
	// judge turns what the judge says of a match into whether it is one.
	judge func(rule string, value float64) bool
}{
	"event_count": {rules: group("user", "type: event_count, rules: [a], timespan: 10m, condition: {gte: 5}") +
		group("user host", "type: event_count, rules: [a, b], timespan: 5m, condition: {gt: 1, lte: 3}") +
		group("host", "type: event_count, rules: [b], timespan: 2h, condition: {eq: 7}") +
		group("user", "type: event_count, rules: [c], timespan: 1m, condition: {neq: 1}")},
	"value_count": {rules: group("host", "type: value_count, rules: [a], timespan: 10m, condition: {field: user, gte: 3}") +
		group("user", "type: value_count, rules: [a, b, c], timespan: 3m, condition: {field: host, lt: 2}") +
		group("user", "type: value_count, rules: [b], timespan: 1h, condition: {field: [host, n], gte: 9}")},
	"temporal": {rules: group("user", "type: temporal, rules: [a, b, c], timespan: 90s, condition: {gte: 3}") +
		group("host", "type: temporal, rules: [a, b, c], timespan: 30s, condition: {eq: 2}") +
		group("user host", "type: temporal, rules: [a, b, c], timespan: 10m, condition: (a or b) and not c") +
		group("user", "type: temporal, rules: [a, b], timespan: 2m, condition: a and not b")},
	"temporal_ordered": {rules: group("user", "type: temporal_ordered, rules: [a, b, c], timespan: 2m") +
		group("host", "type: temporal_ordered, rules: [c, a], timespan: 20s") +
		group("user host", "type: temporal_ordered, rules: [a, b, c], timespan: 10m, condition: a and b and c")},
	"value_sum": {rules: group("user", "type: value_sum, rules: [a], timespan: 10m, condition: {field: n, gt: 250}") +
		group("host", "type: value_sum, rules: [a, b, c], timespan: 1h, condition: {field: n, lte: 60}")},
	"value_avg": {rules: group("user", "type: value_avg, rules: [a, b], timespan: 5m, condition: {field: n, gte: 80}") +
		group("host", "type: value_avg, rules: [c], timespan: 2h, condition: {field: n, lt: 45}")},
	"value_percentile": {
		rules: group("user", "type: value_percentile, rules: [a], timespan: 20m, condition: {field: n, percentile: 90, gte: 95}") +
			group("host", "type: value_percentile, rules: [a, b, c], timespan: 5m, condition: {field: n, percentile: 50, lt: 20}"),
		// The judge gives the value at the percentile and does not hold it
		// against the condition, which "defines when a correlation matches".
		judge: func(rule string, value float64) bool {
			return strings.HasSuffix(rule, "-1") && value >= 95 || strings.HasSuffix(rule, "-2") && value < 20
		},
	},
	"chain": {rules: group("user", "type: temporal_ordered, rules: [many, c], timespan: 15m") +
		"---\ntitle: Many\nid: many-id\nname: many\ncorrelation: {type: event_count, rules: [a], group-by: [user, host], timespan: 3m, condition: {gte: 3}}\n" +
		group("user", "type: temporal, rules: [many, b], timespan: 1m, condition: {gte: 2}") +
		"---\ntitle: Few\nid: few-id\nname: few\ncorrelation: {type: event_count, rules: [b], group-by: [user], timespan: 2m, condition: {lte: 1}}\n" +
		group("user", "type: temporal_ordered, rules: [few, a], timespan: 1m")},
}

func TestOracleAgrees(t *testing.T) {
	for name, c := range kinds {
		t.Run(name, func(t *testing.T) { agree(t, name, c.rules, c.judge, []difference{withoutField}) })
	}
}

// group writes a correlation with these names in group-by.
func group(names, body string) string {
	return "---\nGROUP " + names + "\n" + body + "\n"
}

// spelled makes documents of what group wrote.
func spelled(name, rules string) string {
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(rules, "---\n") {
		head, body, _ := strings.Cut(part, "\n")
		if names, ok := strings.CutPrefix(head, "GROUP "); ok {
			n++
			id := fmt.Sprintf("%s-%d", name, n)
			groupBy[id] = names
			part = fmt.Sprintf("title: %s\nid: %s\ngenerate: true\ncorrelation: {group-by: [%s], %s}\n", id, id, strings.ReplaceAll(names, " ", ", "), strings.TrimSpace(body))
		}
		if part != "" {
			b.WriteString(part + "---\n")
		}
	}
	return b.String() + strings.TrimPrefix(base("a")+base("b")+base("c"), "---\n")
}

// stream makes events in order: bursts and pauses over some hours, each at a
// second of its own.
func stream(seed uint64) (lines []string, list []*event.Event) {
	dice := rand.New(rand.NewPCG(42, seed))
	var out []record
	for at := 0; len(out) < 300; at += 1 + dice.IntN([]int{8, 8, 8, 8, 8, 8, 100, 1500}[dice.IntN(8)]) {
		fields := []string{fmt.Sprintf(`"n":%d`, dice.IntN(100))}
		if dice.IntN(12) > 0 {
			fields = append(fields, fmt.Sprintf(`"user":%q`, []string{"ann", "bob", "eve"}[dice.IntN(3)]))
		}
		fields = append(fields, fmt.Sprintf(`"host":%q`, []string{"h", "g"}[dice.IntN(2)]))
		out = append(out, kind(at, []string{"a", "a", "b", "c"}[dice.IntN(4)], fields...))
	}
	list = events(out)
	for _, ev := range list {
		lines = append(lines, string(ev.Record))
	}
	return lines, list
}

func agree(t *testing.T, name, rules string, counts func(string, float64) bool, but []difference) {
	file := filepath.Join("testdata/oracle", name+".txtar")
	docs := spelled(name, rules)
	lines, list := stream(uint64(len(name)))
	ours := verdicts(t, docs, list)
	if *update {
		cases := ask(t, docs, lines, list, counts)
		write(t, file, docs, lines, cases, differences(t, ours, cases, but))
	}
	golden, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]string{}
	for _, f := range golden.Files {
		kept[f.Name] = string(f.Data)
	}
	if kept["rules.yml"] != docs || kept["events.ndjson"] != strings.Join(lines, "\n")+"\n" {
		t.Fatalf("%s: the rules or the generator are others than the golden's: run the command in it", file)
	}
	theirs := strings.Split(strings.TrimSpace(kept["cases"]), "\n")
	for _, r := range compiled(t, docs).Stateful() {
		if !strings.Contains(kept["cases"], r.ID+" ") {
			t.Errorf("no case of %s", r.ID)
		}
	}
	explained := kept["differences"]
	for _, v := range ours {
		if !slices.Contains(theirs, v.String()) {
			t.Errorf("we alone have %s", v)
		}
		theirs = slices.DeleteFunc(theirs, func(s string) bool { return s == v.String() })
	}
	for _, s := range theirs {
		if !strings.Contains(explained, s+": ") {
			t.Errorf("the judge alone has %s", s)
		}
	}
	if n := strings.Count(explained, "\n"); n != len(theirs) {
		t.Errorf("%d differences are explained, %d are there", n, len(theirs))
	}
}

// differences are the verdicts of the judge that we do not share, each with the
// reason.
func differences(t *testing.T, ours []verdict, theirs []string, known []difference) (out []string) {
	for _, s := range theirs {
		var v verdict
		if _, err := fmt.Sscanf(s, "%s %s %d", &v.rule, &v.group, &v.bucket); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(ours, v) {
			continue
		}
		for _, d := range known {
			if d.about(v) {
				out = append(out, s+": "+d.why)
				break
			}
		}
	}
	return out
}

// verdicts are our cases.
func verdicts(t *testing.T, docs string, list []*event.Event) (out []verdict) {
	set := compiled(t, docs)
	for _, s := range set.Stateful() {
		r := set.Rehearse(s, nil)
		r.Batch("a", list)
		for _, c := range r.Cases(0) {
			fields := map[string]string{}
			for _, f := range c.Fields {
				if slices.Contains(s.Correlation.GroupBy, f.Name) {
					fields[f.Name] = f.Value
				}
			}
			text, _ := json.Marshal(fields)
			out = append(out, verdict{s.ID, string(text), seconds(c.Bucket)})
		}
	}
	return out
}

// ask runs the independent judge.
func ask(t *testing.T, docs string, lines []string, list []*event.Event, counts func(string, float64) bool) []string {
	t.Helper()
	tool := os.Getenv("SIGMA_ORACLE")
	if tool == "" {
		t.Fatal("SIGMA_ORACLE is not set")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"rules.yml": docs, "events.ndjson": strings.Join(lines, "\n") + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(tool, filepath.Join(dir, "events.ndjson"), filepath.Join(dir, "rules.yml")).Output()
	if err != nil {
		t.Fatal(err)
	}
	long := map[string]time.Duration{}
	for _, s := range compiled(t, docs).Stateful() {
		long[s.ID] = s.Detect.Span().Bucket
	}
	var found []string
	for sc := bufio.NewScanner(bytes.NewReader(out)); sc.Scan(); {
		var m struct {
			Line        int
			Correlation string
			Group       [][2]string
			Value       float64
		}
		if err := json.Unmarshal(sc.Bytes(), &m); err != nil {
			t.Fatal(err, sc.Text())
		}
		if m.Correlation == "" || counts != nil && !counts(m.Correlation, m.Value) {
			continue
		}
		fields := map[string]string{}
		for _, g := range m.Group {
			fields[g[0]] = g[1]
		}
		text, _ := json.Marshal(fields)
		at := time.Unix(0, list[m.Line-1].Time).Sub(sigma.CaseEpoch)
		v := verdict{m.Correlation, string(text), int(at.Truncate(long[m.Correlation]) / time.Second)}
		found = append(found, v.String())
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func write(t *testing.T, file, docs string, lines, cases, differences []string) {
	t.Helper()
	a := &txtar.Archive{
		Comment: []byte("Verdicts of rsigma-eval 0.23.0, made by\n\n    SIGMA_ORACLE=/path/to/sigma-oracle go test ./rules/correlate -run Oracle -update\n\nA case is rule, group and begin of the bucket, in seconds after the first event's hour. Where the judge and the\nspecification differ, the specification is right, and the line that decides is quoted.\n"),
		Files: []txtar.File{
			{Name: "rules.yml", Data: []byte(docs)},
			{Name: "cases", Data: []byte(strings.Join(cases, "\n") + "\n")},
			{Name: "differences", Data: []byte(strings.Join(append(differences, ""), "\n"))},
			{Name: "events.ndjson", Data: []byte(strings.Join(lines, "\n") + "\n")},
		},
	}
	if err := os.WriteFile(file, txtar.Format(a), 0o600); err != nil {
		t.Fatal(err)
	}
}
