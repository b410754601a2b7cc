package cloudwatchlogs

import (
	"context"
	"errors"
	"fmt"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// service answers as the API reference of CloudWatch Logs says, strictly: moto
// accepts spans of 25 hours and batches that are too large.
type service struct {
	now     func() time.Time
	groups  map[string]int // retention in days
	streams map[place][]types.InputLogEvent
	fault   func() error // before a request is judged, nil: none
	after   func() error // after it took effect
	keys    map[string]string
	invalid int // requests beyond a limit
}

func newService(now func() time.Time) *service {
	return &service{now: now, groups: map[string]int{}, streams: map[place][]types.InputLogEvent{}, keys: map[string]string{}}
}

func call(f func() error) error {
	if f == nil {
		return nil
	}
	return f()
}

func invalid(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &types.InvalidParameterException{Message: &text}
}

func (s *service) PutLogEvents(_ context.Context, in *sdk.PutLogEventsInput, _ ...func(*sdk.Options)) (*sdk.PutLogEventsOutput, error) {
	if err := call(s.fault); err != nil {
		return nil, err
	}
	p := place{*in.LogGroupName, *in.LogStreamName}
	if _, ok := s.streams[p]; !ok {
		return nil, &types.ResourceNotFoundException{}
	}
	if err := limits(in.LogEvents); err != nil {
		s.invalid++
		return nil, err
	}
	out := &sdk.PutLogEventsOutput{}
	keep := 14 * 24 * time.Hour
	if days := s.groups[p.group]; days > 0 {
		keep = min(keep, time.Duration(days)*24*time.Hour)
	}
	old, future := int32(0), int32(len(in.LogEvents))
	for i, e := range in.LogEvents {
		switch at := time.UnixMilli(*e.Timestamp); {
		case at.Before(s.now().Add(-keep)):
			old = int32(i + 1)
		case at.After(s.now().Add(2 * time.Hour)):
			future = min(future, int32(i))
		default:
			s.streams[p] = append(s.streams[p], e)
		}
	}
	if old > 0 || int(future) < len(in.LogEvents) {
		out.RejectedLogEventsInfo = &types.RejectedLogEventsInfo{}
		if old > 0 {
			out.RejectedLogEventsInfo.TooOldLogEventEndIndex = &old
		}
		if int(future) < len(in.LogEvents) {
			out.RejectedLogEventsInfo.TooNewLogEventStartIndex = &future
		}
	}
	return out, call(s.after)
}

// limits are those of one request.
func limits(events []types.InputLogEvent) error {
	if n := len(events); n == 0 || n > 10_000 {
		return invalid("%d events", n)
	}
	size := 0
	for i, e := range events {
		size += len(*e.Message) + 26
		if len(*e.Message) == 0 || len(*e.Message)+26 > 1_048_576 {
			return invalid("an event of %d bytes", len(*e.Message))
		}
		if i > 0 && *e.Timestamp < *events[i-1].Timestamp {
			return invalid("not in order of time")
		}
	}
	if span := *events[len(events)-1].Timestamp - *events[0].Timestamp; span >= 24*time.Hour.Milliseconds() {
		return invalid("a span of %v", time.Duration(span)*time.Millisecond)
	}
	if size > 1_048_576 {
		return invalid("%d bytes", size)
	}
	return nil
}

func (s *service) CreateLogGroup(_ context.Context, in *sdk.CreateLogGroupInput, _ ...func(*sdk.Options)) (*sdk.CreateLogGroupOutput, error) {
	if err := call(s.fault); err != nil {
		return nil, err
	}
	if _, ok := s.groups[*in.LogGroupName]; ok {
		return nil, &types.ResourceAlreadyExistsException{}
	}
	s.groups[*in.LogGroupName] = 0
	if in.KmsKeyId != nil {
		s.keys[*in.LogGroupName] = *in.KmsKeyId
	}
	return &sdk.CreateLogGroupOutput{}, nil
}

func (s *service) CreateLogStream(_ context.Context, in *sdk.CreateLogStreamInput, _ ...func(*sdk.Options)) (*sdk.CreateLogStreamOutput, error) {
	if err := call(s.fault); err != nil {
		return nil, err
	}
	if _, ok := s.groups[*in.LogGroupName]; !ok {
		return nil, &types.ResourceNotFoundException{}
	}
	p := place{*in.LogGroupName, *in.LogStreamName}
	if _, ok := s.streams[p]; ok {
		return nil, &types.ResourceAlreadyExistsException{}
	}
	s.streams[p] = nil
	return &sdk.CreateLogStreamOutput{}, nil
}

func (s *service) PutRetentionPolicy(_ context.Context, in *sdk.PutRetentionPolicyInput, _ ...func(*sdk.Options)) (*sdk.PutRetentionPolicyOutput, error) {
	if _, ok := s.groups[*in.LogGroupName]; !ok {
		return nil, &types.ResourceNotFoundException{}
	}
	s.groups[*in.LogGroupName] = int(*in.RetentionInDays)
	return &sdk.PutRetentionPolicyOutput{}, nil
}

func (s *service) DescribeLogGroups(_ context.Context, in *sdk.DescribeLogGroupsInput, _ ...func(*sdk.Options)) (*sdk.DescribeLogGroupsOutput, error) {
	out := &sdk.DescribeLogGroupsOutput{}
	if _, ok := s.groups[*in.LogGroupNamePrefix]; ok {
		out.LogGroups = []types.LogGroup{{LogGroupName: in.LogGroupNamePrefix}}
	}
	return out, nil
}

var errThrottled = errors.New("ThrottlingException: rate exceeded")
