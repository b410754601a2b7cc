package generic

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/parsers"
	"github.com/burstwatch/burstwatch/parsers/parsertest"
)

var update = flag.Bool("update", false, "write the goldens anew")

func TestGoldens(t *testing.T) { parsertest.Goldens(t, Spec(), *update) }

// pieces are what odd inputs are made of.
var pieces = []string{
	`{"a":1,"time":"2025-07-01T08:00:00Z","message":"hello","level":"warn"}`, "{\n  \"a\": {\n    \"b\": [\n      {\n        \"c\": 1\n      }\n    ]\n  }\n}",
	`{"version":"0","id":"0b4e","detail-type":"Health","source":"aws.health","account":"004805711429","time":"2025-07-01T08:00:00Z","region":"eu-west-1","resources":["arn:x"],"detail":{"k":"v"}}`,
	`{"Records":[{"a":1},{"b":2}],"next":null}`, `{"Records":[`, `{"Records": 7}`, `]}`, `]`, `[{"a":1},`, `[1,"two",null,[3]]`, `,`, `}`, `[`, `{`, `{"a":`, `{"a":1}}`,
	`{"a":1} {"b":2} trailing words`, `{"broken":tru}`, `{"unclosed":"`, `{user} logged in`, `[info] started`, `  at com.example.Main(Main.java:7)`,
	"Nov  6 09:37:05 host sshd[123]: Accepted password for jane from 203.0.113.7 port 50 ssh2", "<34>1 2003-10-11T22:14:15.003Z h su - ID47 - 'su root' failed", "plain words",
	"bad \xff\xfe utf8", "nul \x00 byte", strings.Repeat("x", 700), `{"long":"` + strings.Repeat("y", 700) + `"}`, "", "   ", "\t", strings.Repeat(" ", 600), "\ufeff",
}

func drawLog(t *rapid.T) []byte {
	var b bytes.Buffer
	if rapid.Bool().Draw(t, "json first") {
		b.WriteString(pieces[0] + "\n")
	}
	for range rapid.IntRange(0, 12).Draw(t, "pieces") {
		b.WriteString(rapid.SampledFrom(pieces).Draw(t, "piece"))
		b.WriteString(rapid.SampledFrom([]string{"\n", "\n", "\n", "\r\n", "", " ", "\n  "}).Draw(t, "end"))
	}
	return b.Bytes()
}

func TestAnySplitOfTheInputGivesTheSameEvents(t *testing.T) {
	parsertest.Splits(t, Spec(), 512, drawLog)
}

func TestGettersAgreeWithTheDocument(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		// A raw name wins over one of ECS: message, or @timestamp as it was written.
		parsertest.Getters(t, Spec(), drawLog(rt), func(ev *event.Event, name string) bool {
			c, _ := ev.Schema.(schema)
			return c.json() && len(jsonscan.CompilePath(name).Append(nil, ev.Record, nil)) > 0
		})
	})
}

func FuzzParse(f *testing.F) {
	for _, p := range pieces {
		f.Add([]byte(p), 3)
		f.Add([]byte(pieces[0]+"\n"+p+"\n"+pieces[0]), 90)
	}
	f.Fuzz(func(t *testing.T, input []byte, cut int) {
		whole := parsertest.Run(Spec(), input, parsertest.Origin, parsertest.Windows{MaxRecord: 1024})
		for _, e := range whole.Events {
			if !json.Valid([]byte(e)) {
				t.Fatalf("no JSON: %s", e)
			}
		}
		if cut <= 0 || cut >= len(input) {
			return
		}
		parts := parsertest.Run(Spec(), input, parsertest.Origin, parsertest.Windows{Cuts: []int{cut}, MaxRecord: 1024})
		if !slices.Equal(whole.Events, parts.Events) || !slices.Equal(whole.Rejects, parts.Rejects) || whole.Err != parts.Err {
			t.Fatalf("a cut at %d changes %+v to %+v", cut, whole, parts)
		}
	})
}

