// Package cloudwatchlogs is the sink for the central logging account: events
// and alerts as log events of CloudWatch Logs, where nobody of the studio's
// other accounts can change them.
//
// PutLogEvents takes batches of one stream, sorted by time, of at most 10,000
// events, 1 MiB and 24 hours, and nothing older than 14 days or the group's
// retention, or more than two hours in the future. What lies outside goes into
// the stream with "-late" behind its name under the time of its arrival, whole,
// with its own time in the document: an old event that nobody sees would be as
// good as lost. A document above a megabyte goes to quarantine, whole, and a log
// event that names it stands where it would have been.
//
// CloudWatch Logs keeps repeats; burstwatch.delivery_id in the document tells
// them apart.
//
// The package knows rendered documents and imports internal/ and the stage's
// door; the catalogue in cmd offers it.
package cloudwatchlogs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/burstwatch/burstwatch/internal/aws"
	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/sinks"
)

// Spec offers the sink.
func Spec() plugin.Spec[sinks.Sink] {
	spec := plugin.Define("aws_cloudwatch_logs", "Writes events and alerts to log groups of CloudWatch Logs.", Defaults(),
		func(env plugin.Env, o Options) (sinks.Sink, error) { return New(context.Background(), env, o) })
	spec.Setup = once((*Sink).setup)
	spec.Check = once((*Sink).check)
	return spec
}

// once runs f on a sink made for it alone.
func once(f func(*Sink, context.Context) error) func(context.Context, plugin.Env, any) error {
	return func(ctx context.Context, env plugin.Env, options any) error {
		o, ok := options.(*Options)
		if !ok {
			return fmt.Errorf("cloudwatchlogs: options are a %T", options)
		}
		s, err := New(ctx, env, *o)
		if err != nil {
			return err
		}
		return errors.Join(f(s, ctx), s.Close(ctx))
	}
}

// api is what the sink calls of CloudWatch Logs.
type api interface {
	PutLogEvents(context.Context, *sdk.PutLogEventsInput, ...func(*sdk.Options)) (*sdk.PutLogEventsOutput, error)
	CreateLogGroup(context.Context, *sdk.CreateLogGroupInput, ...func(*sdk.Options)) (*sdk.CreateLogGroupOutput, error)
	CreateLogStream(context.Context, *sdk.CreateLogStreamInput, ...func(*sdk.Options)) (*sdk.CreateLogStreamOutput, error)
	PutRetentionPolicy(context.Context, *sdk.PutRetentionPolicyInput, ...func(*sdk.Options)) (*sdk.PutRetentionPolicyOutput, error)
	DescribeLogGroups(context.Context, *sdk.DescribeLogGroupsInput, ...func(*sdk.Options)) (*sdk.DescribeLogGroupsOutput, error)
}

// Sink writes to one account and region.
type Sink struct {
	options  Options
	log      *slog.Logger
	logs     api
	now      func() time.Time
	datasets []string
	made     map[place]bool
}

// New makes the sink. It connects to nothing yet.
func New(ctx context.Context, env plugin.Env, o Options) (*Sink, error) {
	session, err := aws.PoolOf(env).Session(ctx, o.Options)
	if err != nil {
		return nil, fmt.Errorf("cloudwatchlogs: %w", err)
	}
	return newSink(env, o, session.Logs()), nil
}

func newSink(env plugin.Env, o Options, logs api) *Sink {
	return &Sink{options: o, log: env.Log, logs: logs, now: env.Now, datasets: env.Datasets, made: map[place]bool{}}
}

// Write implements sinks.Sink.
func (s *Sink) Write(ctx context.Context, events []*event.Event) error {
	part := &sinks.PartialError{}
	items := make([]item, 0, len(events))
	for i, ev := range events {
		items = append(items, s.item(i, ev, part))
	}
	for _, b := range plan(items) {
		s.put(ctx, b, part)
	}
	if len(part.Retry)+len(part.Reject) == 0 {
		return nil
	}
	return part
}

// Close implements sinks.Sink.
func (s *Sink) Close(context.Context) error { return nil }
