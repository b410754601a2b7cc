package absence

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/jsonscan"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// schema is one over JSON whose fields are all raw.
type schema string

func (s schema) Dataset() string { return string(s) }
func (schema) Index() []string   { return nil }

func (schema) Getter(name string) event.Getter {
	path := jsonscan.CompilePath(name)
	return event.GetterFunc(func(dst []event.Value, ev *event.Event, s *event.Scratch) []event.Value {
		return path.Append(dst, ev.Record, s)
	})
}

func (schema) ID(ev *event.Event, s *event.Scratch) event.ID { return event.HashID(s, ev.Record) }

func (schema) Fields(dst []event.Field, _ *event.Event, _ *event.Scratch) []event.Field { return dst }

var today = time.Date(2026, 11, 6, 0, 0, 0, 0, time.UTC)

// said is an event: a time of the day ("-2 15:04", the day in front), a dataset
// and its fields as JSON. from is where it came from.
type said struct{ at, dataset, record, from string }

func at(t testing.TB, text string) time.Time {
	t.Helper()
	days, clock := 0, text
	if d, rest, ok := strings.Cut(text, " "); ok {
		if _, err := fmt.Sscan(d, &days); err != nil {
			t.Fatal(err)
		}
		clock = rest
	}
	c, err := time.Parse("15:04", clock)
	if err != nil {
		t.Fatal(err)
	}
	return today.AddDate(0, 0, days).Add(time.Duration(c.Hour())*time.Hour + time.Duration(c.Minute())*time.Minute)
}

func (x said) event(t testing.TB) *event.Event {
	o := &event.Origin{Name: x.from, Account: "111111111111", Region: "eu-west-2"}
	return &event.Event{Schema: schema(x.dataset), Record: []byte(x.record), Origin: o, Time: at(t, x.at).UnixNano()}
}

// store joins notes as the owner of state does.
type store map[string]detect.Note

func (st store) batch(rule detect.Rule, look map[string]detect.Observer, events []*event.Event) {
	out := detect.NewNotes(func(dst []byte, ev *event.Event, _ *event.Scratch) []byte { return append(dst, ev.Record...) })
	var s event.Scratch
	for _, ev := range events {
		name := ev.Schema.Dataset()
		if _, ok := look[name]; !ok {
			look[name] = rule.Observer(ev.Schema)
		}
		if o := look[name]; o != nil {
			s.Reset()
			o.Event(ev, &s, out)
		}
	}
	for _, o := range look {
		if o != nil {
			o.Flush(out)
		}
	}
	for _, n := range out.All() {
		key := fmt.Sprintf("%s\x00%d\x00%s", n.Group, n.Time, n.ID)
		if was, ok := st[key]; !ok || bytes.Compare(n.Value, was.Value) < 0 {
			n.Group, n.Value, n.Event = bytes.Clone(n.Group), bytes.Clone(n.Value), bytes.Clone(n.Event)
			st[key] = n
		}
	}
}

// cases are those of all groups, the loud ones and the times to wake at.
func (st store) cases(rule detect.Rule, through int64) (cases []detect.Case, wakes []time.Time, events []string) {
	groups := map[string][]detect.Note{}
	for _, n := range st {
		groups[string(n.Group)] = append(groups[string(n.Group)], n)
	}
	for group, notes := range groups {
		slices.SortFunc(notes, func(a, b detect.Note) int {
			return cmp.Or(cmp.Compare(a.Time, b.Time), bytes.Compare(a.ID[:], b.ID[:]))
		})
		for d := -40; d < 40; d++ {
			from := today.AddDate(0, 0, d).UnixNano()
			w := &detect.Window{Group: []byte(group), From: from, To: from + int64(day), Through: through}
			for _, n := range notes {
				if n.Time >= w.From-int64(rule.Span().Before) && n.Time < w.To+int64(rule.Span().After) {
					w.Notes = append(w.Notes, n)
				}
			}
			for _, c := range rule.Judge(w) {
				if c.Time < w.From || c.Time >= w.To {
					panic("a case of another day")
				}
				if c.Silent {
					wakes = append(wakes, time.Unix(0, c.Wake).UTC())
					continue
				}
				cases = append(cases, c)
				for _, i := range c.Evidence {
					events = append(events, string(w.Notes[i].Event))
				}
			}
		}
	}
	slices.SortFunc(cases, func(a, b detect.Case) int { return cmp.Compare(a.Time, b.Time) })
	return cases, wakes, events
}