// Every valid line of NDJSON is one event that holds it whole.
func TestJSONIsKeptWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var lines []string
		for range rapid.IntRange(1, 10).Draw(t, "lines") {
			b, err := json.Marshal(map[string]any{
				rapid.String().Draw(t, "key"): rapid.SampledFrom([]any{nil, true, 1.5, "x", []any{1, map[string]any{"y": 2}}, map[string]any{}}).Draw(t, "value"),
				"text":                        rapid.String().Draw(t, "text"),
			})
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(b))
		}
		r := parsertest.Run(Spec(), []byte(strings.Join(lines, "\n")), parsertest.Origin, parsertest.Windows{})
		if len(r.Events) != len(lines) || len(r.Rejects) > 0 {
			t.Fatalf("%d events, %q", len(r.Events), r.Rejects)
		}
		for i, e := range r.Events {
			var doc struct {
				Event      struct{ Original string }
				Burstwatch struct{ JSON json.RawMessage }
			}
			if err := json.Unmarshal([]byte(e), &doc); err != nil || doc.Event.Original != lines[i] || string(doc.Burstwatch.JSON) != lines[i] {
				t.Fatalf("%v\n%s\n%s", err, lines[i], e)
			}
		}
	})
}

func TestBinaryContentIsOneReject(t *testing.T) {
	noise := make([]byte, 1<<20)
	for i := range noise {
		noise[i] = byte(i * i >> 3)
	}
	for name, input := range map[string][]byte{
		"noise": noise, "a program": append([]byte("\x7fELF\x02\x01\x01\x00"), noise...), "one long line of it": bytes.ReplaceAll(noise, []byte("\n"), []byte{1}),
	} {
		r := parsertest.Run(Spec(), input, parsertest.Origin, parsertest.Windows{})
		if len(r.Events) > 0 || len(r.Rejects) > 0 || r.Err != "0 not a log: binary content" {
			t.Errorf("%s: %d events, %d rejects, %s", name, len(r.Events), len(r.Rejects), r.Err)
		}
	}
	r := parsertest.Run(Spec(), append([]byte("text\n"), bytes.Repeat([]byte("a\x00b\n"), 1000)...), parsertest.Origin, parsertest.Windows{})
	if len(r.Events) != 1 || len(r.Rejects) != maxBinary || !strings.HasSuffix(r.Err, "binary content") {
		t.Errorf("%d events, %d rejects, %s", len(r.Events), len(r.Rejects), r.Err)
	}
}

func TestSecretsAreRedacted(t *testing.T) {
	const secret = "AQoDYXdzEPT4aSecretSessionTokenValue"
	for _, input := range []string{
		`{"detail-type":"x","source":"y","detail":{"sessionToken":"` + secret + `"}}`,
		`{"message":"m","password":"` + secret + `"}`,
		`Nov  6 09:37:05 host prog[1]: password=` + secret + ` given`,
		`password=` + secret,
	} {
		r := parsertest.Run(Spec(), []byte(input), parsertest.Origin, parsertest.Windows{})
		if len(r.Events) != 1 || strings.Contains(r.Events[0], secret) || !strings.Contains(r.Events[0], `"redacted":[`) || !strings.Contains(r.Events[0], `"hash":"`) {
			t.Errorf("%s\n%s", input, r.Events)
		}
	}
}

