package rules

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

const good = "title: Good %s\nid: %s\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  s: {a: b}\n  condition: s\n"

func TestAFolderIsReadWholeAndRefusalsNameTheirPlace(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"b/deep/two.YAML":  fmt.Sprintf(good, "two", "r2"),
		"a.yml":            fmt.Sprintf(good, "one", "r1") + "---\n" + fmt.Sprintf(good, "three", "r3") + "---\ntitle: bad\n",
		"again.yml":        fmt.Sprintf(good, "again", "r1"),
		"note.txt":         "not a rule",
		".hidden/four.yml": fmt.Sprintf(good, "four", "r4"),
		".five.yml":        fmt.Sprintf(good, "five", "r5"),
		"broken.yml":       "a: [",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.yml"), 0o700); err != nil {
		t.Fatal(err)
	}
	p, err := Load([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range p.Rules {
		ids = append(ids, r.ID)
	}
	if !slices.Equal(ids, []string{"r1", "r3", "r2"}) {
		t.Errorf("rules %v", ids)
	}
	var refused []string
	for _, r := range p.Refused {
		refused = append(refused, strings.TrimPrefix(r.Error(), dir+"/"))
	}
	want := []string{
		"a.yml:15:1: the rule has no logsource; line 15: the rule has no detection",
		`again.yml:1:1: id r1 is that of "Good one" in ` + dir + `/a.yml already`,
		"broken.yml:1:1: not YAML: did not find expected node content",
	}
	slices.Sort(refused)
	if !slices.Equal(refused, want) {
		t.Errorf("refused\n%s\nwant\n%s", strings.Join(refused, "\n"), strings.Join(want, "\n"))
	}
	if p.Rule("r3") == nil || p.Rule("r9") != nil {
		t.Error("Rule")
	}
}

func TestAFileIsReadWhateverItsName(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rule.txt")
	if err := os.WriteFile(file, fmt.Appendf(nil, good, "x", "x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p := load(t, file); len(p.Rules) != 1 || p.Rules[0].File != file {
		t.Errorf("%+v", p.Rules)
	}
}

func TestASpecThatIsNoneIsAnError(t *testing.T) {
	if _, err := Load([]string{"builtin", "no/such/folder"}); !errors.Is(err, fs.ErrNotExist) && !strings.Contains(fmt.Sprint(err), "no/such/folder") {
		t.Error(err)
	}
}

func TestBuiltinRulesAreComplete(t *testing.T) {
	pack := load(t, Builtin)
	if len(pack.Rules) < 25 {
		t.Errorf("%d rules", len(pack.Rules))
	}
	for _, r := range pack.Rules {
		hits, misses := 0, 0
		for _, c := range r.Header.Cases {
			if c.Match {
				hits++
			} else {
				misses++
			}
		}
		if hits == 0 || misses == 0 {
			t.Errorf("%s: %d cases match and %d do not: at least one of each", r.ID, hits, misses)
		}
		if len(r.Header.Controls) == 0 || len(r.Header.Do) == 0 || len(r.Header.Message) == 0 || r.Description == "" || r.Version() == "" {
			t.Errorf("%s: control, message, do, description or date is missing", r.ID)
		}
		if !slices.ContainsFunc(r.Sources(), func(l sigma.LogSource) bool { return len(Datasets(l)) > 0 }) {
			t.Errorf("%s: no dataset", r.ID)
		}
		if !strings.HasPrefix(r.ID, "bw-") {
			t.Errorf("%s: our ids begin with bw-", r.ID)
		}
	}
}

func TestCasesAreRun(t *testing.T) {
	pack := loadDoc(t, `title: Stop
id: x
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: Stop, who|expand: '%who%'}, condition: s}
burstwatch:
  message: "{eventName} by {who}"
  cases:
    - {name: right, match: true, record: {eventName: Stop, who: a}, with: {who: [a]}, message: Stop by unknown}
    - {name: wrong message, match: true, record: {eventName: Stop, who: a}, with: {who: [a]}, message: Go}
    - {name: should not, match: false, record: {eventName: Stop, who: a}, with: {who: [a]}}
    - {name: should, match: true, record: {eventName: Go}, with: {who: [a]}}
    - {name: idle, match: true, record: {eventName: Go}}
    - {name: text, match: false, record: "no JSON", with: {who: [a]}}
`)
	parse := func(native []byte, dataset string) ([]*event.Event, error) {
		if dataset != "aws.cloudtrail" || native[0] != '{' {
			return nil, errors.New("unreadable")
		}
		return []*event.Event{{Schema: withECS, Record: native}}, nil
	}
	var got []string
	for _, r := range Test(pack, []event.Schema{withECS}, parse, Options{}) {
		got = append(got, fmt.Sprintf("%s %v %s", r.Case.Name, r.Passed, r.Reason))
	}
	want := []string{
		"right true ", `wrong message false the alert says "Stop by unknown", not "Go"`, "should not false the rule matches, and should not",
		"should false the rule does not match, and should", "idle false the rule is idle: the studio file gives no values for who",
		"text false the record cannot be read as aws.cloudtrail: unreadable",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestCasesAreLaidOverAPlainRecord(t *testing.T) {
	pack := loadDoc(t, fmt.Sprintf(good, "x", "x")+`burstwatch:
  cases:
    - {name: a, match: true, record: {eventName: New, userIdentity: {accountId: "9"}, requestParameters: {a: {b: "<&>"}}}}
    - {name: b, match: true, record: {userIdentity: {type: Root}}}
    - {name: c, match: true, record: "a line"}
`)
	c := pack.Rules[0].Header.Cases
	a, err := Native("aws.cloudtrail", &c[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"eventName":"New"`, `"accountId":"9"`, `"type":"AssumedRole"`, `{"b":"<&>"}`, `"eventVersion"`} {
		if !strings.Contains(string(a), part) {
			t.Errorf("%s lacks %s", a, part)
		}
	}
	b, _ := Native("aws.cloudtrail", &c[1])
	if !strings.Contains(string(b), `"userIdentity":{"type":"Root"}`) {
		t.Errorf("an identity of another type keeps keys of the base: %s", b)
	}
	if line, _ := Native("aws.vpcflow", &c[2]); string(line) != "a line" {
		t.Errorf("%s", line)
	}
	if other, _ := Native("deadline.job", &c[1]); string(other) != `{"userIdentity":{"type":"Root"}}` {
		t.Errorf("%s", other)
	}
}

// TestOnlyTheCasesAreMissingFromWhatIsLoadedToJudge: and of every rule they are.
func TestOnlyTheCasesAreMissingFromWhatIsLoadedToJudge(t *testing.T) {
	all, err := Load([]string{Builtin})
	if err != nil {
		t.Fatal(err)
	}
	some, err := LoadToJudge([]string{Builtin})
	if err != nil {
		t.Fatal(err)
	}
	if len(some.Rules) != len(all.Rules) || len(some.Refused)+len(all.Refused) > 0 {
		t.Fatalf("%d rules of %d, refused %v", len(some.Rules), len(all.Rules), some.Refused)
	}
	for i, r := range all.Rules {
		if n := len(some.Rules[i].Header.Cases); n > 0 {
			t.Errorf("%s has %d cases", r.ID, n)
		}
		if a, b := stripped(*r), stripped(*some.Rules[i]); a != b {
			t.Errorf("%s is not what it was:\n%s\n%s", r.ID, a, b)
		}
	}
}

// stripped is a rule as text, without its cases and places in the file.
func stripped(r sigma.Rule) string {
	r.Line, r.Header.Cases = 0, nil
	return fmt.Sprintf("%s %s %s %s %s %v %+v", r.ID, r.Hash, r.Title, r.Description, r.Level, r.Tags, r.Header)
}
