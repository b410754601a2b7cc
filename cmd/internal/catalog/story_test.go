package catalog_test

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/burstwatch/burstwatch/cmd/internal/catalog"
	"github.com/burstwatch/burstwatch/cmd/internal/config"
	"github.com/burstwatch/burstwatch/ingest/demo"
	"github.com/burstwatch/burstwatch/internal/enrich"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/rules/detect/detecttest"
)

// logs are the demo's events of a dataset, a list for each file.
func logs(t testing.TB, dir, dataset, part string) (out [][]*event.Event) {
	t.Helper()
	for path, text := range texts(t, dir, part) {
		events, err := catalog.ParseRecord(text, dataset)
		if err != nil {
			t.Fatal(err)
		}
		for i, ev := range events {
			ev.Number, ev.Origin = int64(i), &event.Origin{Identity: []byte(path)}
		}
		out = append(out, events)
	}
	return out
}

// texts are the demo's files whose path has a part, inflated, by path.
func texts(t testing.TB, dir, part string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, part) || strings.Contains(path, "Digest") {
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
		out[path], err = io.ReadAll(z)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTheStoryRaisesEachDetectorOfDataOnce tells the demo's days to the
// detectors of keys and traffic: what is a violation is one case with the right
// count, and neither near misses nor daily work are a case above low.
func TestTheStoryRaisesEachDetectorOfDataOnce(t *testing.T) {
	for _, version := range []int{2, 5} {
		t.Run(fmt.Sprintf("flow logs of version %d", version), func(t *testing.T) {
			dir := t.TempDir()
			if _, err := demo.Write(dir, demo.WriteOptions{CloudTrail: 6e6, FlowLogs: 6e6, Seed: 42, FlowVersion: version}); err != nil {
				t.Fatal(err)
			}
			_, index, err := config.LoadStudio(filepath.Join(dir, "studio.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			files := append(logs(t, dir, "aws.cloudtrail", "CloudTrail"), logs(t, dir, "aws.vpcflow", "vpcflowlogs")...)
			got := raised(t, &enrich.Knowledge{Studio: index}, files)
			for _, x := range raised(t, nil, files) {
				if !strings.HasSuffix(x, " low") {
					t.Errorf("without the studio file: %s", x)
				}
			}
			slices.Sort(got)
			if have, want := strings.Join(got, "\n"), strings.Join(fromTheStory, "\n"); have != want {
				t.Errorf("the story raises\n%s\n\nwant\n%s", have, want)
			}
		})
	}
}

// raised are the cases of the detectors of data but for gaps, which daily work
// has too.
func raised(t *testing.T, k *enrich.Knowledge, files [][]*event.Event) (got []string) {
	rules, err := catalog.NewDetectors(k, nil).Rules()
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range rules {
		header := rule.Rule()
		if strings.HasPrefix(header.Detector, "locations.") || header.Detector == "egress.gap" {
			continue
		}
		st := detecttest.NewStore(rule)
		for i, events := range files {
			st.Batch(fmt.Sprint(i), events)
		}
		for _, c := range st.Cases(t) {
			level := header.Level
			if c.Level != nil {
				level = *c.Level
			}
			got = append(got, fmt.Sprintf("%s ×%d %s", header.ID, c.Count, level))
			if testing.Verbose() {
				t.Log(header.ID, detecttest.Show([]detecttest.Found{c}))
			}
		}
	}
	return got
}

// fromTheStory are the cases of the detectors of data. The low ones are near
// misses that are kept: a restore in its window, questions for the time.
var fromTheStory = []string{
	"bw-egress-public-time ×1 low",
	"bw-egress-public-time ×1 low",
	"bw-egress-segment-crossed ×1 high",
	"bw-egress-unexpected ×6 high",
	"bw-key-admin-uses-key ×1 high",
	"bw-key-of-another-production ×14 critical",
	"bw-key-purpose ×3 low",
}
