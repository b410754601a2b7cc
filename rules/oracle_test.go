package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/burstwatch/burstwatch/internal/event"
)

// The independent judge is the crate rsigma-eval 0.23.0 behind a command that
// prints one JSON line a match. Its verdicts are committed under
// testdata/oracle; to make them anew:
//
//	SIGMA_ORACLE=/path/to/sigma-oracle BURSTWATCH_CORPUS=… go test ./rules -run Oracle -update
var update = flag.Bool("update", false, "ask the judge again and write its verdicts")

// verdict is a match: the event's line, from 1, and the rule.
type verdict struct {
	line int
	rule string
}

func (v verdict) String() string { return fmt.Sprintf("%d %s", v.line, v.rule) }

// sigmaRules is the folder of SigmaHQ's rules and samples of real logs.
func corpus(t testing.TB) string {
	dir := os.Getenv("BURSTWATCH_CORPUS")
	if dir == "" {
		t.Skip("BURSTWATCH_CORPUS is not set")
	}
	return dir
}

func TestOracleAgreesOnEachModifier(t *testing.T) {
	events := generated(load(t, "testdata/oracle/modifiers.yml").Rules)
	agree(t, "modifiers", events, "testdata/oracle/modifiers.yml")
}

func TestOracleAgreesOnEveryBranchOfCloudTrailRules(t *testing.T) {
	dir := filepath.Join(corpus(t), "sigma-rules/rules/cloud/aws/cloudtrail")
	pack := load(t, dir)
	if len(pack.Rules) != 57 {
		t.Errorf("%d rules loaded, not 57", len(pack.Rules))
	}
	agree(t, "cloudtrail", generated(pack.Rules), dir)
}

func TestOracleAgreesOnEveryBranchOfLinuxRules(t *testing.T) {
	dir := filepath.Join(corpus(t), "sigma-rules/rules/linux")
	agree(t, "linux", generated(load(t, dir).Rules), dir)
}

func TestOracleAgreesOnRealCloudTrail(t *testing.T) {
	root := corpus(t)
	events := realEvents(t, root)
	if len(events) < 900 {
		t.Errorf("only %d CloudTrail events in the corpus", len(events))
	}
	agree(t, "real", events, filepath.Join(root, "sigma-rules/rules/cloud/aws/cloudtrail"))
}

func load(t testing.TB, specs ...string) *Pack {
	t.Helper()
	if specs[0] == "builtin" {
		specs = []string{Builtin}
	}
	p, err := Load(specs)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Refused {
		t.Error(r.Error())
	}
	return p
}

// agree compares our verdicts with the golden's. Where the two judges differ,
// the golden's section "differences" must name the event and the rule with the
// line of the specification that decides, and we must be on its side.
func agree(t *testing.T, name string, events []string, rules string) {
	t.Helper()
	file := filepath.Join("testdata/oracle", name+".txtar")
	ours := judge(t, load(t, rules), events)
	if *update {
		write(t, file, events, ask(t, events, rules), ours)
	}
	golden := read(t, file)
	if kept := golden["events.ndjson"]; kept != "" && kept != strings.Join(events, "\n")+"\n" {
		t.Fatalf("%s: the rules or the generator made other events than the golden has: run the command in it", file)
	}
	want := verdicts(golden["matches"])
	explained := differences(t, golden["differences"])
	for _, v := range symmetric(ours, want) {
		mine := slices.Contains(ours, v)
		if why, ok := explained[v]; !ok || why.mine != mine {
			t.Errorf("rule %s on event %d: we say %v, the judge says %v\n%s", v.rule, v.line, mine, !mine, events[v.line-1])
		}
		delete(explained, v)
	}
	for v := range explained {
		t.Errorf("%s names a difference on event %d, rule %s, and there is none", file, v.line, v.rule)
	}
}

