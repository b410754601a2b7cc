package cloudwatchlogs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/burstwatch/burstwatch/internal/aws"
)

// make sees to it that a stream exists.
func (s *Sink) make(ctx context.Context, p place) error {
	if s.made[p] || !s.options.Create {
		return nil
	}
	if err := s.makeGroup(ctx, p.group); err != nil {
		return err
	}
	_, err := s.logs.CreateLogStream(ctx, &sdk.CreateLogStreamInput{LogGroupName: &p.group, LogStreamName: &p.stream})
	if err != nil && !exists(err) {
		return err
	}
	s.made[p] = true
	return nil
}

// makeGroup makes a group with its key and retention. One that exists stays as
// it is: somebody may have had reasons.
func (s *Sink) makeGroup(ctx context.Context, group string) error {
	in := &sdk.CreateLogGroupInput{LogGroupName: &group}
	if s.options.KMSKey != "" {
		in.KmsKeyId = &s.options.KMSKey
	}
	_, err := s.logs.CreateLogGroup(ctx, in)
	switch {
	case exists(err):
		return nil
	case err != nil:
		return err
	case s.options.Retention == 0:
		return nil
	}
	kept := int32(s.options.Retention)
	_, err = s.logs.PutRetentionPolicy(ctx, &sdk.PutRetentionPolicyInput{LogGroupName: &group, RetentionInDays: &kept})
	return err
}

func exists(err error) bool {
	var e *types.ResourceAlreadyExistsException
	return errors.As(err, &e)
}

// groups are those of the alerts and of every dataset that is known.
func (s *Sink) groups() []string {
	list := []string{s.options.AlertGroup}
	if !strings.Contains(s.options.Group, "{dataset}") {
		return append(list, s.options.Group)
	}
	for _, d := range s.datasets {
		list = append(list, strings.ReplaceAll(s.options.Group, "{dataset}", d))
	}
	return list
}

// setup makes groups and streams, whatever create says: it was asked for.
func (s *Sink) setup(ctx context.Context) error {
	s.options.Create = true
	var faults []error
	for _, group := range s.groups() {
		p := place{group, s.options.Stream}
		for _, p := range []place{p, p.late()} {
			if err := s.make(ctx, p); err != nil {
				faults = append(faults, fmt.Errorf("make log group %s, stream %s: %w", p.group, p.stream, aws.Explain(err)))
			}
		}
	}
	return errors.Join(faults...)
}

// check asks for the group of alerts, which proves endpoint and credentials.
func (s *Sink) check(ctx context.Context) error {
	one := int32(1)
	out, err := s.logs.DescribeLogGroups(ctx, &sdk.DescribeLogGroupsInput{LogGroupNamePrefix: &s.options.AlertGroup, Limit: &one})
	if err != nil {
		return fmt.Errorf("look for log group %s: %w", s.options.AlertGroup, aws.Explain(err))
	}
	if len(out.LogGroups) == 0 && !s.options.Create {
		return fmt.Errorf("there is no log group %s, and create is false: run burstwatch setup", s.options.AlertGroup)
	}
	return nil
}
