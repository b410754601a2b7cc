package main

import (
	"maps"
	"slices"
	"testing"

	"github.com/burstwatch/burstwatch/ingest/demo"
)

// TestTheWholeRoad: CloudTrail and flow logs by S3 and SQS, and Session Manager's
// sessions by CloudWatch Logs of several accounts, judged by the rules, into
// Elasticsearch, Kafka and the central log group.
func TestTheWholeRoad(t *testing.T) {
	r := newRoad(t)
	r.must("setup", "-c", r.config)
	want, told := r.records(), r.scanned()
	r.upload()
	r.must("validate", "-c", r.config, "--connect")
	r.run(len(want), messages(told))
	alerts := r.arrived(want, told)
	t.Run("AnAnalystsQueriesAreAnswered", func(t *testing.T) { r.queries(t, want, alerts) })
}

// TestTheWholeRoadIsTheSameHoweverOftenTheProcessIsKilled: what a killed process
// had in hand is hidden in the queue for a while, so that it comes late, behind
// what was complete without it; the alerts must say in the end what they say
// when nothing is late. Each time another one stands by, and takes over.
func TestTheWholeRoadIsTheSameHoweverOftenTheProcessIsKilled(t *testing.T) {
	r := newRoad(t)
	want, told := r.records(), r.scanned()
	r.upload()
	r.must("setup", "-c", r.config)
	active := r.start(r.config, "--standby")
	r.holds(active)
	killed := 0
	for range 3 {
		next := r.start(r.config, "--standby")
		r.moves(len(want) / 8)
		if n := r.search.count(); n < len(want) {
			killed++
			t.Logf("killed with %d events of %d in Elasticsearch", n, len(want))
		}
		r.kill(active)
		active = next
	}
	if killed == 0 {
		t.Error("no kill landed while it worked")
	}
	r.holds(active)
	r.through(len(want), func() bool { return maps.Equal(messages(told), messages(ofTheDay(r.search.alerts()))) }, active)
	r.arrived(want, told)
}

// arrived holds what each destination has to what was logged, and returns the
// alerts.
func (r *road) arrived(want []*document, scan []*told) []*told {
	t, got := r.t, r.search.events()
	ids, alerts := idsOf(got), r.search.alerts()
	t.Run("EachEventIsInElasticsearchOnce", func(t *testing.T) {
		same(t, counted(want), counted(got))
		for _, dataset := range []string{demo.Trail, demo.Flows, "aws.ssm_session"} {
			if n := byDataset(got)[dataset]; n < 100 {
				t.Errorf("%d events of %s: this proves little", n, dataset)
			}
		}
	})
	t.Run("EachEventIsInKafkaUnderTheSameID", func(t *testing.T) { sameIDs(t, ids, r.bus.ids(r.bus.topic)) })
	t.Run("EachEventIsInTheCentralLogGroupUnderTheSameID", func(t *testing.T) { sameIDs(t, ids, r.cloud.central("aws.")) })
	t.Run("TheStoryIsToldOnce", func(t *testing.T) { r.toldOnce(t, scan, ofTheDay(alerts)) })
	t.Run("EachAlertIsEverywhere", func(t *testing.T) {
		newest := map[string]int{}
		for _, a := range alerts {
			newest[a.Burstwatch.DeliveryID]++
		}
		contains(t, "Kafka", newest, r.bus.ids(r.bus.topic+"-alerts"))
		contains(t, "the central log group", newest, r.cloud.central("alerts"))
	})
	return alerts
}

// ofTheDay leaves out that the logs have been silent since the story's day, which
// only a service says, because it knows what day it is.
func ofTheDay(alerts []*told) []*told {
	return slices.DeleteFunc(settled(alerts), func(a *told) bool { return a.Rule.ID == "bw-source-silent" })
}

// toldOnce holds the alerts to the story, and to those of a scan of the same
// logs: the same cases with the same words, each once.
func (r *road) toldOnce(t *testing.T, scan, standing []*told) {
	violations, _ := parts(r.demo.Story, true)
	everyViolation(t, violations, standing)
	same(t, messages(scan), messages(standing))
}

// messages counts alerts by rule and what they say.
func messages(alerts []*told) map[string]int {
	out := map[string]int{}
	for _, a := range alerts {
		out[a.Rule.ID+": "+a.Message]++
	}
	return out
}
