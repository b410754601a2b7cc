package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/sinks"
)

func open(t *testing.T, out Output, format string) sinks.Sink {
	t.Helper()
	spec := Spec(out)
	o, _ := spec.Options().(*Options)
	if format != "" {
		o.Format = format
	}
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	s, err := spec.New(plugin.Env{}, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func docs(text ...string) []*event.Event {
	var out []*event.Event
	for _, t := range text {
		out = append(out, &event.Event{Doc: []byte(t)})
	}
	return out
}

const (
	call  = `{"@timestamp":"2026-11-06T09:37:05Z","cloud":{"account":{"id":"111111111111"},"region":"us-east-1"},"event":{"action":"Decrypt","dataset":"aws.cloudtrail","kind":"event","outcome":"failure"},"source":{"ip":"198.51.100.24"},"user":{"name":"ada"}}`
	alert = `{"@timestamp":"2026-11-06T09:37:05Z","event":{"kind":"alert"},"message":"Ada in two places","rule":{"level":"high"},"studio":{"alert":{"count":3,"revision":2,"short_id":"A-c02e","state":"provisional","subject":"ada"},"control":["1.3","8.1"],"production":"SABLE"}}`
)

func TestPeopleGetOneReadableLine(t *testing.T) {
	var out bytes.Buffer
	s := open(t, Output{Writer: &out, Terminal: true}, "")
	if err := s.Write(context.Background(), docs(call, alert, `{}`)); err != nil {
		t.Fatal(err)
	}
	want := "2026-11-06T09:37:05Z  aws.cloudtrail   Decrypt failure  who=ada  from=198.51.100.24  account=111111111111  region=us-east-1\n" +
		"2026-11-06T09:37:05Z  HIGH          now ×3  A-c02e revision 2 provisional  Ada in two places\n" +
		"1970-01-01T00:00:00Z                   (no action)\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", &out, want)
	}
}

func TestARevisionSaysWhatIsNewInIt(t *testing.T) {
	revision := func(n, count int, state, message string) string {
		return fmt.Sprintf(`{"@timestamp":"2026-11-06T09:37:05Z","event":{"kind":"alert"},"message":%q,"rule":{"level":"high"},"studio":{"alert":{"count":%d,"id":"c02e","revision":%d,"short_id":"A-c02e","state":%q}}}`, message, count, n, state)
	}
	const message = "Ada was active from London (203.0.113.2) and from Singapore (198.51.100.24), "
	var out bytes.Buffer
	s := open(t, Output{Writer: &out, Terminal: true}, "")
	for i, c := range []struct{ doc, want string }{
		{revision(1, 1, "provisional", message+"at once (0s overlap)"), "Singapore (198.51.100.24), at once (0s overlap)  ×1  A-c02e provisional"},
		{revision(2, 1, "provisional", message+"at once (4m45s overlap), by Firefox"), "HIGH          changed, ×1  A-c02e revision 2 provisional  … (4m45s overlap), by Firefox"},
		{revision(2, 1, "provisional", message+"at once (4m45s overlap), by Firefox"), "HIGH          changed, ×1  A-c02e revision 2 provisional  … (4m45s overlap), by Firefox"},
		{revision(3, 2, "provisional", message+"at once (4m45s overlap), by Firefox"), "again, now ×2  A-c02e revision 3 provisional  Ada was"},
		{revision(4, 2, "provisional", message+"at once (4m45s overlap), by Firefox"), "more evidence, ×2  A-c02e revision 4 provisional  Ada was"},
		{revision(5, 2, "final", message+"at once (4m45s overlap), by Firefox"), "now final, ×2  A-c02e revision 5  Ada was"},
		{revision(6, 1, "final", message), "now ×1  A-c02e revision 6  Ada was"},
	} {
		out.Reset()
		if err := s.Write(context.Background(), docs(c.doc)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), c.want) {
			t.Errorf("%d: %q lacks %q", i, &out, c.want)
		}
	}
}

func TestWhatIsRememberedOfCasesIsBounded(t *testing.T) {
	l := &text{}
	for i := range 3 * mostTold {
		l.append(nil, docs(fmt.Sprintf(`{"event":{"kind":"alert"},"studio":{"alert":{"id":"%d","revision":2}}}`, i))[0])
	}
	if len(l.told) != mostTold || len(l.order) != mostTold {
		t.Errorf("%d cases are remembered, %d in order", len(l.told), len(l.order))
	}
}

func TestLevelsAreColouredOnlyWhereAllowed(t *testing.T) {
	for _, color := range []bool{false, true} {
		var out bytes.Buffer
		s := open(t, Output{Writer: &out, Terminal: true, Color: color}, "text")
		if err := s.Write(context.Background(), docs(alert)); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "\x1b[31mHIGH") != color {
			t.Errorf("color %v: %q", color, &out)
		}
	}
}

