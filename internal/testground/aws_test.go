package testground_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	cwltypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	clients "github.com/burstwatch/burstwatch/internal/aws"
	"github.com/burstwatch/burstwatch/internal/testground"
)

func config(url string, a testground.Account) aws.Config {
	return aws.Config{
		Region: testground.Region, BaseEndpoint: aws.String(url),
		Credentials: credentials.NewStaticCredentialsProvider(a.AccessKey, a.SecretKey, a.SessionToken),
		HTTPClient:  clients.WholeAnswers(awshttp.NewBuildableClient()),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
	}
}

func anybody(url string) aws.Config {
	return config(url, testground.Account{AccessKey: "x", SecretKey: "x"})
}

func pathStyle(o *s3.Options) { o.UsePathStyle = true }

func makeQueue(t *testing.T, c *sqs.Client, name string) string {
	t.Helper()
	q, err := c.CreateQueue(within(t), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return *q.QueueUrl
}

func receive(t *testing.T, c *sqs.Client, queue string, visibility int32) []sqstypes.Message {
	t.Helper()
	got, err := c.ReceiveMessage(within(t), &sqs.ReceiveMessageInput{QueueUrl: &queue, VisibilityTimeout: visibility, WaitTimeSeconds: 5})
	if err != nil {
		t.Fatal(err)
	}
	return got.Messages
}

func TestSQSRefusesAStaleReceipt(t *testing.T) {
	q := testground.SQS(t)
	c := sqs.NewFromConfig(anybody(q.URL))
	queue := makeQueue(t, c, q.Name("work"))
	if _, err := c.SendMessage(within(t), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: aws.String("one")}); err != nil {
		t.Fatal(err)
	}
	first := receive(t, c, queue, 1)
	if len(first) != 1 {
		t.Fatalf("received %d messages", len(first))
	}
	extend := &sqs.ChangeMessageVisibilityInput{QueueUrl: &queue, ReceiptHandle: first[0].ReceiptHandle, VisibilityTimeout: 2}
	if _, err := c.ChangeMessageVisibility(within(t), extend); err != nil {
		t.Fatal("extending while the message is ours:", err)
	}
	second := receive(t, c, queue, 60) // waits until the extension is over
	if len(second) != 1 || *second[0].Body != "one" {
		t.Fatalf("redelivered: %v", second)
	}
	_, err := c.DeleteMessage(within(t), &sqs.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: first[0].ReceiptHandle})
	var refused smithy.APIError
	if !errors.As(err, &refused) {
		t.Errorf("deleting by a stale receipt: %v", err)
	}
	if _, err := c.DeleteMessage(within(t), &sqs.DeleteMessageInput{QueueUrl: &queue, ReceiptHandle: second[0].ReceiptHandle}); err != nil {
		t.Error(err)
	}
}

func TestAWSHasAccountsWithRoles(t *testing.T) {
	cloud := testground.AWS(t)
	central, production := cloud.Account(t), cloud.Account(t)
	c := sts.NewFromConfig(config(cloud.URL, central))
	role := "arn:aws:iam::" + production.ID + ":role/reader"
	got, err := c.AssumeRole(within(t), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("s"), ExternalId: aws.String("secret")})
	if err != nil {
		t.Fatal(err)
	}
	there := sts.NewFromConfig(config(cloud.URL, testground.Account{
		AccessKey: *got.Credentials.AccessKeyId, SecretKey: *got.Credentials.SecretAccessKey, SessionToken: *got.Credentials.SessionToken,
	}))
	who, err := there.GetCallerIdentity(within(t), &sts.GetCallerIdentityInput{})
	if err != nil || *who.Account != production.ID {
		t.Errorf("%v, %v; want account %s", who, err, production.ID)
	}
}

func TestAWSKeepsObjects(t *testing.T) {
	cloud := testground.AWS(t)
	keepObject(t, cloud, config(cloud.URL, cloud.Account(t)))
}

