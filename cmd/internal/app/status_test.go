package app

import (
	"maps"
	"slices"
	"testing"
	"time"

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

// TestWhatTheRulesHaveSeenOutlivesARestart: logs that were read before it are not
// read again, and yet no rule is named as if they had never come; nor by a reload.
func TestWhatTheRulesHaveSeenOutlivesARestart(t *testing.T) {
	s := start(t, map[string]string{"burstwatch.yaml": pipelineFile, "studio.yaml": "productions: [{name: SABLE, tier: 1}]"})
	unseen := func() map[string]string {
		out := map[string]string{}
		for _, r := range s.status().Rules.Unseen {
			out[r.ID] = r.Reason
		}
		return out
	}
	fresh := unseen()
	s.write("logs/a.json", `{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","userName":"ada"},"eventTime":"2026-11-05T09:14:22Z","eventSource":"s3.amazonaws.com","eventName":"PutBucketPolicy","awsRegion":"us-east-1","eventID":"1"}`+"\n")
	s.until("the rules have seen their log", func() bool { return unseen()["bw-root-used"] == "" })
	s.until("the position is kept", func() bool {
		st := s.status()
		return len(st.Sources) > 0 && st.Sources[0].Done > 0 || len(st.Logs) > 0
	})
	before, since := unseen(), s.status().Rules.Since
	if len(before) == 0 || len(before) >= len(fresh) {
		t.Fatalf("%d rules had nothing to judge, and %d at first", len(before), len(fresh))
	}
	s.write("studio.yaml", "productions: [{name: SABLE, tier: 2}]\n# changed")
	s.until("the change is in force", func() bool { return s.tier() == 2 })
	if got := unseen(); !maps.Equal(got, before) {
		t.Errorf("after a reload %v, before %v", got, before)
	}
	s.stop()
	s.boot(time.Hour)
	if got := unseen(); !maps.Equal(got, before) {
		t.Errorf("after a restart %d rules had nothing to judge, %d before", len(got), len(before))
	}
	if got := s.status().Rules.Since; !got.Equal(since) {
		t.Errorf("after a restart they judge since %v, before since %v", got, since)
	}
}
