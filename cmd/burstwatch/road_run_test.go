package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
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
	demo   demo.Summary
	config string
	said   *os.File // what services say

	bucket *logBucket
	cloud  *accounts
	search *searched
	bus    bus
}

func newRoad(t *testing.T) *road {
	t.Helper()
	return newRoadTo(t, testground.Kafka(t))
}

// newRoadAlone has a broker that may be killed.
func newRoadAlone(t *testing.T) (*road, *testground.Process) {
	t.Helper()
	broker, process := testground.KafkaAlone(t)
	return newRoadTo(t, broker), process
}

func newRoadTo(t *testing.T, broker testground.Broker) *road {
	t.Helper()
	cluster := testground.Elasticsearch(t)
	r := &road{t: t, said: os.Stderr, logs: t.TempDir(), bucket: newLogBucket(t), cloud: newAccounts(t), search: newSearched(t, cluster)}
	r.bus = bus{t, broker.Address, broker.Name("road")}
	size := int64(2e6)
	if testing.Short() { // as under the race detector, where everything takes ten times as long
		size /= 10
	}
	written, err := demo.Write(r.logs, demo.WriteOptions{Size: size, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	r.demo = written
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
	docs := documents(r.t, events)
	logged := sessionChunks
	for _, d := range r.demo.Datasets {
		logged += d.Records
	}
	if len(docs) != logged {
		r.t.Fatalf("scan finds %d records, %d were logged", len(docs), logged)
	}
	return docs
}

func (r *road) upload() {
	r.t.Helper()
	r.bucket.upload(r.logs)
	r.cloud.upload(r.logs)
}

func (r *road) must(args ...string) {
	r.t.Helper()
	if out, diag, code := output(r.t, args...); code != 0 {
		r.t.Fatalf("%s: exit %d: %s%s", args[0], code, out, diag)
	}
}

// start begins a service.
func (r *road) start(config string, more ...string) *exec.Cmd {
	r.t.Helper()
	c := burstwatch(r.t, append([]string{"run", "-c", config, "--log-level", "error"}, more...)...)
	c.Stderr = r.said
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	return c
}

func (r *road) kill(c *exec.Cmd) {
	_ = c.Process.Kill()
	_ = c.Wait()
}

// run lets a service work until everything has arrived.
func (r *road) run(events int, alerts map[string]int) {
	r.t.Helper()
	r.through(events, func() bool { return maps.Equal(alerts, messages(ofTheDay(r.search.alerts()))) }, r.start(r.config))
}

// through waits until the queue is empty, every event is in Elasticsearch, and
// the alerts are as they should be, and stops the services. It stops them when
// that takes too long, too: what is missing is told afterwards.
func (r *road) through(events int, told func() bool, services ...*exec.Cmd) {
	r.t.Helper()
	begin, atOnce := time.Now(), true
	for r.bucket.messages() > 0 || r.search.count() < events || !told() {
		if patience := patience(); time.Since(begin) > patience {
			r.t.Errorf("not through after %s: %d events of %d are in Elasticsearch, and %d messages in the queue", patience, r.search.count(), events, r.bucket.messages())
			break
		}
		atOnce = false
		time.Sleep(300 * time.Millisecond)
	}
	for _, c := range services {
		_ = c.Process.Signal(syscall.SIGTERM)
		// Where all was there already, it may not listen to signals yet.
		if err := c.Wait(); err != nil && (!atOnce || err.Error() != "signal: terminated") {
			r.t.Error(err)
		}
	}
}

// patience is how long a run may take. Nothing is measured by it: it ends what
// would never end.
func patience() time.Duration {
	if testing.Short() {
		return 6 * time.Minute
	}
	return 3 * time.Minute
}

func (r *road) scanned() []*told {
	r.t.Helper()
	return scanned(r.t, "--studio", filepath.Join(r.logs, "studio.yaml"), filepath.Join(r.logs, "AWSLogs"), filepath.Join(r.logs, "sessions"))
}