func keepObject(t *testing.T, cloud testground.Cloud, conf aws.Config) {
	t.Helper()
	c := s3.NewFromConfig(conf, pathStyle)
	bucket, key := cloud.Name("logs"), "AWSLogs/a b+c/1.json"
	if _, err := c.CreateBucket(within(t), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PutObject(within(t), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("{}")}); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetObject(within(t), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if text, err := io.ReadAll(got.Body); string(text) != "{}" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestAWSTakesLogEventsOfEachAccount(t *testing.T) {
	cloud := testground.AWS(t)
	group, stream := cloud.Name("group"), "s"
	ctx := within(t)
	for i := range 2 { // the same group in two accounts
		c := cloudwatchlogs.NewFromConfig(config(cloud.URL, cloud.Account(t)))
		if _, err := c.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}); err != nil {
			t.Fatal(i, err)
		}
		if _, err := c.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &group, LogStreamName: &stream}); err != nil {
			t.Fatal(err)
		}
		putEvents(ctx, t, c, group, stream)
		got, err := c.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group})
		if err != nil || len(got.Events) != 1 || *got.Events[0].Message != "now" {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

// putEvents puts one event of now and one that is too old.
func putEvents(ctx context.Context, t *testing.T, c *cloudwatchlogs.Client, group, stream string) {
	t.Helper()
	now := time.Now()
	res, err := c.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream, LogEvents: []cwltypes.InputLogEvent{
		{Timestamp: aws.Int64(now.Add(-20 * 24 * time.Hour).UnixMilli()), Message: aws.String("old")},
		{Timestamp: aws.Int64(now.UnixMilli()), Message: aws.String("now")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if res.RejectedLogEventsInfo == nil || res.RejectedLogEventsInfo.TooOldLogEventEndIndex == nil {
		t.Errorf("the old event was not rejected: %+v", res.RejectedLogEventsInfo)
	}
}

func TestAWSThatEnforcesKnowsWhatARoleMay(t *testing.T) {
	cloud, _ := testground.AWSAlone(t)
	owner := cloud.Account(t)
	mine, others := cloud.Name("mine"), cloud.Name("others")
	role := cloud.Role(t, owner, "reader", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::`+mine+`"}]}`)
	cloud.Enforce(t)
	admin := s3.NewFromConfig(config(cloud.URL, owner), pathStyle)
	for _, bucket := range []string{mine, others} {
		if _, err := admin.CreateBucket(within(t), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
			t.Fatal("the account's own role:", err)
		}
	}
	got, err := sts.NewFromConfig(config(cloud.URL, owner)).AssumeRole(within(t), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("s")})
	if err != nil {
		t.Fatal(err)
	}
	reader := s3.NewFromConfig(config(cloud.URL, testground.Account{
		AccessKey: *got.Credentials.AccessKeyId, SecretKey: *got.Credentials.SecretAccessKey, SessionToken: *got.Credentials.SessionToken,
	}), pathStyle)
	if _, err := reader.ListObjectsV2(within(t), &s3.ListObjectsV2Input{Bucket: &mine}); err != nil {
		t.Error(err)
	}
	_, err = reader.ListObjectsV2(within(t), &s3.ListObjectsV2Input{Bucket: &others})
	var answer interface{ HTTPStatusCode() int }
	if !errors.As(err, &answer) || answer.HTTPStatusCode() != 403 {
		t.Errorf("a bucket that the role may not list: %v", err)
	}
}

func TestMinistackTellsAQueueOfNewObjects(t *testing.T) {
	cloud := testground.Ministack(t)
	conf := anybody(cloud.URL)
	queues, buckets := sqs.NewFromConfig(conf), s3.NewFromConfig(conf, pathStyle)
	queue, bucket, ctx := makeQueue(t, queues, cloud.Name("news")), cloud.Name("logs"), within(t)
	about, err := queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &queue, AttributeNames: []sqstypes.QueueAttributeName{"QueueArn"}})
	if err != nil {
		t.Fatal(err)
	}
	arn := about.Attributes["QueueArn"]
	if _, err := buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	if _, err := buckets.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: &bucket, NotificationConfiguration: &s3types.NotificationConfiguration{QueueConfigurations: []s3types.QueueConfiguration{
			{QueueArn: &arn, Events: []s3types.Event{"s3:ObjectCreated:*"}},
		}},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := buckets.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("a/b c.json"), Body: strings.NewReader("{}")}); err != nil {
		t.Fatal(err)
	}
	if key := awaitObject(t, queues, queue); key != "a/b+c.json" {
		t.Errorf("the queue was told of %q", key)
	}
}

// awaitObject returns the key of the first object that the queue is told of.
func awaitObject(t *testing.T, c *sqs.Client, queue string) string {
	t.Helper()
	for range 20 {
		for _, m := range receive(t, c, queue, 60) {
			var news struct {
				Records []struct {
					S3 struct{ Object struct{ Key string } }
				}
			}
			if err := json.Unmarshal([]byte(*m.Body), &news); err != nil {
				t.Fatal(err)
			}
			if len(news.Records) > 0 { // else it is the s3:TestEvent
				return news.Records[0].S3.Object.Key
			}
		}
	}
	t.Fatal("the queue was told of nothing")
	return ""
}
