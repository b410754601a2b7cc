package main

import (
	"flag"
	"path/filepath"
	"slices"
	"testing"

	"github.com/burstwatch/burstwatch/ingest/demo"
	"github.com/burstwatch/burstwatch/internal/testground"
)

var quietEvents = flag.Int("quiet-events", 0, "how many events the quiet month of TestAQuietMonthRaisesNothingToLookAt has; 0: 500,000 in make test, a week of 100,000 in go test")

// TestAQuietMonthRaisesNothingToLookAt: a month of the made-up studio without an
// incident, with all that looks like trouble and is none on every day, raises
// no alert above low. 10 million events: -quiet-events 10000000.
func TestAQuietMonthRaisesNothingToLookAt(t *testing.T) {
	events, days := *quietEvents, 30
	if events == 0 {
		events = testground.Amount(20_000, 100_000, 500_000)
		days = testground.Amount(30, 7, 30) // a day is a thousand files, whatever is in them
	}
	dir := t.TempDir()
	written, err := demo.Write(dir, demo.WriteOptions{
		// About 1,750 bytes a record and 125 a row, and some to spare: a third are records.
		CloudTrail: int64(events) / 3 * 1820, FlowLogs: int64(events) * 2 / 3 * 130, Days: days, Seed: 11, Quiet: true, Sessions: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	records := 0
	for _, d := range written.Datasets {
		records += d.Records
	}
	if records < events {
		t.Errorf("%d events, want %d", records, events)
	}
	alerts := scanned(t, "--studio", filepath.Join(dir, "studio.yaml"), dir)
	loud := map[string]int{}
	for _, a := range alerts {
		if !a.loud() {
			continue
		}
		if loud[a.Rule.ID]++; loud[a.Rule.ID] <= 3 {
			i := slices.IndexFunc(written.Story, func(p demo.Played) bool { return a.of(&p) })
			beat := "daily work"
			if i >= 0 {
				beat = written.Story[i].Beat.Kind
			}
			t.Errorf("%s alert of %s on %s: %s", a.Rule.Level, a.Rule.ID, beat, a.Message)
		}
	}
	t.Logf("%d events, %d alerts, none of them above low: %v", records, len(alerts), len(loud) == 0)
}
