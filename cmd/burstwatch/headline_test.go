package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/ingest/demo"
)

// headlines are the cases of the story's headline detections: of which beat, how
// many matches, and what the alert says.
var headlines = map[string]struct {
	beat, level, message string
	count                int64
}{
	"bw-concurrent-location": {"two-places", "high", "ada.k@studio.example was active from london-vpn (203.0.113.2) and from 198.51.100.24 (Singapore SG, AS64496 Example Hospitality), 10,848 km apart, at once (4m45s overlap), by Firefox/Linux and by Chrome/Windows [SABLE, tier 1]", 1},
	"bw-key-in-two-networks": {"stolen-credentials", "high", "of sable-render was used from sable/render-b (10.16.16.19) and from 198.51.100.77 (Frankfurt DE, AS64497 Example Hosting), at once", 1},

	"bw-key-of-another-production": {"key-of-another-production", "critical", "SABLE's content key used by HALO's render role: Decrypt on alias/sable-content, 2 allowed, 12 denied, directly, 3 sessions [SABLE, tier 1]", 14},
	"bw-egress-unexpected":         {"egress", "high", "of SABLE reached 198.51.100.99 by TCP port 443: 10.16.16.21 sent 5.2 GB, received 86.0 MB [SABLE, tier 1]", 6},
	"bw-kms-key-disabled":          {"key-disabled", "high", "mira.j@studio.example took the key", 2},
}

// TestEachHeadlineIsToldOnceAsOneCaseWithTheRightCount: of all that the story
// does, a scan tells each headline detection once, and --show prints the case with
// the events that it rests on.
func TestEachHeadlineIsToldOnceAsOneCaseWithTheRightCount(t *testing.T) {
	dir := t.TempDir()
	written, err := demo.Write(dir, demo.WriteOptions{CloudTrail: 6e6, FlowLogs: 1e6, Seed: 42, Sessions: true})
	if err != nil {
		t.Fatal(err)
	}
	studio := filepath.Join(dir, "studio.yaml")
	alerts := scanned(t, "--studio", studio, dir)
	for rule, want := range headlines {
		var of []*told
		for _, a := range alerts {
			if a.Rule.ID == rule {
				of = append(of, a)
			}
		}
		i := slices.IndexFunc(written.Story, func(p demo.Played) bool { return p.Beat.Kind == want.beat })
		if i < 0 || len(of) != 1 || of[0].Rule.Level != want.level || !of[0].of(&written.Story[i]) || !strings.Contains(of[0].Message, want.message) || of[0].Studio.Alert.Count != want.count {
			for _, a := range of {
				t.Log(a.Rule.Level, a.Studio.Alert.Count, a.Message)
			}
			t.Errorf("%s: %d alerts, want one of %s, ×%d", rule, len(of), want.beat, want.count)
			continue
		}
		if !testing.Short() || rule == "bw-concurrent-location" {
			shows(t, of[0], studio, dir)
		}
	}
}

// shows checks what scan --show prints of a case: the alert, then its events.
func shows(t *testing.T, a *told, studio, dir string) {
	t.Helper()
	id := a.Studio.Alert.ShortID
	stdout, stderr, code := output(t, "scan", "--format", "ndjson", "--studio", studio, "--show", id, dir)
	if code != 0 {
		t.Fatalf("scan --show %s: exit %d: %s", id, code, stderr)
	}
	lines := slices.Collect(bytes.Lines(stdout))
	if len(lines) != 1+len(a.Studio.Alert.Evidence) || !bytes.Contains(lines[0], []byte(`"short_id":"`+id+`"`)) {
		t.Errorf("%s has %d events, and %d lines are shown of it", id, len(a.Studio.Alert.Evidence), len(lines))
		return
	}
	ids := map[string]bool{}
	for _, e := range a.Studio.Alert.Evidence {
		ids[e.DeliveryID] = true
	}
	for _, line := range lines[1:] {
		var doc struct {
			Burstwatch struct {
				ID string `json:"delivery_id"`
			} `json:"burstwatch"`
		}
		if err := json.Unmarshal(line, &doc); err != nil || !ids[doc.Burstwatch.ID] {
			t.Errorf("%s does not rest on this (%v): %.200s", id, err, line)
		}
	}
}
