package app

import (
	"slices"
	"testing"

	"github.com/burstwatch/burstwatch/cmd/internal/pipeline"
)

// TestStatusNamesRulesThatFoundNothingToJudge: until a log comes, and after, the
// rules whose silence is no answer are named with the reason.
func TestStatusNamesRulesThatFoundNothingToJudge(t *testing.T) {
	s := start(t, map[string]string{"burstwatch.yaml": pipelineFile, "studio.yaml": "productions: [{name: SABLE, tier: 1}]"})
	unseen := func(id string) string {
		rules := s.status().Rules
		i := slices.IndexFunc(rules.Unseen, func(r pipeline.SilentRule) bool { return r.ID == id })
		if i < 0 {
			return ""
		}
		return rules.Unseen[i].Reason
	}
	if r := s.status().Rules; r.Loaded < 100 || r.Since.IsZero() || len(r.Idle) == 0 {
		t.Errorf("%d rules since %v, %d idle", r.Loaded, r.Since, len(r.Idle))
	}
	if got := unseen("bw-root-used"); got != "nothing was read of its logs (aws.cloudtrail)" {
		t.Errorf("before a log has come: %q", got)
	}
	s.write("logs/a.json", `{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","userName":"ada"},"eventTime":"2026-11-05T09:14:22Z","eventSource":"kms.amazonaws.com","eventName":"ListKeys","awsRegion":"us-east-1","eventID":"1"}`+"\n")
	s.until("the rule has seen its log", func() bool { return unseen("bw-root-used") == "" })
	if got := unseen("bw-guardduty-high"); got != "nothing was read of its logs (aws.guardduty)" {
		t.Errorf("of a log that has not come: %q", got)
	}
}
