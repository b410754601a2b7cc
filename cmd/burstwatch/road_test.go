package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/burstwatch/burstwatch/ingest/demo"
	"github.com/burstwatch/burstwatch/internal/testground"
)

const roadConfig = `
data_dir: %[1]s/data
studio: %[2]s/studio.yaml
rules: [builtin]
http: {listen: ""}
sources:
  bucket: {type: aws_s3, region: us-east-1, endpoint: %[3]q, queue_url: %[4]q, visibility_timeout: 30s}
  sessions:
    type: aws_cloudwatch_logs
    region: us-east-1
    endpoint: %[5]q
    accounts: [%[6]s]
    account_role: {role_arn: "arn:aws:iam::{account}:role/%[7]s-reader", external_id: studio-7}
    log_groups: ["/%[7]s/ssm*"]
    dataset: aws.ssm_session
    poll_interval: 1s
sinks:
  search:
    type: elasticsearch
    endpoints: [%[8]q]
    username: %[9]s
    password: "${file:%[1]s/password}"
    ca_file: %[10]s
    namespace: %[11]s
    alert_index: %[12]s
    replicas: 0
  bus: {type: kafka, bootstrap_servers: [%[13]q], topic: %[14]s, alert_topic: %[14]s-alerts, partitions: 2, replicas: 1}
  central:
    type: aws_cloudwatch_logs
    region: us-east-1
    endpoint: %[5]q
    assume_role: [{role_arn: "arn:aws:iam::%[15]s:role/%[7]s-writer", external_id: studio-7}]
    log_group: /%[7]s/central/{dataset}
    alert_group: /%[7]s/central/alerts
`

// road is the whole way, with a real or emulated service at each end.
type road struct {
	t      *testing.T
	logs   string // what lies at its begin, as files: AWSLogs, sessions, studio.yaml
	story  []demo.Played
	config string

	bucket *logBucket
	cloud  *accounts
	search *searched
	bus    bus
}

func newRoad(t *testing.T) *road {
	t.Helper()
	cluster, broker := testground.Elasticsearch(t), testground.Kafka(t)
	r := &road{t: t, logs: t.TempDir(), bucket: newLogBucket(t), cloud: newAccounts(t), search: newSearched(t, cluster)}
	r.bus = bus{t, broker.Address, broker.Name("road")}
	written, err := demo.Write(r.logs, demo.WriteOptions{Size: 2e6, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	r.story = written.Story
	writeSessions(t, r.logs)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "password"), "%s", cluster.WriterPassword)
	r.config = write(t, filepath.Join(dir, "burstwatch.yaml"), roadConfig, dir, r.logs, r.bucket.endpoint, r.bucket.queueURL,
		r.cloud.url, `"`+strings.Join(studioAccounts, `", "`)+`"`, r.cloud.name, cluster.URL, cluster.Writer, cluster.CA,
		r.search.namespace, r.search.alertIndex, r.bus.broker, r.bus.topic, central)
	return r
}

// records are the events of the logs as scan reads them: files on disk are the
// yardstick of the road.
func (r *road) records() []*document {
	r.t.Helper()
	events, diag, code := output(r.t, "scan", "--events", "--studio", filepath.Join(r.logs, "studio.yaml"), filepath.Join(r.logs, "AWSLogs"), filepath.Join(r.logs, "sessions"))
	if code != 0 {
		r.t.Fatalf("scan: exit %d: %s", code, diag)
	}
	return documents(r.t, events)
}

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
// when nothing is late.
func TestTheWholeRoadIsTheSameHoweverOftenTheProcessIsKilled(t *testing.T) {
	r := newRoad(t)
	want, told := r.records(), r.scanned()
	r.upload()
	r.must("setup", "-c", r.config)
	killed := 0
	for range 3 {
		c := burstwatch(t, "run", "-c", r.config, "--log-level", "error")
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for had := r.search.count(); r.search.count() < had+len(want)/8 && r.bucket.messages() > 0; {
			time.Sleep(50 * time.Millisecond)
		}
		if n := r.search.count(); n < len(want) {
			killed++
			t.Logf("killed with %d events of %d in Elasticsearch", n, len(want))
		}
		_ = c.Process.Kill()
		_ = c.Wait()
	}
	if killed == 0 {
		t.Error("no kill landed while it worked")
	}
	r.run(len(want), messages(told))
	r.arrived(want, told)
}

func (r *road) upload() {
	r.t.Helper()
	r.bucket.upload(r.logs)
	r.cloud.upload(r.logs)
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

func (r *road) must(args ...string) {
	r.t.Helper()
	if out, diag, code := output(r.t, args...); code != 0 {
		r.t.Fatalf("%s: exit %d: %s%s", args[0], code, out, diag)
	}
}

// run lets the service work until the queue is empty, every event is in
// Elasticsearch, and the alerts say what they should. It stops when that takes
// too long: what is missing is told afterwards.
func (r *road) run(events int, alerts map[string]int) {
	r.t.Helper()
	c := burstwatch(r.t, "run", "-c", r.config, "--log-level", "error")
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	begin := time.Now()
	for r.bucket.messages() > 0 || r.search.count() < events || !maps.Equal(alerts, messages(ofTheDay(r.search.alerts()))) {
		if time.Since(begin) > patience {
			r.t.Errorf("not through after %s: %d events of %d are in Elasticsearch, and %d messages in the queue", patience, r.search.count(), events, r.bucket.messages())
			break
		}
		time.Sleep(300 * time.Millisecond)
	}
	_ = c.Process.Signal(syscall.SIGTERM)
	if err := c.Wait(); err != nil {
		r.t.Error(err)
	}
}

const patience = 90 * time.Second

// ofTheDay leaves out that the logs have been silent since the story's day, which
// only a service says, because it knows what day it is.
func ofTheDay(alerts []*told) []*told {
	return slices.DeleteFunc(settled(alerts), func(a *told) bool { return a.Rule.ID == "bw-source-silent" })
}

func (r *road) scanned() []*told {
	r.t.Helper()
	return scanned(r.t, "--studio", filepath.Join(r.logs, "studio.yaml"), filepath.Join(r.logs, "AWSLogs"), filepath.Join(r.logs, "sessions"))
}

// toldOnce holds the alerts to the story, and to those of a scan of the same
// logs: the same cases with the same words, each once.
func (r *road) toldOnce(t *testing.T, scan, standing []*told) {
	violations, _ := parts(r.story, true)
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
