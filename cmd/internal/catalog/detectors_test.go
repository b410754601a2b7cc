package catalog_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/ingest/demo"
	"github.com/burstwatch/burstwatch/internal/enrich"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/detect/detecttest"
	"github.com/burstwatch/burstwatch/rules/locations"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// trail are the demo's CloudTrail events, a list for each file.
func trail(t testing.TB, o demo.WriteOptions) (dir string, files [][]*event.Event) {
	t.Helper()
	dir = t.TempDir()
	o.FlowLogs, o.Seed = 1, 42
	if _, err := demo.Write(dir, o); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, "CloudTrail") || strings.Contains(path, "Digest") {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			return err
		}
		var text strings.Builder
		if _, err := z.WriteTo(&text); err != nil {
			return err
		}
		events, err := catalog.ParseRecord([]byte(text.String()), "aws.cloudtrail")
		files = append(files, events)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir, files
}

// knowledge is what the demo's studio file tells.
func knowledge(t testing.TB, dir string) *enrich.Knowledge {
	t.Helper()
	_, index, err := config.LoadStudio(filepath.Join(dir, "studio.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return &enrich.Knowledge{Studio: index}
}

// TestTheStoryOfTwoPlacesIsOneCase tells the demo's days to the detectors of
// places: the story's two violations are one case each, and neither its near
// misses nor daily work are any.
func TestTheStoryOfTwoPlacesIsOneCase(t *testing.T) {
	dir, files := trail(t, demo.WriteOptions{CloudTrail: 6e6})
	studio := knowledge(t, dir)
	for _, c := range []struct {
		detector string
		know     *enrich.Knowledge
		want     string // its case
	}{
		{"locations.concurrent", studio, "ada.k@studio.example ×1 high"},
		{"locations.concurrent", nil, "ada.k@studio.example ×1 medium"},
		{"locations.shared-key", studio, "ASIADGJTIIIU55KVMWKJ ×1 high"},
		// An instance that calls by an endpoint and, with another program, by a
		// gateway looks the same where nobody knows whose addresses they are.
		{"locations.shared-key", nil, ""},
	} {
		rule, err := locations.New(c.detector, &sigma.Rule{}, c.know)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, x := range judged(t, rule, files) {
			got += fmt.Sprintf("%s ×%d %s", x.Group, x.Count, x.Level)
			t.Log(x.Fields)
		}
		if got != c.want {
			t.Errorf("%s, studio file %v: %q, want %q", c.detector, c.know != nil, got, c.want)
		}
	}
}

// TestQuietDaysRaiseNothingAboveLow tells ten days without an incident, each with
// all that looks like two places and is none, and like a silence.
func TestQuietDaysRaiseNothingAboveLow(t *testing.T) {
	dir, files := trail(t, demo.WriteOptions{CloudTrail: 12e6, Days: 10, Quiet: true})
	detectors := catalog.NewDetectors(knowledge(t, dir), nil)
	var errs []error
	for _, header := range catalog.DetectorHeaders(&errs) {
		if !strings.HasPrefix(header.Detector, "locations.") && !strings.HasPrefix(header.Detector, "absence.") {
			continue
		}
		rule, err := detectors.Rule(header)
		if err != nil {
			t.Fatal(err)
		}
		cases := judged(t, rule, files)
		for _, x := range cases {
			level := header.Level
			if x.Level != nil {
				level = *x.Level
			}
			if level > sigma.Low {
				t.Errorf("%s: %s ×%d %s %v", header.ID, x.Group, x.Count, level, x.Fields)
			}
		}
		t.Logf("%s: %d cases", header.ID, len(cases))
		for _, x := range cases {
			t.Log(x.Group, x.Fields, x.Marks)
		}
	}
}

func judged(t testing.TB, rule detect.Rule, files [][]*event.Event) []detecttest.Found {
	st := detecttest.NewStore(rule)
	for i, events := range files {
		st.Batch(string(rune(i)), events)
	}
	return st.Cases(t)
}

// BenchmarkObservers is what the detectors of places cost for each event of
// daily work, and of events that do not concern them.
func BenchmarkObservers(b *testing.B) {
	_, files := trail(b, demo.WriteOptions{CloudTrail: 4e6})
	var machines [][]*event.Event
	for _, events := range files {
		var some []*event.Event
		for _, ev := range events {
			if s := string(ev.Record); strings.Contains(s, `"sourceIPAddress":"10.`) || strings.Contains(s, `.amazonaws.com","userAgent"`) {
				some = append(some, ev)
			}
		}
		machines = append(machines, some)
	}
	for _, name := range locations.Names() {
		for what, files := range map[string][][]*event.Event{"all": files, "machines": machines} {
			b.Run(name+"/"+what, func(b *testing.B) { observe(b, name, files) })
		}
	}
}

func observe(b *testing.B, name string, files [][]*event.Event) {
	rule, err := locations.New(name, &sigma.Rule{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	observer := rule.Observer(files[0][0].Schema)
	notes := detect.NewNotes(func(dst []byte, ev *event.Event, s *event.Scratch) []byte {
		return append(dst, ev.Record...)
	})
	var s event.Scratch
	n, made := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		for _, events := range files {
			for _, ev := range events {
				s.Reset()
				observer.Event(ev, &s, notes)
				n++
			}
			observer.Flush(notes)
			made += len(notes.All())
			notes.Reset()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/event")
	b.ReportMetric(float64(made)/float64(n), "notes/event")
}

// TestDetectorsKeepTheirCases rehearses the cases in the headers of detectors.
func TestDetectorsKeepTheirCases(t *testing.T) {
	var errs []error
	for _, header := range catalog.DetectorHeaders(&errs) {
		if !strings.HasPrefix(header.Detector, "locations.") && !strings.HasPrefix(header.Detector, "absence.") {
			continue
		}
		if len(header.Header.Cases) < 3 {
			t.Errorf("%s has %d cases", header.ID, len(header.Header.Cases))
		}
		for i := range header.Header.Cases {
			c := &header.Header.Cases[i]
			t.Run(header.ID+"/"+c.Name, func(t *testing.T) { keeps(t, header, c) })
		}
	}
	if len(errs) > 0 {
		t.Fatal(errs)
	}
}

func keeps(t *testing.T, header *sigma.Rule, c *sigma.Case) {
	var k *enrich.Knowledge
	if c.Studio != nil {
		_, index, err := config.ParseStudio("case", c.Studio)
		if err != nil {
			t.Fatal(err)
		}
		k = &enrich.Knowledge{Studio: index}
	}
	set, err := rules.Compile(&rules.Pack{Rules: []*sigma.Rule{header}}, catalog.Schemas(), rules.Options{Detector: catalog.NewDetectors(k, nil).Rule})
	if err != nil {
		t.Fatal(err)
	}
	r := set.Rehearse(set.Stateful()[0], nil)
	for i := range c.Records {
		r.Batch(strconv.Itoa(i), []*event.Event{recorded(t, header, &c.Records[i])})
	}
	through := int64(0)
	if !c.Through.IsZero() {
		through = c.Through.UnixNano()
	}
	got := r.Cases(through)
	if len(got) != c.Alerts {
		t.Fatalf("%d cases, want %d: %+v", len(got), c.Alerts, got)
	}
	for _, x := range got {
		level := header.Level
		if x.Level != nil {
			level = *x.Level
		}
		if c.Level != nil && level != *c.Level || c.Count != 0 && x.Count != c.Count {
			t.Errorf("level %s, count %d: %v", level, x.Count, x.Fields)
		}
		for _, f := range x.Fields {
			if c.Message != "" && (f.Name == "what" || f.Name == "how") && !strings.HasSuffix(c.Message, f.Value) {
				t.Errorf("%s, want %s", f.Value, c.Message)
			}
		}
	}
}

// recorded is a record of a case as its parser reads it, at the case's time and
// with an id of its own.
func recorded(t *testing.T, header *sigma.Rule, x *sigma.CaseRecord) *event.Event {
	dataset := x.Dataset
	if dataset == "" {
		dataset = "aws.cloudtrail"
	}
	native, err := rules.Native(dataset, &sigma.Case{Record: x.Record, Object: x.Object})
	if err != nil {
		t.Fatal(err)
	}
	native = bytes.ReplaceAll(native, []byte("5e0c8a71-0000-4000-8000-000000000001"), fmt.Appendf(nil, "5e0c8a71-0000-4000-8000-%012d", x.Number))
	events, err := catalog.ParseRecord(native, dataset)
	if err != nil || len(events) != 1 {
		t.Fatal(header.ID, len(events), err)
	}
	if !x.At.IsZero() {
		events[0].Time = x.At.UnixNano()
	}
	return events[0]
}
