package cloudtrail_test

import (
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/parsers"
	"github.com/burstwatch/burstwatch/parsers/cloudtrail"
)

func TestOnlyCloudTrailIsClaimed(t *testing.T) {
	const insight = `{"eventVersion":"1.07","eventTime":"2026-11-06T09:37:00Z","awsRegion":"us-east-1","eventID":"i","eventType":"AwsCloudTrailInsight","insightDetails":{"state":"Start"}}`
	busEvent := `{"version":"0","detail-type":"Batch Job State Change","source":"aws.batch","detail":{"status":"FAILED"}}` + "\n"
	wrapped := `{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","detail":` + record(1) + "}\n"
	broken := strings.Replace(record(1), `"userIdentity":{`, "\"x\":\"a\x00b\",\"userIdentity\":{", 1)
	for _, c := range []struct {
		name, head string
		want       int
	}{
		{"a trail file", `{"Records":[` + record(1), 3},
		{"lines", record(1) + "\n" + record(2), 3},
		{"a printed array", "[\n  " + strings.ReplaceAll(record(1), `,"`, ",\n    \""), 3},
		{"a byte order mark", "\ufeff \r\n" + record(1), 3},
		{"an Insights event", insight, 3},
		{"a digest", `{"awsAccountId":"1","digestStartTime":"2026-11-06T09:00:00Z","digestEndTime":"2026-11-06T10:00:00Z","logFiles":[{"s3Bucket":"b"}]}`, 3},
		{"the begin of a digest", `{"awsAccountId":"1","digestStartTime":"2026-11-06T09:00:00Z","digestEndTime":"2026-11-06T10:00:00Z","logFiles":[{"s3Bu`, 3},
		{"an EventBridge event", wrapped, 3},
		{"the begin of one", wrapped[:300], 3},
		{"a bus with CloudTrail in it", busEvent + busEvent + wrapped, 3},
		{"a bus of which the begin is something else", busEvent, 1},
		{"the begin of a large bus event", busEvent[:90], 1},
		{"a CloudWatch Logs envelope", `{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","message":"{\"eventVersion\":\"1.08\",\"eventSource\":\"s3`, 3},
		{"another log's envelope", `{"messageType":"DATA_MESSAGE","logEvents":[{"id":"1","message":"2 111111111111 eni-1"}]}`, 0},
		{"a record cut in a large member", `{"awsRegion":"us-east-1","errorCode":"x","requestParameters":{"a":"` + strings.Repeat("x", 4000), 2},
		{"an S3 notification", `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"1970-01-01T00:00:00Z","eventName":"ObjectCreated:Put","s3":{}}]}`, 0},
		{"an SSM session", `{"eventVersion":"1.0","eventTime":"2023-07-18T10:24:19Z","awsRegion":"us-east-1","target":{"id":"i-1"},"userIdentity":{"arn":"a"},"runAsUser":"u","sessionId":"s","sessionData":["x"]}`, 0},
		{"any JSON", `{"level":"info","msg":"hello","time":"2026-11-06T09:37:05Z"}`, 0},
		{"a flow log", "version account-id interface-id\n2 111111111111 eni-1\n", 0},
		{"nothing", "", 0},
		{"an empty trail file", `{"Records":[]}`, 0},
		{"a trail file whose first record is broken", `{"Records":[` + broken + "," + record(2) + "]}", 3},
		{"lines of which the first is broken", broken + "\n" + record(2), 3},
		{"a broken record that goes on behind the head", `{"Records":[` + strings.Replace(record(1), `"id-1"}`, "\"id\x00"+strings.Repeat("x", 5000), 1), 2},
		{"another log whose first line is broken", `{"level":!,"msg":"hello"}` + "\n" + `{"level":"info","msg":"hello"}` + "\n", 0},
		{"rubbish", "\x00\xff{{{[[", 0},
	} {
		head := c.head[:min(len(c.head), parsers.HeadSize)]
		if got := cloudtrail.Spec().Detect("x", []byte(head)); got != c.want {
			t.Errorf("%s: claim %d, want %d", c.name, got, c.want)
		}
	}
}