// judge returns our verdicts.
func judge(t testing.TB, pack *Pack, events []string) []verdict {
	t.Helper()
	linux := &plain{"linux.syslog", nil}
	set, err := Compile(pack, []event.Schema{cloudtrail, linux, &plain{"linux.auth", nil}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	j := set.Judge()
	var out []verdict
	var s event.Scratch
	for i, rec := range events {
		s.Reset()
		for _, schema := range []event.Schema{cloudtrail, linux} {
			ev := event.Event{Schema: schema, Record: []byte(rec)}
			for _, r := range j.Event(&ev, &s) {
				out = append(out, verdict{i + 1, r.ID})
			}
		}
	}
	return out
}

// ask runs the independent judge.
func ask(t *testing.T, events []string, rules string) []verdict {
	t.Helper()
	tool := os.Getenv("SIGMA_ORACLE")
	if tool == "" {
		t.Fatal("SIGMA_ORACLE is not set")
	}
	in := filepath.Join(t.TempDir(), "events.ndjson")
	if err := os.WriteFile(in, []byte(strings.Join(events, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), tool, in, rules)
	cmd.Stderr = &stderr
	b, err := cmd.Output()
	if err != nil {
		t.Logf("the judge: %v\n%s", err, &stderr)
	}
	var out []verdict
	for line := range strings.Lines(string(b)) {
		var m struct {
			Line int
			Rule string
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		out = append(out, verdict{m.Line, m.Rule})
	}
	return out
}

// write keeps the differences that the golden explains already, and lists new
// ones with the reason to be written.
func write(t *testing.T, file string, events []string, theirs, ours []verdict) {
	t.Helper()
	old := map[verdict]difference{}
	if b, err := os.ReadFile(file); err == nil {
		for _, f := range txtar.Parse(b).Files {
			if f.Name == "differences" {
				old = differences(t, string(f.Data))
			}
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var matches, diffs strings.Builder
	for _, v := range theirs {
		fmt.Fprintln(&matches, v)
	}
	for _, v := range symmetric(ours, theirs) {
		why, mine := old[v].why, slices.Contains(ours, v)
		if why == "" {
			why = "TO BE EXPLAINED"
		}
		fmt.Fprintf(&diffs, "%s %s %s\n", v, map[bool]string{true: "ours", false: "theirs"}[mine], why)
	}
	a := &txtar.Archive{Comment: []byte("Verdicts of the independent judge (rsigma-eval 0.23.0), one \"EVENT RULE\" a line.\n" +
		"SIGMA_ORACLE=/path/to/sigma-oracle BURSTWATCH_CORPUS=/path/to/corpus go test ./rules -run Oracle -update\n")}
	if !strings.Contains(file, "real") {
		a.Files = append(a.Files, txtar.File{Name: "events.ndjson", Data: []byte(strings.Join(events, "\n") + "\n")})
	}
	a.Files = append(a.Files, txtar.File{Name: "matches", Data: []byte(matches.String())},
		txtar.File{Name: "differences", Data: []byte(diffs.String())})
	if err := os.WriteFile(file, txtar.Format(a), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) map[string]string {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range a.Files {
		out[f.Name] = string(f.Data)
	}
	return out
}

func verdicts(text string) []verdict {
	var out []verdict
	for line := range strings.Lines(text) {
		n, rule, _ := strings.Cut(strings.TrimSpace(line), " ")
		at, _ := strconv.Atoi(n)
		out = append(out, verdict{at, rule})
	}
	return out
}

// difference says that one judge alone sees a match, and why we are right.
type difference struct {
	mine bool
	why  string
}

func differences(t *testing.T, text string) map[verdict]difference {
	t.Helper()
	out := map[verdict]difference{}
	for line := range strings.Lines(text) {
		w := strings.SplitN(strings.TrimSpace(line), " ", 4)
		if len(w) < 4 || w[3] == "TO BE EXPLAINED" {
			t.Errorf("a difference without a reason: %s", line)
			continue
		}
		at, _ := strconv.Atoi(w[0])
		out[verdict{at, w[1]}] = difference{w[2] == "ours", w[3]}
	}
	return out
}

// symmetric is what is in one list alone, in order.
func symmetric(a, b []verdict) []verdict {
	count := map[verdict]int{}
	for _, v := range a {
		count[v] |= 1
	}
	for _, v := range b {
		count[v] |= 2
	}
	var out []verdict
	for v, n := range count {
		if n != 3 {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(x, y verdict) int { return x.line*1000 - y.line*1000 + strings.Compare(x.rule, y.rule) })
	return out
}

// realEvents are the CloudTrail records of the corpus, in whatever they are
// wrapped, in order of path and place.
func realEvents(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(p) != ".json" || strings.Contains(p, "json-schema") {
			return err
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		for dec := json.NewDecoder(bytes.NewReader(b)); ; {
			var v any
			dec.UseNumber()
			if dec.Decode(&v) != nil {
				return nil
			}
			out = records(out, v)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// records finds CloudTrail records inside a JSON value.
func records(out []string, v any) []string {
	switch v := v.(type) {
	case map[string]any:
		if v["eventName"] != nil && v["eventSource"] != nil {
			b, err := json.Marshal(v)
			if err != nil {
				panic(err)
			}
			return append(out, string(b))
		}
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			out = records(out, v[k])
		}
	case []any:
		for _, x := range v {
			out = records(out, x)
		}
	}
	return out
}
