package s3

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/burstwatch/burstwatch/internal/aws"
	"github.com/burstwatch/burstwatch/internal/plugin"
)

// check tries the queue and the bucket with the rights that the source needs.
// Receiving cannot be tried without effect: it counts as a delivery, after some
// of which a queue may give a message up. So sqs:ReceiveMessage is found missing
// by the source alone, and s3:GetObject where no bucket is named.
func check(ctx context.Context, env plugin.Env, options any) error {
	o, ok := options.(*Options)
	if !ok {
		return fmt.Errorf("s3: options are a %T", options)
	}
	session, err := aws.PoolOf(env).Session(ctx, o.Options)
	if err != nil {
		return err
	}
	if _, err := session.Identity(ctx); err != nil {
		return err
	}
	var faults []error
	if o.QueueURL != "" {
		faults = append(faults, o.checkQueue(ctx, session.SQS()))
	}
	if o.Bucket != "" {
		faults = append(faults, o.checkBucket(ctx, session.S3()))
	}
	return errors.Join(faults...)
}

// checkQueue asks for the queue, and tries the other rights with a receipt that
// was never given out: who may not is told so before the receipt is looked at.
func (o *Options) checkQueue(ctx context.Context, q *sqs.Client) error {
	about, err := q.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &o.QueueURL, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameMessageRetentionPeriod},
	})
	switch {
	case err == nil:
		if err := o.retained(about.Attributes["MessageRetentionPeriod"]); err != nil {
			return err
		}
	case aws.KindOf(err) != aws.Denied: // the right is needed for nothing else
		return aws.Explain(err)
	}
	receipt := "burstwatch-validate"
	_, removing := q.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &o.QueueURL, ReceiptHandle: &receipt})
	_, changing := q.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &o.QueueURL, ReceiptHandle: &receipt, VisibilityTimeout: 0})
	return errors.Join(missing(removing), missing(changing))
}

// retained finds a queue that forgets messages before they would be kept.
func (o *Options) retained(seconds string) error {
	n, err := strconv.Atoi(seconds)
	if err != nil {
		return nil // an emulator that does not tell
	}
	if keeps := time.Duration(n) * time.Second; keeps <= o.QuarantineAfter {
		return fmt.Errorf("quarantine_after is %s, but the queue forgets messages after %s: what fails for so long would be lost", o.QuarantineAfter, keeps)
	}
	return nil
}

// missing is an error that does not come of the made-up receipt.
func missing(err error) error {
	switch aws.KindOf(err) {
	case aws.Other, aws.NotFound:
		return nil
	}
	return aws.Explain(err)
}

// checkBucket lists one key and reads the begin of its object.
func (o *Options) checkBucket(ctx context.Context, c *sdk.Client) error {
	one, span := int32(1), "bytes=0-0"
	page, err := c.ListObjectsV2(ctx, &sdk.ListObjectsV2Input{Bucket: &o.Bucket, Prefix: &o.prefixes()[0], MaxKeys: &one})
	if err != nil {
		return aws.Explain(err)
	}
	for _, object := range page.Contents {
		if object.Size != nil && *object.Size == 0 {
			continue // has no range
		}
		got, err := c.GetObject(ctx, &sdk.GetObjectInput{Bucket: &o.Bucket, Key: object.Key, Range: &span})
		if err != nil {
			return aws.Explain(err)
		}
		return got.Body.Close()
	}
	return nil
}
