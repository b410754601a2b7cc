package ssm

import (
	"bytes"
	"encoding/json"
	"flag"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/parsers"
	"github.com/burstwatch/burstwatch/parsers/parsertest"
)

var update = flag.Bool("update", false, "write the goldens anew")

func TestGoldens(t *testing.T) { parsertest.Goldens(t, Spec(), *update) }

const chunkHead = `{"eventVersion":"1.0","eventTime":"2026-11-05T09:14:22Z","awsRegion":"eu-west-2","target":{"id":"i-0a1b2c3d4e5f60718"},"userIdentity":{"arn":"arn:aws:sts::111111111111:assumed-role/ShowAdmin/ada.k"},"runAsUser":"ssm-user","sessionId":"ada.k-05ba0123456789abc","sessionData":`

func chunk(lines ...string) []byte {
	data, _ := json.Marshal(lines)
	return append(append([]byte(chunkHead), data...), '}')
}

// pieces are what odd inputs are made of.
var pieces = []string{
	string(chunk("$ ls -l")), string(chunk("\x1b[?2004l\r\x1b]0;ada@render\x07[ada@render ~]$ sudo dnf install httpd", "\x08\x08x")),
	chunkHead + `[`, chunkHead + `"text"}`, chunkHead + `7}`, `{"sessionId":"x","target":{}}`, `{"sessionId":7,"sessionData":[null,{"a":1},["b"]]}`, `{"a":1}`,
	"Script started on 2022-01-25 06:49:24+0000 [TERM=\"xterm\"]", "Script done on 2022-01-25 06:50:00+0000 [COMMAND_EXIT_CODE=\"0\"]",
	"sh-4.2$ whoami\r\r", "root", "", "  ", "bad \xff utf8", "nul \x00", strings.Repeat("x", 700), "]", "[", ",", "\ufeff", "\x1b[", "\x1b]0;no end", "{",
}

func drawLog(t *rapid.T) []byte {
	var b bytes.Buffer
	for range rapid.IntRange(0, 10).Draw(t, "pieces") {
		b.WriteString(rapid.SampledFrom(pieces).Draw(t, "piece"))
		b.WriteString(rapid.SampledFrom([]string{"\n", "\n", "\r\n", "", " "}).Draw(t, "end"))
	}
	return b.Bytes()
}

func TestAnySplitOfTheInputGivesTheSameEvents(t *testing.T) {
	parsertest.Splits(t, Spec(), 512, drawLog)
}

func TestGettersAgreeWithTheDocument(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		parsertest.Getters(t, Spec(), drawLog(rt), func(ev *event.Event, name string) bool {
			return len(jsonscan.CompilePath(name).Append(nil, ev.Record, nil)) > 0
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
		if cut <= 0 || cut >= len(input) {
			return
		}
		parts := parsertest.Run(Spec(), input, parsertest.Origin, parsertest.Windows{Cuts: []int{cut}, MaxRecord: 1024})
		if !slices.Equal(whole.Events, parts.Events) || !slices.Equal(whole.Rejects, parts.Rejects) || whole.Err != parts.Err {
			t.Fatalf("a cut at %d changes %+v to %+v", cut, whole, parts)
		}
	})
}

// read is the events of one message.
func read(t testing.TB, text []byte, name string) []event.Event {
	t.Helper()
	b := event.NewBatch(0, nil)
	b.Origin = &event.Origin{Source: "s", Name: name, Identity: []byte("x"), Message: &event.Message{ID: "m1", Time: 5e18}}
	p := Spec().New(parsers.Options{})
	p.Reset(b.Origin, nil)
	if _, err := p.Parse(text, 0, true, b); err != nil {
		t.Fatal(err)
	}
	return b.Events
}

func document(t testing.TB, ev *event.Event) (doc map[string]any) {
	t.Helper()
	text := parsertest.Document(ev, &event.Scratch{})
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return doc
}

// at is the value at a dotted path.
func at(doc any, path ...string) any {
	for _, p := range path {
		m, _ := doc.(map[string]any)
		doc = m[p]
	}
	return doc
}

// FuzzAgainstPlainJSON reads chunks by encoding/json, and compares.
func FuzzAgainstPlainJSON(f *testing.F) {
	f.Add("ada.k-05ba0123456789abc", "i-1", "arn:aws:sts::111111111111:assumed-role/R/ada", "$ ls", "eu-west-2")
	f.Add("x", "mi-0<>&", "\u2028é\"\\", "a\tb", "")
	f.Fuzz(func(t *testing.T, session, target, arn, data, region string) {
		for _, s := range []string{session, target, arn, data, region} {
			if !utf8.ValidString(s) {
				return
			}
		}
		plain := map[string]any{"sessionId": session, "target": map[string]any{"id": target}, "userIdentity": map[string]any{"arn": arn}, "sessionData": []any{data}, "awsRegion": region}
		text, err := json.Marshal(plain)
		if err != nil {
			t.Fatal(err)
		}
		events := read(t, text, "g:s")
		if len(events) != 1 || events[0].Flags != 0 {
			t.Fatalf("%d events of %s", len(events), text)
		}
		doc := document(t, &events[0])
		if at(doc, "burstwatch", "redacted") != nil {
			return
		}
		for want, path := range map[string][]string{session: {"aws", "ssm_session", "session_id"}, target: {"host", "id"}, string(show([]byte(data))): {"message"}} {
			if got, _ := at(doc, path...).(string); got != want {
				t.Errorf("%v is %q, want %q", path, got, want)
			}
		}
		var back any
		original, _ := at(doc, "event", "original").(string)
		if err := json.Unmarshal([]byte(original), &back); err != nil || !reflect.DeepEqual(back, any(plain)) {
			t.Errorf("event.original is %s (%v)", original, err)
		}
	})
}

