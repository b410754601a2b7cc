package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	clients "github.com/burstwatch/burstwatch/internal/aws"
	"github.com/burstwatch/burstwatch/internal/testground"
)

// logBucket is a bucket that tells a queue of new objects.
type logBucket struct {
	t                *testing.T
	s3               *s3.Client
	sqs              *sqs.Client
	bucket, queueURL string
	endpoint         string
}

func newLogBucket(t *testing.T) *logBucket {
	t.Helper()
	cloud := testground.Ministack(t)
	for k, v := range map[string]string{"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_EC2_METADATA_DISABLED": "true"} {
		t.Setenv(k, v)
	}
	config := aws.Config{
		Region: testground.Region, BaseEndpoint: &cloud.URL,
		Credentials: credentials.NewStaticCredentialsProvider("x", "x", ""),
		HTTPClient:  clients.WholeAnswers(awshttp.NewBuildableClient()),
	}
	b := &logBucket{t: t, bucket: cloud.Name("logs"), endpoint: cloud.URL, sqs: sqs.NewFromConfig(config),
		s3: s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })}
	if _, err := b.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &b.bucket}); err != nil {
		t.Fatal(err)
	}
	made, err := b.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(cloud.Name("news"))})
	if err != nil {
		t.Fatal(err)
	}
	b.queueURL = *made.QueueUrl
	about := b.attributes("QueueArn")
	if _, err := b.s3.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{
		Bucket: &b.bucket, NotificationConfiguration: &s3types.NotificationConfiguration{QueueConfigurations: []s3types.QueueConfiguration{
			{QueueArn: aws.String(about["QueueArn"]), Events: []s3types.Event{"s3:ObjectCreated:*"}},
		}},
	}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *logBucket) attributes(names ...sqstypes.QueueAttributeName) map[string]string {
	b.t.Helper()
	got, err := b.sqs.GetQueueAttributes(b.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &b.queueURL, AttributeNames: names})
	if err != nil {
		b.t.Fatal(err)
	}
	return got.Attributes
}

// upload puts every file of a folder into the bucket.
func (b *logBucket) upload(dir string) {
	b.t.Helper()
	err := filepath.WalkDir(filepath.Join(dir, "AWSLogs"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		key, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		_, err = b.s3.PutObject(b.t.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: aws.String(filepath.ToSlash(key)), Body: bytes.NewReader(text)})
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// messages is how many the queue holds, visible or not.
func (b *logBucket) messages() int {
	about := b.attributes("All")
	visible, _ := strconv.Atoi(about["ApproximateNumberOfMessages"])
	hidden, _ := strconv.Atoi(about["ApproximateNumberOfMessagesNotVisible"])
	return visible + hidden
}

const s3Config = `
data_dir: %[1]s/data
rules: [builtin]
http: {listen: ""}
sources:
  bucket: {type: aws_s3, region: us-east-1, endpoint: %[2]q, %[3]s}
sinks:
  store: {type: local}
  out: {type: file, path: %[1]s/out/events.ndjson, only: events}
`

// sameNumber holds that each record of the logs is there, under one id.
func sameNumber(t *testing.T, where string, want, got map[string]int, once bool) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d events, the logs %d", where, len(got), len(want))
	}
	for id, n := range got {
		if once && n != 1 {
			t.Errorf("%s has %s %d times", where, id, n)
		}
	}
}

func TestEachRecordThatAQueueNamesIsDeliveredOnceAndItsMessageDeleted(t *testing.T) {
	b, logs, dir := newLogBucket(t), writeDemo(t, "4MB"), t.TempDir()
	want := wanted(t, logs)
	config := write(t, filepath.Join(dir, "burstwatch.yaml"), s3Config, dir, b.endpoint, "queue_url: "+strconv.Quote(b.queueURL))
	if out, diag, code := output(t, "validate", "-c", config, "--connect"); code != 0 || !bytes.Contains(out, []byte("sources.bucket: reached")) {
		t.Fatalf("validate: %d %s%s", code, out, diag)
	}
	c := burstwatch(t, "run", "-c", config, "--log-level", "warn")
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	b.upload(logs)
	for b.messages() > 0 {
		time.Sleep(100 * time.Millisecond)
	}
	_ = c.Process.Signal(syscall.SIGTERM)
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
	sameNumber(t, "the store", want, stored(t, filepath.Join(dir, "data")), true)
	sameNumber(t, "the file", want, inFiles(t, filepath.Join(dir, "out")), true)
}

func TestABackfillIsWholeHoweverOftenTheProcessIsKilled(t *testing.T) {
	b, logs, dir := newLogBucket(t), writeDemo(t, "4MB"), t.TempDir()
	b.upload(logs)
	config := write(t, filepath.Join(dir, "burstwatch.yaml"), s3Config, dir, b.endpoint, fmt.Sprintf("bucket: %s, prefix: AWSLogs/", b.bucket))
	for range 10 {
		c := burstwatch(t, "run", "-c", config, "--once", "--log-level", "error")
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(500+rand.IntN(1500)) * time.Millisecond)
		_ = c.Process.Kill()
		_ = c.Wait()
	}
	if out, diag, code := output(t, "run", "-c", config, "--once"); code != 0 {
		t.Fatalf("the last run ended with %d: %s%s", code, out, diag)
	}
	want := wanted(t, logs)
	sameNumber(t, "the store", want, stored(t, filepath.Join(dir, "data")), true)
	sameNumber(t, "the file", want, inFiles(t, filepath.Join(dir, "out")), false)
}
