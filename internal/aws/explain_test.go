package aws

import (
	"context"
	"errors"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// TestEveryFailureIsOneSentence answers as AWS does, in its words.
func TestEveryFailureIsOneSentence(t *testing.T) {
	const who = "User: arn:aws:sts::333333333333:assumed-role/burstwatch/reader/burstwatch is not authorized to perform: "
	get := func(s *Session) error {
		_, err := s.S3().GetObject(t.Context(), &s3.GetObjectInput{Bucket: sdk.String("trail"), Key: sdk.String("AWSLogs/1.json.gz")})
		return err
	}
	list := func(s *Session) error {
		_, err := s.S3().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: sdk.String("trail")})
		return err
	}
	filter := func(s *Session) error {
		_, err := s.Logs().FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: sdk.String("/studio/ssm")})
		return err
	}
	take := func(s *Session) error {
		_, err := s.SQS().ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: sdk.String(queue)})
		return err
	}
	there := func(s *Session) error {
		_, err := s.SQS().ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: sdk.String(strings.Replace(queue, "us-east-1", "eu-west-1", 1))})
		return err
	}
	for name, c := range map[string]struct {
		answer failure
		do     func(*Session) error
		kind   Kind
		want   string
	}{
		"a queue's policy": {
			failure{403, "AccessDenied", who + "sqs:receivemessage on resource: arn:aws:sqs:us-east-1:444444444444:trail because no resource-based policy allows the sqs:receivemessage action", nil},
			take, Denied, "role burstwatch/reader of account 333333333333 may not do sqs:ReceiveMessage on arn:aws:sqs:us-east-1:444444444444:trail in us-east-1: because no resource-based policy allows the sqs:receivemessage action"},
		"an object's key": {
			failure{403, "AccessDenied", who + "kms:Decrypt on resource: arn:aws:kms:us-east-1:444444444444:key/1 because no identity-based policy allows the kms:Decrypt action", nil},
			get, Denied, "role burstwatch/reader of account 333333333333 may not do kms:Decrypt on arn:aws:kms:us-east-1:444444444444:key/1 in us-east-1: because no identity-based policy allows the kms:Decrypt action"},
		"an object, in two words": {
			failure{403, "AccessDenied", "Access Denied", nil},
			get, Denied, "role burstwatch/reader of account 333333333333 may not do s3:GetObject on s3://trail/AWSLogs/1.json.gz in us-east-1: give it the permission; where it lacks s3:ListBucket too, the object may also be gone, which S3 does not tell"},
		"a listing": {
			failure{403, "AccessDenied", "Access Denied", nil},
			list, Denied, "role burstwatch/reader of account 333333333333 may not do s3:ListBucket on bucket trail in us-east-1: give it the permission, in its own policies and in the resource's where the accounts differ"},
		"a log group": {
			failure{400, "AccessDeniedException", who + "logs:FilterLogEvents on resource: arn:aws:logs:us-east-1:333333333333:log-group:/studio/ssm:log-stream: with an explicit deny in a service control policy", nil},
			filter, Denied, "role burstwatch/reader of account 333333333333 may not do logs:FilterLogEvents on arn:aws:logs:us-east-1:333333333333:log-group:/studio/ssm:log-stream: in us-east-1: with an explicit deny in a service control policy"},
		"a group that is not there": {
			failure{400, "ResourceNotFoundException", "The specified log group does not exist.", nil},
			filter, NotFound, "log group /studio/ssm does not exist in us-east-1, or not for role burstwatch/reader of account 333333333333 (logs:FilterLogEvents): The specified log group does not exist"},
		"a queue elsewhere": {
			failure{400, "QueueDoesNotExist", "The specified queue does not exist.", nil},
			there, WrongRegion, "queue https://sqs.eu-west-1.amazonaws.com/333333333333/trail is in eu-west-1, and was asked for in us-east-1: set the region (sqs:ReceiveMessage)"},
		"a bucket elsewhere": {
			failure{301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.", map[string]string{"X-Amz-Bucket-Region": "eu-west-1"}},
			get, WrongRegion, "s3://trail/AWSLogs/1.json.gz is in eu-west-1, and was asked for in us-east-1: set the region (s3:GetObject)"},
		"a bucket elsewhere, by its signature": {
			failure{400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'", nil},
			list, WrongRegion, "bucket trail is in eu-west-1, and was asked for in us-east-1: set the region (s3:ListBucket)"},
		"a clock": {
			failure{403, "SignatureDoesNotMatch", "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z", nil},
			take, WrongClock, "AWS does not accept the time of this machine's clock (sqs:ReceiveMessage in us-east-1): Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z"},
		"an unknown key": {
			failure{403, "InvalidClientTokenId", "The security token included in the request is invalid.", nil},
			take, BadCredentials, "AWS does not accept the credentials of role burstwatch/reader of account 333333333333 (sqs:ReceiveMessage on queue " + queue + " in us-east-1): The security token included in the request is invalid"},
		"a fault of AWS": {
			failure{500, "InternalError", "We encountered an internal error. Please try again.", nil},
			get, Unavailable, "s3:GetObject on s3://trail/AWSLogs/1.json.gz for role burstwatch/reader of account 333333333333 in us-east-1 failed: InternalError: We encountered an internal error. Please try again"},
		"something else": {
			failure{400, "InvalidParameterValue", "no", nil},
			take, Other, "sqs:ReceiveMessage on queue " + queue + " for role burstwatch/reader of account 333333333333 in us-east-1 failed: InvalidParameterValue: no"},
	} {
		t.Run(name, func(t *testing.T) {
			cloud := newCloud(t)
			cloud.trust[reader] = trusted{}
			cloud.fails = func(key, string) failure { return c.answer }
			err := c.do(session(t, quick(), cloud.options(Role{RoleARN: reader})))
			if KindOf(err) != c.kind || Explain(err).Error() != c.want {
				t.Errorf("%s: %v\nwant %s: %s", KindOf(err), Explain(err), c.kind, c.want)
			}
		})
	}
}

func TestARoleThatMayNotBeAssumedSaysWhatToLookAt(t *testing.T) {
	c := newCloud(t)
	c.trust[reader] = trusted{externalID: "studio-7"}
	for id, given := range map[string]string{"": "none was given", "wrong": "one was given"} {
		err := receive(t, session(t, quick(), c.options(Role{RoleARN: reader, ExternalID: id})))
		want := "user forwarder of account 111111111111 may not assume " + reader + ": its trust policy does not name us, " +
			"our own policies lack sts:AssumeRole on it, or the external id is not the one that it asks for (" + given + ")"
		if KindOf(err) != Denied || err.Error() != want {
			t.Errorf("%s: %v\nwant: %s", KindOf(err), err, want)
		}
	}
	if n := c.called("ReceiveMessage"); n != 0 {
		t.Errorf("%d requests were sent without credentials", n)
	}
}

func TestAnEndpointThatIsGoneIsUnreachable(t *testing.T) {
	c := newCloud(t)
	o := c.options()
	o.Endpoint = "http://127.0.0.1:1"
	err := receive(t, session(t, quick(), o))
	if KindOf(err) != Unreachable || !strings.Contains(err.Error(), "SQS of AWS in us-east-1 does not answer (sqs:ReceiveMessage): dial tcp 127.0.0.1:1") {
		t.Error(err)
	}
}

func TestACancelledRequestIsNoFailureOfAWS(t *testing.T) {
	c := newCloud(t)
	s := session(t, quick(), c.options())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.SQS().ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: sdk.String(queue)})
	var explained *Error
	if !errors.Is(err, context.Canceled) || errors.As(err, &explained) {
		t.Errorf("explained as %v", explained)
	}
}