// secrets are commands and outputs with %s for a secret, and what it is made of.
var secrets = []string{
	"mysql -u root -p%s jobs", "export AWS_SECRET_ACCESS_KEY=%s", "curl -u farm:%s https://x/", "git clone https://farm:%s@git.example/x", "run --password %s --now",
	"aws configure set aws_session_token %s", "PGPASSWORD=%s psql", "Authorization: Bearer %s", "-----BEGIN RSA PRIVATE KEY-----\n%s\n-----END RSA PRIVATE KEY-----", "%s\n%s",
}

// dress puts the codes of a terminal between the letters of a line, which do not
// change what is shown.
func dress(t *rapid.T, text string) string {
	codes := []string{"", "", "", "\x1b[0m", "\x1b[01;31m", "\x1b[K", "\x1b]0;title\x07", "\x1b(B", "x\b", "\x00", "\x1b[?2004h", "\xc2\x9b0m"}
	var b strings.Builder
	for _, r := range text {
		b.WriteRune(r)
		if r != '\n' {
			b.WriteString(rapid.SampledFrom(codes).Draw(t, "code"))
		}
	}
	// What was written over at the end stays: the line is cleared behind it.
	return strings.ReplaceAll(b.String()+"\n", "\n", "\x1b[K\n")
}

// TestNoSecretSurvivesWhateverATerminalMakesOfIt plants secrets in chunks and
// transcripts, plain and between codes, and looks for them in the document as it is
// and as a terminal would show it.
func TestNoSecretSurvivesWhateverATerminalMakesOfIt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		secret := "Qz7" + rapid.StringOfN(rapid.SampledFrom([]rune("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")), 61, 61, -1).Draw(rt, "secret")
		text := "[ada@render ~]$ " + strings.ReplaceAll(rapid.SampledFrom(secrets).Draw(rt, "place"), "%s", secret)
		if strings.HasPrefix(text, "[ada@render ~]$ "+secret) { // the middle of a key
			text = strings.TrimPrefix(text, "[ada@render ~]$ ")
		}
		if rapid.Bool().Draw(rt, "dressed") {
			text = dress(rt, text)
		}
		record := []byte(text)
		if rapid.Bool().Draw(rt, "chunk") {
			record = chunk(strings.Split("before\n"+text+"\nafter", "\n")...)
		}
		for _, ev := range read(t, record, "g:ada.k-05ba0123456789abc") {
			doc := parsertest.Document(&ev, &event.Scratch{})
			if strings.Contains(doc, secret) {
				rt.Fatalf("survives: %s\nin  %q\nout %s", secret, record, doc)
			}
			var fields map[string]any
			if err := json.Unmarshal([]byte(doc), &fields); err != nil {
				rt.Fatal(err)
			}
			original, _ := at(fields, "event", "original").(string)
			if shown := string(show(dataOf([]byte(original)))) + string(show([]byte(original))); strings.Contains(shown, secret) {
				rt.Fatalf("is shown: %s\nin  %q\nout %s", secret, record, doc)
			}
			if at(fields, "event", "hash") == nil || at(fields, "burstwatch", "redacted") == nil {
				rt.Fatalf("nothing says that it was redacted: %s", doc)
			}
		}
	})
}

func TestATerminalShows(t *testing.T) {
	for sent, want := range map[string]string{
		"plain": "plain", "a\r\nb": "a\nb", "a\r\r\nb": "a\nb", "\x1b[01;32mgreen\x1b[0m": "green", "\x1b]0;title\x07$ ls": "$ ls", "\x1b]0;title\x1b\\x": "x",
		"pasx\bswd": "passwd", "abc\b\b\x1b[K": "a", "50%\r60%": "60%", "a long command that wr \raps": "a long command that wraps", "ab\x1b[2DX": "Xb",
		"ls\b\b\x1b[2@xx": "xxls", "abcd\b\b\b\x1b[1P": "acd", "é\b\u00e8": "è", "\x1b": "", "\x1b[": "", "\x1b[999999999C!": strings.Repeat(" ", 4096) + "!",
		"\x1b(Bx": "x", "\u009b31mred": "red", "tab\tstays": "tab\tstays", "a\x00\x07b": "ab", "\x1b]0;no end\nnext": "\nnext",
	} {
		if got := string(show([]byte(sent))); got != want {
			t.Errorf("%q shows %q, not %q", sent, got, want)
		}
	}
}

