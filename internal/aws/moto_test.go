package aws

import (
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/burstwatch/burstwatch/internal/testground"
)

// emulated points the default credentials to an account of the emulator.
func emulated(t *testing.T, cloud testground.Cloud, by testground.Account, roles ...string) *Session {
	t.Helper()
	newCloud(t) // for the environment
	t.Setenv("AWS_ACCESS_KEY_ID", by.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", by.SecretKey)
	t.Setenv("AWS_SESSION_TOKEN", by.SessionToken)
	o := Defaults()
	o.Region, o.Endpoint = testground.Region, cloud.URL
	for _, arn := range roles {
		o.AssumeRole = append(o.AssumeRole, Role{RoleARN: arn, ExternalID: "studio-7"})
	}
	return session(t, quick(), o)
}

func TestAChainLeadsThroughTheAccounts(t *testing.T) {
	cloud := testground.AWS(t)
	central, hubAccount, production := cloud.Account(t), cloud.Account(t), cloud.Account(t)
	everything := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	s := emulated(t, cloud, central, cloud.Role(t, hubAccount, "hub", everything), cloud.Role(t, production, "reader", everything))
	who, err := s.Identity(t.Context())
	if err != nil || who.Account != production.ID || !strings.HasSuffix(who.ARN, ":assumed-role/reader/burstwatch") {
		t.Fatalf("%+v, %v; want account %s", who, err, production.ID)
	}
	group := cloud.Name("group")
	if _, err := s.Logs().CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}); err != nil {
		t.Fatal(err)
	}
	other := emulated(t, cloud, central, cloud.Role(t, hubAccount, "hub2", everything))
	_, err = other.Logs().FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group})
	if want := "log group " + group + " does not exist in us-east-1, or not for role hub2 of account " + hubAccount.ID; KindOf(err) != NotFound || !strings.HasPrefix(Explain(err).Error(), want) {
		t.Errorf("%s: %v", KindOf(err), Explain(err))
	}
}

// TestWhatARoleLacksIsNamed asks a moto that judges. It answers a denial of SQS
// with XML where JSON is due: that tells what a proxy's page is taken for.
func TestWhatARoleLacksIsNamed(t *testing.T) {
	cloud, _ := testground.AWSAlone(t)
	production := cloud.Account(t)
	queueName, bucket := cloud.Name("trail"), cloud.Name("logs")
	role := cloud.Role(t, production, "reader", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:ListBucket","sqs:GetQueueUrl"],"Resource":"*"}]}`)
	owner := emulated(t, cloud, production)
	made, err := owner.SQS().CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &queueName})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := owner.S3().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	cloud.Enforce(t)
	s := emulated(t, cloud, production, role)
	if _, err := s.S3().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket}); err != nil {
		t.Error("what the role may:", Explain(err))
	}
	_, err = s.SQS().ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: made.QueueUrl})
	want := "role reader of account " + production.ID + " may not do sqs:ReceiveMessage on "
	if KindOf(err) != Denied || !strings.HasPrefix(Explain(err).Error(), want) {
		t.Errorf("%s: %v\nwant: %s…", KindOf(err), Explain(err), want)
	}
	_, err = s.S3().GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: sdk.String("k")})
	if want := "role reader of account " + production.ID + " may not do s3:GetObject on "; KindOf(err) != Denied || !strings.HasPrefix(Explain(err).Error(), want) {
		t.Errorf("%s: %v\nwant: %s…", KindOf(err), Explain(err), want)
	}
}
