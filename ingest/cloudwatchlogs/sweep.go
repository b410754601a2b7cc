package cloudwatchlogs

import (
	"context"
	"fmt"
	"strings"

	sdkaws "github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/burstwatch/burstwatch/internal/aws"
)

const (
	// tardy is how far behind what a stream says of itself may be: AWS promises
	// an hour in most cases.
	tardy = day
	// mostNames is how many streams a search may name. Where more have news, all
	// are searched.
	mostNames = 100
)

// sweep finds the streams in which a pass of a late lane may find something:
// those that were written to since the one before. It is asked once a pass;
// nothing says that there are none.
func (g *group) sweep(ctx context.Context, l *lane) (nothing bool, err error) {
	if l.every == 0 || l.listed {
		return false, nil
	}
	var names []string
	in := &sdk.DescribeLogStreamsInput{OrderBy: types.OrderByLastEventTime, Descending: sdkaws.Bool(true)}
	g.address(&in.LogGroupName, &in.LogGroupIdentifier)
	for len(names) <= mostNames {
		out, err := g.logs.DescribeLogStreams(ctx, in)
		if err != nil {
			return false, fmt.Errorf("list the streams of %s: %w", g, aws.Explain(err))
		}
		g.heard(out.ResultMetadata)
		if l.Limit == 0 {
			l.Limit = g.now() - g.src.options.Overlap.Milliseconds()
		}
		more := g.news(l, out.LogStreams, &names)
		if !more || out.NextToken == nil {
			break
		}
		in.NextToken = out.NextToken
	}
	l.listed, l.streams = true, names
	if len(names) > mostNames {
		l.streams = nil
	}
	return len(names) == 0, nil
}

// news adds the streams that were written to since the lane's floor. more is false
// once all that follow have no event in the lane's range.
func (g *group) news(l *lane, streams []types.LogStream, names *[]string) (more bool) {
	for i := range streams {
		s := &streams[i]
		if last := s.LastEventTimestamp; last != nil && *last < l.At-tardy {
			return false
		}
		since := sdkaws.ToInt64(s.LastIngestionTime)
		if since == 0 { // it says nothing yet
			since = sdkaws.ToInt64(s.CreationTime)
		}
		if name := sdkaws.ToString(s.LogStreamName); since >= l.Floor-tardy && strings.HasPrefix(name, g.src.options.StreamPrefix) {
			*names = append(*names, name)
		}
	}
	return true
}
