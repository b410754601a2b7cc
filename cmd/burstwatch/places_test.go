package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/ingest/demo"
)

// TestTheHeadlineOfTwoPlacesIsToldOnce: of all that the story does with places,
// a scan tells two cases, each once: Ada in London and in Singapore, and a node's
// key on the internet.
func TestTheHeadlineOfTwoPlacesIsToldOnce(t *testing.T) {
	dir := t.TempDir()
	written, err := demo.Write(dir, demo.WriteOptions{CloudTrail: 6e6, FlowLogs: 1e6, Seed: 42})
	if err != nil {
		t.Fatal(err)
	}
	alerts := scanned(t, "--studio", filepath.Join(dir, "studio.yaml"), dir)
	for rule, want := range map[string]struct{ beat, message string }{
		"bw-concurrent-location": {"two-places", "ada.k@studio.example was active from london-vpn (203.0.113.2) and from 198.51.100.24 (Singapore SG, AS64496 Example Hospitality), 10,848 km apart, at once (4m45s overlap), by Firefox/Linux and by Chrome/Windows"},
		"bw-key-in-two-networks": {"stolen-credentials", "of sable-render was used from sable/render-b (10.16.16.19) and from 198.51.100.77 (Frankfurt DE, AS64497 Example Hosting), at once"},
	} {
		var of []*told
		for _, a := range alerts {
			if a.Rule.ID == rule {
				of = append(of, a)
			}
		}
		i := slices.IndexFunc(written.Story, func(p demo.Played) bool { return p.Beat.Kind == want.beat })
		if len(of) != 1 || of[0].Rule.Level != "high" || !of[0].of(&written.Story[i]) || !strings.Contains(of[0].Message, want.message) {
			for _, a := range of {
				t.Log(a.Rule.Level, a.Message)
			}
			t.Errorf("%s: %d alerts, want one of %s", rule, len(of), want.beat)
		}
	}
}