func FuzzShow(f *testing.F) {
	f.Add([]byte("a\x1b[31mb\r\n\b\x1b]0;x\x07"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		got := show(sent)
		if bytes.ContainsFunc(got, isControl) && utf8.Valid(sent) {
			t.Errorf("%q shows %q", sent, got)
		}
		if again := show(got); !bytes.Equal(again, got) {
			t.Errorf("%q shows %q, and that %q", sent, got, again)
		}
	})
}

func TestCommandsAreToldByTheirPrompt(t *testing.T) {
	for line, want := range map[string]string{
		"$ ls -l": "ls -l", "sh-4.2$ whoami": "whoami", "[ec2-user@ip-10-0-0-1 ~]$ sudo -i ": "sudo -i", "root@ip-10-0-0-1:/var/log# cat x": "cat x",
		`PS C:\Windows\system32> Get-Process`: "Get-Process", "bash-5.2# id": "id",
		"total 4": "", "# a heading": "", "$": "", "sh-4.2$ ": "", "costs 5$ a day": "", "drwxr-xr-x 2 root root": "",
	} {
		got := ""
		for _, c := range typed(nil, []byte(line)) {
			got += string(c)
		}
		if got != want {
			t.Errorf("%q: %q, not %q", line, got, want)
		}
	}
}

func TestSessionsAreToldFromOtherLogs(t *testing.T) {
	transcript := "Script started on 2022-01-25 06:49:24+0000\n"
	for _, c := range []struct {
		name, head string
		want       int
	}{
		{"g:ada.k-05ba0123456789abc", string(chunk("x")), 3}, {"x", string(chunk("x"))[:270], 3}, {"x", "[" + string(chunk("x")), 3}, {"x", "\ufeff\n" + string(chunk("x")), 3},
		{"s3://b/sessions/ada.k-05ba0123456789abc.log", transcript, 3}, {"a.txt", transcript, 2}, {"g:ada.k-05ba0123456789abc", "root", 2},
		{"/var/i-0a1b2c3d4e5f60718", "root", 0}, {"g:i-0a1b2c3d4e5f60718", "root", 0}, {"g:s", "root", 0}, {"g:s", `{"a":1}`, 0}, {"g:s", "", 0},
	} {
		if got := detect(c.name, []byte(c.head)); got != c.want {
			t.Errorf("%s, %.40q: %d, not %d", c.name, c.head, got, c.want)
		}
	}
}

// TestRulesFindATranscriptByTheNamesOfAChunk: and what is hidden between codes.
func TestRulesFindATranscriptByTheNamesOfAChunk(t *testing.T) {
	var s event.Scratch
	for _, c := range []struct{ text, field, want string }{
		{string(chunk("$ his\x1b[0mtory -c")), "sessionData", "$ his\x1b[0mtory -c|$ history -c"},
		{string(chunk("$ ls")), "sessionData", "$ ls"}, {string(chunk("$ ls")), "target.id", "i-0a1b2c3d4e5f60718"}, {string(chunk("$ ls")), "user.name", "ada.k"},
		{"$ his\x1b[0mtory -c", "sessionData", "$ his\x1b[0mtory -c|$ history -c"}, {"$ ls", "sessionId", "ada.k-05ba0123456789abc"}, {"$ ls", "event.id", "m1"},
		{"$ ls", "process.command_line", "ls"}, {"$ ls", "nothing", ""},
	} {
		events := read(t, []byte(c.text), "g:ada.k-05ba0123456789abc")
		if len(events) != 1 {
			t.Fatalf("%d events of %q", len(events), c.text)
		}
		var got []string
		for _, v := range events[0].Schema.Getter(c.field).Append(nil, &events[0], &s) {
			text := v.Bytes
			if v.Kind == event.Escaped {
				text = event.AppendUnescaped(nil, text)
			}
			got = append(got, string(text))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s of %q is %q, not %q", c.field, c.text, got, c.want)
		}
	}
}

func TestTwoSpecsHaveEqualSchemas(t *testing.T) {
	if Spec().Schemas[0] != Spec().Schemas[0] {
		t.Error("rules compiled for one would not serve the other")
	}
}

func BenchmarkParse(b *testing.B) {
	input := bytes.Repeat(append(chunk("\x1b[?2004l[ada@render ~]$ ls -l /mnt/assets", "total 4"), '\n'), 100)
	batch := event.NewBatch(len(input), nil)
	p := Spec().New(parsers.Options{})
	var s event.Scratch
	var fields []event.Field
	var doc []byte
	b.SetBytes(int64(len(input)))
	for b.Loop() {
		batch.Reuse(nil)
		batch.Origin = &parsertest.Origin
		p.Reset(batch.Origin, nil)
		if _, err := p.Parse(input, 0, true, batch); err != nil {
			b.Fatal(err)
		}
		for i := range batch.Events {
			s.Reset()
			doc, fields = event.AppendEvent(doc[:0], &batch.Events[i], fields, &s)
		}
	}
}
