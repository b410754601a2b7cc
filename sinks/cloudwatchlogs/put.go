package cloudwatchlogs

import (
	"context"
	"errors"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/burstwatch/burstwatch/internal/aws"
	"github.com/burstwatch/burstwatch/sinks"
)

// put sends one batch and adds to part what was not taken.
func (s *Sink) put(ctx context.Context, b batch, part *sinks.PartialError) {
	if err := s.make(ctx, b.to); err != nil {
		s.again(b, err, part)
		return
	}
	out, err := s.send(ctx, b)
	var gone *types.ResourceNotFoundException
	var invalid *types.InvalidParameterException
	switch {
	case err == nil:
		s.late(ctx, b, out.RejectedLogEventsInfo, part)
	case errors.As(err, &gone):
		delete(s.made, b.to) // somebody deleted the stream: it is made again
		s.again(b, err, part)
	case errors.As(err, &invalid) && len(b.items) > 1:
		// One of them is at fault; the others need not suffer for it.
		s.put(ctx, batch{b.to, b.items[:len(b.items)/2]}, part)
		s.put(ctx, batch{b.to, b.items[len(b.items)/2:]}, part)
	case errors.As(err, &invalid):
		part.Reject = append(part.Reject, sinks.Rejected{Index: b.items[0].at, Reason: aws.Explain(err).Error()})
	default:
		s.again(b, err, part)
	}
}

func (s *Sink) send(ctx context.Context, b batch) (*sdk.PutLogEventsOutput, error) {
	in := &sdk.PutLogEventsInput{LogGroupName: &b.to.group, LogStreamName: &b.to.stream, LogEvents: make([]types.InputLogEvent, len(b.items))}
	for i := range b.items {
		in.LogEvents[i] = types.InputLogEvent{Message: &b.items[i].text, Timestamp: &b.items[i].time}
	}
	return s.logs.PutLogEvents(ctx, in)
}

// again marks all items of a batch to be tried again. One that stands for a
// document in quarantine is not: the document itself is safe.
func (s *Sink) again(b batch, err error, part *sinks.PartialError) {
	for i := range b.items {
		if it := &b.items[i]; !it.stub {
			part.Retry = append(part.Retry, it.at)
		}
	}
	if part.Err == nil && len(part.Retry) > 0 {
		part.Err = fmt.Errorf("write to log group %s, stream %s: %w", b.to.group, b.to.stream, aws.Explain(err))
	}
}

// late sends what the answer says was left out into the stream for that: the
// first ones may be too old, the last ones too new.
func (s *Sink) late(ctx context.Context, b batch, info *types.RejectedLogEventsInfo, part *sinks.PartialError) {
	if info == nil {
		return
	}
	from, to := 0, len(b.items)
	for _, end := range []*int32{info.TooOldLogEventEndIndex, info.ExpiredLogEventEndIndex} {
		if end != nil {
			from = max(from, int(*end))
		}
	}
	if info.TooNewLogEventStartIndex != nil {
		to = min(to, int(*info.TooNewLogEventStartIndex))
	}
	var left []item
	for i, it := range b.items {
		if i >= from && i < to {
			continue
		}
		if it.late { // its time is now, and still it was refused
			part.Reject = append(part.Reject, sinks.Rejected{Index: it.at, Reason: "CloudWatch Logs refused it as too old or too new under the time of its arrival: is this machine's clock right?"})
			continue
		}
		it.to, it.time, it.late = it.to.late(), s.now().UnixMilli(), true
		left = append(left, it)
	}
	if len(left) == 0 {
		return
	}
	s.log.Warn("log events are too old or too new for their group; they are in the stream beside it", "group", b.to.group, "stream", b.to.late().stream, "events", len(left))
	for _, b := range plan(left) {
		s.put(ctx, b, part)
	}
}