func TestAPipeGetsTheDocumentsAsTheyAre(t *testing.T) {
	var out bytes.Buffer
	s := open(t, Output{Writer: &out}, "")
	if err := s.Write(context.Background(), docs(call, "{\"a\":\n[1,\n2]}")); err != nil {
		t.Fatal(err)
	}
	if want := call + "\n{\"a\": [1, 2]}\n"; out.String() != want {
		t.Errorf("got %q, want %q", &out, want)
	}
}

func TestNoRecordCommandsTheTerminal(t *testing.T) {
	evil := `{"@timestamp":"2026-11-06T09:37:05Z","event":{"action":"\u001b[2J\u202eevil\u200b","dataset":"x"},"user":{"name":"` + "\u009b31m\u2066\x7f" + `\n"}}`
	for _, format := range []string{"json", "text"} {
		var out bytes.Buffer
		s := open(t, Output{Writer: &out, Terminal: true}, format)
		if err := s.Write(context.Background(), docs(evil)); err != nil {
			t.Fatal(err)
		}
		line := strings.TrimSuffix(out.String(), "\n")
		for _, r := range line {
			if r < 0x20 || strings.ContainsRune("\x7f\u009b\u202e\u2066\u200b", r) {
				t.Errorf("%s: %U in %q", format, r, line)
			}
		}
		if format == "json" && !json.Valid([]byte(line)) {
			t.Errorf("no JSON any more: %q", line)
		}
	}
}

func TestAnEventWithoutADocumentCostsItselfAlone(t *testing.T) {
	var out bytes.Buffer
	s := open(t, Output{Writer: &out}, "json")
	err := s.Write(context.Background(), docs(`{"a":1}`, "", `{"a":2}`))
	var partial *sinks.PartialError
	if !errors.As(err, &partial) || len(partial.Reject) != 1 || partial.Reject[0].Index != 1 || len(partial.Retry) != 0 {
		t.Errorf("verdict %v", err)
	}
	if want := "{\"a\":1}\n{\"a\":2}\n"; out.String() != want {
		t.Errorf("got %q", &out)
	}
}

// leaky takes what it is told to and fails.
type leaky struct {
	bytes.Buffer
	take []int
}

func (l *leaky) Write(b []byte) (int, error) {
	if len(l.take) == 0 {
		return l.Buffer.Write(b)
	}
	n := min(l.take[0], len(b))
	l.take = l.take[1:]
	if n == len(b) {
		return l.Buffer.Write(b)
	}
	_, _ = l.Buffer.Write(b[:n])
	return n, io.ErrClosedPipe
}

// TestABrokenPipeLeavesNoHalfLineAndLosesNothing writes through a pipe that
// fails at drawn places, retrying what the sink asks for.
func TestABrokenPipeLeavesNoHalfLineAndLosesNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		pipe := &leaky{take: rapid.SliceOfN(rapid.IntRange(0, 400), 0, 20).Draw(r, "take")}
		s := open(t, Output{Writer: pipe}, "json")
		n := rapid.IntRange(1, 30).Draw(r, "n")
		want := map[string]bool{}
		var left []*event.Event
		for i := range n {
			doc := `{"n":` + strconv.Itoa(i) + `,"x":"` + strings.Repeat("y", rapid.IntRange(0, 40).Draw(r, "len")) + `"}`
			want[doc] = true
			left = append(left, docs(doc)...)
		}
		for len(left) > 0 {
			err := s.Write(context.Background(), left)
			var partial *sinks.PartialError
			if err == nil {
				break
			}
			if !errors.As(err, &partial) {
				r.Fatal(err)
			}
			var again []*event.Event
			for _, i := range partial.Retry {
				again = append(again, left[i])
			}
			left = again
		}
		seen := map[string]int{}
		for line := range strings.Lines(pipe.String()) {
			line = strings.TrimSuffix(line, "\n")
			if !want[line] {
				r.Fatalf("no line of ours: %q", line)
			}
			seen[line]++
		}
		if len(seen) != n {
			r.Fatalf("%d of %d events arrived: %v", len(seen), n, slices.Collect(strings.Lines(pipe.String())))
		}
	})
}

func TestAFormatThatNobodyKnowsIsRefused(t *testing.T) {
	if err := (&Options{Format: "yaml"}).Validate(); err == nil || err.Error() != "format: want auto, json or text" {
		t.Error(err)
	}
}

func BenchmarkText(b *testing.B) {
	s, _ := Spec(Output{Writer: io.Discard}).New(plugin.Env{}, &Options{Format: "text"})
	events := docs(slices.Repeat([]string{call}, 1000)...)
	b.ReportAllocs()
	for b.Loop() {
		_ = s.Write(context.Background(), events)
	}
	b.ReportMetric(float64(b.N*1000)/b.Elapsed().Seconds(), "events/s")
}