func TestTheYearOfAClassicTime(t *testing.T) {
	at := func(s string) int64 {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v.UnixNano()
	}
	for _, c := range []struct{ line, read, want string }{
		{"Nov  6 09:37:05 h p: m", "2026-11-06T10:00:00Z", "2026-11-06T09:37:05Z"},
		{"Nov  6 09:37:05 h p: m", "2026-11-05T12:00:00Z", "2026-11-06T09:37:05Z"},
		{"Nov  6 09:37:05 h p: m", "2026-11-04T12:00:00Z", "2025-11-06T09:37:05Z"},
		{"Dec 31 23:59:59 h p: m", "2026-01-01T00:00:01Z", "2025-12-31T23:59:59Z"},
		{"Jan  1 00:00:01 h p: m", "2025-12-31T23:59:59Z", "2026-01-01T00:00:01Z"},
		{"Feb 29 00:00:01 h p: m", "2026-05-01T00:00:00Z", "2024-02-29T00:00:01Z"},
		{"2026-11-06T10:37:05.5+01:00 h p: m", "2026-11-06T10:00:00Z", "2026-11-06T09:37:05.5Z"},
	} {
		l, ok := readSyslog([]byte(c.line), at(c.read))
		if !ok || l.time != at(c.want) {
			t.Errorf("%s, read %s: %v, %v", c.line, c.read, ok, time.Unix(0, l.time).UTC())
		}
	}
	for _, line := range []string{"Nov  6 09:37:05", "Nov 36 09:37:05 h p: m", "Foo  6 09:37:05 h p: m", "2026-11-06T10:37:05 h", "<999>Nov  6 09:37:05 h p: m", "<1>", ""} {
		if l, ok := readSyslog([]byte(line), 0); ok && (l.program != nil || l.host == nil) {
			t.Errorf("%q is taken for syslog: %+v", line, l)
		}
	}
}

func TestNumbersAsTimes(t *testing.T) {
	for raw, want := range map[string]int64{
		"1751356800": 1751356800e9, "1751356800.25": 1751356800_250000000, "1751356800123": 1751356800_123000000,
		"1751356800123456": 1751356800_123456000, "1751356800123456789": 1751356800_123456789,
		`"2025-07-01T08:00:00Z"`: 1751356800e9, "12": 0, `""`: 0, `"yesterday"`: 0, "true": 0, "-5": 0, "1e300": 0, `{}`: 0,
	} {
		if got := timeOf([]byte(raw)); got != want {
			t.Errorf("%s is %d, not %d", raw, got, want)
		}
	}
}

func TestTheSurenessOfAClaim(t *testing.T) {
	for head, want := range map[string]int{
		"": 1, "text": 1, `{"a":1}`: 2, `[{"a":1},{`: 2, "[error] x": 1, `{broken`: 1, "\ufeff\n{\"a\":": 2, pieces[2]: 1, pieces[2][:150]: 1,
	} {
		if got := detect("x", []byte(head)); got != want {
			t.Errorf("%.40q: %d, not %d", head, got, want)
		}
	}
}

func TestRawNamesLeadThroughJSON(t *testing.T) {
	b := event.NewBatch(0, nil)
	b.Origin = &parsertest.Origin
	p := Spec().New(parsers.Options{})
	p.Reset(&parsertest.Origin, nil)
	if _, err := p.Parse([]byte(`{"user":{"name":"x"},"items":[{"id":1},{"id":2}],"host":"h","msg":"m"}`), 0, true, b); err != nil {
		t.Fatal(err)
	}
	var s event.Scratch
	ev := &b.Events[0]
	for name, want := range map[string]string{"user.name": "x", "items.id": "12", "host.name": "h", "message": "m", "event.dataset": "generic.json", "nothing.here": "", "source.ip": ""} {
		got := ""
		for _, v := range ev.Schema.Getter(name).Append(nil, ev, &s) {
			got += strings.Trim(string(event.AppendValue(nil, v)), `"`)
		}
		if got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
}

// Of every file in the corpus that is JSON, no record is rejected.
func TestCorpusIsRead(t *testing.T) {
	dir := os.Getenv("BURSTWATCH_CORPUS")
	if dir == "" {
		t.Skip("BURSTWATCH_CORPUS is not set")
	}
	files, events := 0, 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		input, err := os.ReadFile(path)
		if err != nil || !json.Valid(input) {
			return err
		}
		r := parsertest.Run(Spec(), input, parsertest.Origin, parsertest.Windows{MaxRecord: 64 << 20})
		if len(r.Rejects) > 0 || len(r.Events) == 0 && len(bytes.TrimSpace(input)) > 2 || r.Err != "" {
			t.Errorf("%s: %d events, %d rejects, %s", path, len(r.Events), len(r.Rejects), r.Err)
		}
		files, events = files+1, events+len(r.Events)
		return nil
	})
	if err != nil || files < 50 {
		t.Error(files, "files", err)
	}
	t.Log(files, "files,", events, "events")
}