func judged(t testing.TB, name string, through string, all ...said) (got string, wakes []time.Time) {
	t.Helper()
	rule, err := New(name, &sigma.Rule{})
	if err != nil {
		t.Fatal(err)
	}
	var events []*event.Event
	for _, x := range all {
		events = append(events, x.event(t))
	}
	st := store{}
	st.batch(rule, map[string]detect.Observer{}, events)
	end := int64(math.MaxInt64)
	if through != "" {
		end = at(t, through).UnixNano()
	}
	cases, wakes, _ := st.cases(rule, end)
	for _, c := range cases {
		level := ""
		if c.Level != nil {
			level = c.Level.String() + " "
		}
		got += fmt.Sprintf("%s×%d %s\n", level, c.Count, c.Fields[0].Value)
	}
	return strings.TrimSpace(got), wakes
}

func begin(at, id, who string) said {
	return said{at, "aws.cloudtrail", `{"eventName":"StartSession","userIdentity":{"arn":"` + who + `"},"requestParameters":{"target":"i-1"},"responseElements":{"sessionId":"` + id + `"},"cloud":{"account":{"id":"111111111111"}}}`, "trail"}
}

func chunk(at, id string) said {
	return said{at, "aws.ssm_session", `{"eventTime":"x","sessionId":"` + id + `","sessionData":["$ ls"]}`, "stream"}
}

func finish(at, id string) said {
	return said{at, "aws.cloudtrail", `{"eventName":"TerminateSession","requestParameters":{"sessionId":"` + id + `"}}`, "trail"}
}

func other(at string) said { return said{at, "aws.cloudtrail", `{"eventName":"ListBuckets"}`, "trail"} }

