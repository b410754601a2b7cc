package cloudwatchlogs

import (
	"io"
	"time"

	sdkaws "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/burstwatch/burstwatch/internal/event"
)

// page is the new events of one page, as the pipeline reads them.
type page struct {
	group  *group
	events []types.FilteredLogEvent
	marks  []mark // of events
	size   int64

	sent     int
	origins  []event.Origin // one for each event, made at once
	messages []event.Message
}

// identity is that of the page as a whole: of what is in it, since no other page
// has the same events.
func (p *page) identity() []byte {
	parts := make([][]byte, len(p.marks))
	for i := range p.marks {
		parts[i] = p.marks[i].id[:]
	}
	id := event.HashID(&p.group.ids, parts...)
	return id[:]
}

// Next implements ingest.Messages.
func (p *page) Next(dst []byte) ([]byte, *event.Origin, error) {
	if p.sent == len(p.events) {
		return dst, nil, io.EOF
	}
	if p.origins == nil {
		p.origins, p.messages = make([]event.Origin, len(p.events)), make([]event.Message, len(p.events))
	}
	i := p.sent
	p.sent++
	e, o, m := &p.events[i], &p.origins[i], &p.messages[i]
	*m = event.Message{ID: sdkaws.ToString(e.EventId), Time: sdkaws.ToInt64(e.Timestamp) * int64(time.Millisecond)}
	*o = p.group.origin(p.group.name+":"+sdkaws.ToString(e.LogStreamName), p.marks[i].id[:])
	o.Message = m
	dst = append(dst, sdkaws.ToString(e.Message)...)
	p.events[i] = types.FilteredLogEvent{} // its text is not needed any more
	return dst, o, nil
}

// Close implements ingest.Messages.
func (p *page) Close() error {
	p.events, p.sent = nil, 0
	return nil
}

// origin is where something of the group comes from.
func (g *group) origin(name string, identity []byte) event.Origin {
	return event.Origin{
		Source: g.src.env.Name, Name: name, Identity: identity, Dataset: g.src.options.Dataset, Format: g.src.options.Format,
		Account: g.account, Region: g.region,
	}
}
