package cloudwatchlogs

import (
	"context"
	"errors"
	"fmt"

	sdkaws "github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/burstwatch/burstwatch/ingest"
	"github.com/burstwatch/burstwatch/internal/aws"
	"github.com/burstwatch/burstwatch/internal/event"
)

// query is one search.
type query struct {
	slice
	streams []string
	token   *string
	limit   int32
}

// search asks for one page.
func (g *group) search(ctx context.Context, q query) (*sdk.FilterLogEventsOutput, error) {
	in := &sdk.FilterLogEventsInput{StartTime: &q.from, NextToken: q.token, LogStreamNames: q.streams}
	g.address(&in.LogGroupName, &in.LogGroupIdentifier)
	if !q.open {
		in.EndTime = &q.to
	}
	if q.limit > 0 {
		in.Limit = &q.limit
	}
	if prefix := g.src.options.StreamPrefix; prefix != "" && len(q.streams) == 0 {
		in.LogStreamNamePrefix = &prefix
	}
	out, err := g.logs.FilterLogEvents(ctx, in)
	if err != nil {
		return nil, aws.Explain(err)
	}
	g.heard(out.ResultMetadata)
	return out, nil
}

// address names the group to AWS: a linked one can be asked for by its ARN alone.
func (g *group) address(name, identifier **string) {
	if g.arn != "" {
		*identifier = &g.arn
		return
	}
	*name = &g.name
}

// read hands on what is new in a slice, page by page. Pages may be empty, or not
// full, and mean nothing by it: only the last one has no token.
func (g *group) read(ctx context.Context, out ingest.Emitter, l *lane, s slice) (pages int, err error) {
	q := query{slice: s, streams: l.streams}
	for {
		token, err := g.readPage(ctx, out, l, q)
		if err != nil {
			return pages, fmt.Errorf("read %s: %w", g, err)
		}
		pages++
		if token == nil {
			return pages, nil
		}
		if q.token != nil && *token == *q.token {
			return pages, fmt.Errorf("read %s: AWS gives the same token again, and no end of the search", g)
		}
		q.token = token
	}
}

// readPage holds one of the places for pages until its page has been taken.
func (g *group) readPage(ctx context.Context, out ingest.Emitter, l *lane, q query) (*string, error) {
	if err := g.src.pages.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer g.src.pages.Release(1)
	got, err := g.search(ctx, q)
	if err != nil {
		return nil, err
	}
	if l.Limit == 0 && !l.fill {
		l.Limit = g.now() - g.src.options.Overlap.Milliseconds()
	}
	return got.NextToken, g.emit(ctx, out, got.Events)
}

// emit hands on those events of a page that are new.
func (g *group) emit(ctx context.Context, out ingest.Emitter, events []types.FilteredLogEvent) error {
	fresh := g.choose(events)
	if len(fresh.marks) == 0 {
		return nil
	}
	origin := g.origin(g.name, fresh.identity())
	o := &ingest.Object{
		Origin: &origin, Messages: fresh, Size: fresh.size,
		Settled: func(err error) { g.ended(fresh.marks, err) },
	}
	if err := out.Object(ctx, o); err != nil {
		g.ended(fresh.marks, err)
		return err
	}
	return nil
}

// mark is an event that was handed on.
type mark struct {
	lane *lane
	id   event.ID
	stamp
}

// choose makes a page of the events that are new, and counts it as open.
func (g *group) choose(events []types.FilteredLogEvent) *page {
	p := &page{group: g}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range events {
		e := &events[i]
		s := stamp{sdkaws.ToInt64(e.Timestamp), sdkaws.ToInt64(e.IngestionTime)}
		l := g.laneOf(s)
		if l == nil || l.stale(s) {
			continue
		}
		id := g.identify(e, s)
		if _, seen := l.seen[id]; seen {
			continue
		}
		l.seen[id] = s
		p.marks, p.events = append(p.marks, mark{l, id, s}), append(p.events, *e)
		p.size += int64(len(sdkaws.ToString(e.Message)))
	}
	if len(p.marks) > 0 {
		g.open++
	}
	return p
}

func (g *group) laneOf(s stamp) *lane {
	for _, l := range g.lanes {
		if l.owns(s, g.born) {
			return l
		}
	}
	return nil
}

// identify is what an event is known by, here and in its delivery id: account,
// region, group, stream and the id that AWS gave it.
func (g *group) identify(e *types.FilteredLogEvent, s stamp) event.ID {
	own := sdkaws.ToString(e.EventId)
	if own == "" {
		own = fmt.Sprint(s.at, " ", s.taken, " ", sdkaws.ToString(e.Message))
	}
	return event.HashID(&g.ids, []byte(g.account), []byte(g.region), []byte(g.name), []byte(sdkaws.ToString(e.LogStreamName)), []byte(own))
}

// ended takes a page back: err says why not all of it was delivered. Then its
// slice is read again.
func (g *group) ended(marks []mark, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		if failed := g.keepSeen(marks); failed != nil {
			g.src.env.Log.Error("positions are not kept: after a restart events are read again", "group", g.String(), "error", failed)
		}
	} else {
		g.spoiled = true
		for i := range marks {
			delete(marks[i].lane.seen, marks[i].id)
		}
		if !errors.Is(err, context.Canceled) {
			g.src.env.Log.Error("events could not be delivered: they are read again", "group", g.String(), "events", len(marks), "error", err)
		}
	}
	if g.open--; g.open == 0 {
		select {
		case g.settled <- struct{}{}:
		default:
		}
	}
}