func TestASessionWithoutATranscriptIsFound(t *testing.T) {
	recorded := []said{begin("-1 09:00", "ada-0", "ada"), chunk("-1 09:01", "ada-0")}
	with := func(more ...said) []said { return append(slices.Clone(recorded), more...) }
	for _, c := range []struct {
		name, through, want string
		said                []said
	}{
		{"none came", "23:00", "×1 ada opened a session in account 111111111111, first on i-1, and no transcript came within 12h", with(begin("09:00", "ada-1", "ada"))},
		{"it may still come", "20:59", "", with(begin("09:00", "ada-1", "ada"))},
		{"it came", "23:00", "", with(begin("09:00", "ada-1", "ada"), chunk("09:02", "ada-1"))},
		{"it came late", "23:00", "", with(begin("09:00", "ada-1", "ada"), chunk("20:00", "ada-1"))},
		{"it came before the call did, by its clock", "23:00", "", with(begin("09:00", "ada-1", "ada"), chunk("08:58", "ada-1"))},
		{"the session ended an hour ago", "11:10", "×1 ada opened a session in account 111111111111, first on i-1, and no transcript came within 1h10m", with(begin("09:00", "ada-1", "ada"), finish("09:10", "ada-1"))},
		{"two of one person", "23:00", "×2 ada opened 2 sessions in account 111111111111, first on i-1, and no transcript came within 12h", with(begin("09:00", "ada-1", "ada"), begin("09:30", "ada-2", "ada"))},
		{"it was refused", "23:00", "", with(said{"09:00", "aws.cloudtrail", `{"eventName":"StartSession","errorCode":"AccessDenied","requestParameters":{"target":"i-1"},"responseElements":null}`, "trail"})},
		{"a port that is forwarded", "23:00", "", with(said{"09:00", "aws.cloudtrail", `{"eventName":"StartSession","requestParameters":{"target":"i-1","documentName":"AWS-StartPortForwardingSession"},"responseElements":{"sessionId":"ada-1"}}`, "trail"})},
		{"at the end of the day", "1 23:00", "", with(begin("23:50", "ada-1", "ada"), chunk("1 00:10", "ada-1"))},
		{"transcripts were never read", "23:00", "informational ×1 Not judged: 1 Session Manager session, and no transcript of any session was read for a week. Either it is not recorded, or Burstwatch is not given it", []said{begin("09:00", "ada-1", "ada")}},
		{"the logs end before it is due", "", "", with(begin("09:00", "ada-1", "ada"), other("20:00"))},
		{"the logs end after it was due", "", "×1 ada opened a session in account 111111111111, first on i-1, and no transcript came within 12h", with(begin("09:00", "ada-1", "ada"), other("21:30"))},
		{"the logs end the day after", "", "×1 ada opened a session in account 111111111111, first on i-1, and no transcript came within 12h", with(begin("18:00", "ada-1", "ada"), other("1 06:30"))},
		{"a whole transcript is named by its session", "23:00", "", with(begin("09:00", "ada-1", "ada"), said{"09:20", "aws.ssm_session", `{}`, "s3://b/sessions/ada-1.log"})},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, _ := judged(t, "absence.transcript", c.through, c.said...); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestWhatIsNotDueYetIsAskedAgainWhenItIs(t *testing.T) {
	_, wakes := judged(t, "absence.transcript", "10:00", begin("09:00", "ada-1", "ada"), begin("09:30", "ada-2", "ada"), chunk("-1 09:00", "x"))
	if len(wakes) != 1 || !wakes[0].Equal(at(t, "21:00")) {
		t.Errorf("wakes at %v, want 21:00", wakes)
	}
}

func worker(at, name, state string) said {
	return said{at, "deadline.worker", `{"SlaveName":"` + name + `","Callback":"` + state + `"}`, "deadline"}
}

func TestAWorkerThatSendsNothingIsFound(t *testing.T) {
	report := func(at, name string) said {
		return said{at, "deadline.report", `{"ReportSlaveName":"` + name + `"}`, "deadline"}
	}
	for _, c := range []struct {
		name, through, want string
		said                []said
	}{
		{"one of two", "12:00", "×1 1 of 2 workers that launched sent nothing within 30m: node-2", []said{
			worker("09:00", "Node-1", "OnSlaveStarted"), report("09:04", "node-1"), worker("09:00", "node-2", "OnSlaveStarted"), worker("09:20", "node-2", "OnSlaveStalled")}},
		{"idle is a sign of life", "12:00", "", []said{worker("09:00", "node-1", "OnSlaveStarted"), worker("09:10", "node-1", "OnSlaveIdle")}},
		{"it may still send", "09:29", "", []said{report("-1 09:04", "node-1"), worker("09:00", "node-1", "OnSlaveStarted")}},
		{"what it sent before a new launch does not count", "12:00", "×1 1 of 1 workers that launched sent nothing within 30m: node-1", []said{report("08:04", "node-1"), worker("09:00", "node-1", "OnSlaveStarted")}},
		{"nothing was ever read", "12:00", "informational ×1 Not judged: 1 launch of a worker, and no task, report or log line of any worker was read for a week. Either it is not recorded, or Burstwatch is not given it", []said{worker("09:00", "node-1", "OnSlaveStarted")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, _ := judged(t, "absence.worker", c.through, c.said...); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestJobsWithoutLogsAreFound(t *testing.T) {
	job := func(at, status, stream string) said {
		return said{at, "aws.eventbridge", `{"detail-type":"Batch Job State Change","source":"aws.batch","detail":{"jobName":"comp","status":"` + status + `","container":{"logStreamName":"` + stream + `"}}}`, "bus"}
	}
	line := func(at string) said { return said{at, "generic.text", `{}`, "/aws/batch/job:comp/default/1"} }
	for _, c := range []struct {
		name, through, want string
		said                []said
	}{
		{"silent", "14:00", "×1 Batch jobs ran in an hour of the day in which the log group /aws/batch/job stayed silent", []said{line("-1 09:30"), job("09:10", "SUCCEEDED", "s"), job("09:40", "FAILED", "s")}},
		{"lines of the job itself, before its end", "14:00", "", []said{line("08:20"), job("09:10", "SUCCEEDED", "s")}},
		{"lines after midnight", "1 14:00", "", []said{line("1 00:20"), job("23:55", "SUCCEEDED", "s")}},
		{"lines before midnight", "1 14:00", "", []said{line("-1 23:20"), job("00:05", "SUCCEEDED", "s")}},
		{"a job that never ran", "14:00", "", []said{line("-1 09:30"), job("09:10", "FAILED", "")}},
		{"a job that goes on", "14:00", "", []said{line("-1 09:30"), job("09:10", "RUNNING", "s")}},
		{"two hours", "18:00", "×2 Batch jobs ran in 2 hours of the day in which the log group /aws/batch/job stayed silent", []said{line("-1 09:30"), job("09:10", "SUCCEEDED", "s"), job("13:10", "SUCCEEDED", "s"), line("11:05")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, _ := judged(t, "absence.job-log", c.through, c.said...); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// office is a log that speaks each hour from 8 to 18 on the days from -9 on.
func office(until int) (all []said) {
	for d := -9; d < 0; d++ {
		for h := 8; h < 18; h++ {
			all = append(all, other(fmt.Sprintf("%d %02d:20", d, h)))
		}
	}
	for h := 8; h <= until; h++ {
		all = append(all, other(fmt.Sprintf("%02d:20", h)))
	}
	return all
}

func TestALogThatStopsIsFound(t *testing.T) {
	const was = "×1 No aws.cloudtrail event of account 111111111111 in eu-west-2 since the hour of 2026-11-06 10:00 UTC; its longest pause in two weeks was 14h, and it "
	for _, c := range []struct {
		name, through, want string
		said                []said
	}{
		{"a night is none", "1 07:00", "", office(17)},
		{"twice the longest night", "1 15:10", was + "is still silent", office(10)},
		{"not yet twice the longest night", "1 14:50", "", office(10)},
		{"it came back", "2 12:00", was + "came back at 2026-11-08 09:00 UTC", append(office(10), other("2 09:10"))},
		{"it came back in time", "2 12:00", "", append(office(10), other("1 09:10"), other("2 09:10"))},
		{"logs that have ended", "", "", office(10)},
		{"a log that hardly ever speaks", "9 00:00", "", []said{other("-3 08:00"), other("09:00")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, _ := judged(t, "absence.source", c.through, c.said...); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	if _, wakes := judged(t, "absence.source", "12:00", office(10)...); !slices.ContainsFunc(wakes, at(t, "1 15:00").Equal) {
		t.Errorf("wakes at %v, want 15:00 the day after among them", wakes)
	}
}

// TestOrderBatchesAndRepeatsDoNotMatter tells the same events in any order, in
// any batches, some twice.
func TestOrderBatchesAndRepeatsDoNotMatter(t *testing.T) {
	drawn := rapid.Custom(func(rt *rapid.T) said {
		when := fmt.Sprintf("%d %02d:%02d", rapid.SampledFrom([]int{-1, 0, 1, 9}).Draw(rt, "day"), rapid.IntRange(0, 23).Draw(rt, "hour"), rapid.IntRange(0, 3).Draw(rt, "minute"))
		id := rapid.SampledFrom([]string{"a-1", "a-2", "b-1"}).Draw(rt, "id")
		return rapid.SampledFrom([]said{
			begin(when, id, id[:1]), begin(when, id, id[:1]), chunk(when, id), finish(when, id), worker(when, id, "OnSlaveStarted"), worker(when, id, "OnSlaveIdle"),
			{when, "aws.eventbridge", `{"detail-type":"Batch Job State Change","n":"` + id + `","detail":{"status":"FAILED","container":{"logStreamName":"x"}}}`, "bus"},
			{when, "generic.text", `{}`, "/aws/batch/job:x"},
		}).Draw(rt, "event")
	})
	rapid.Check(t, func(rt *rapid.T) {
		rule, err := New(rapid.SampledFrom(Names()).Draw(rt, "rule"), &sigma.Rule{})
		if err != nil {
			rt.Fatal(err)
		}
		var events []*event.Event
		for _, x := range rapid.SliceOfN(drawn, 1, 30).Draw(rt, "events") {
			events = append(events, x.event(t))
		}
		through := today.Add(rapid.SampledFrom([]time.Duration{0, 12 * time.Hour, 30 * time.Hour, 400 * time.Hour}).Draw(rt, "through")).UnixNano()
		if rapid.Bool().Draw(rt, "logs have ended") {
			through = math.MaxInt64
		}
		show := func(list []*event.Event, size int) string {
			st, look := store{}, map[string]detect.Observer{}
			for part := range slices.Chunk(list, size) {
				st.batch(rule, look, part)
			}
			cases, wakes, evidence := st.cases(rule, through)
			var text []string
			for _, c := range cases {
				c.Evidence, c.About, c.Level = nil, 0, nil
				line, _ := json.Marshal(c)
				text = append(text, string(line))
			}
			for _, w := range wakes {
				text = append(text, w.String())
			}
			text = append(text, evidence...)
			slices.Sort(text)
			return strings.Join(text, "\n")
		}
		want := show(events, len(events))
		mixed := rapid.Permutation(append(slices.Clone(events), events[:len(events)/2]...)).Draw(rt, "mixed")
		if got := show(mixed, rapid.IntRange(1, 5).Draw(rt, "size")); got != want {
			rt.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	})
}
