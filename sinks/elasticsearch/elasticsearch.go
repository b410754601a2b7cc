// Package elasticsearch is the sink for the place where analysts search:
// Elasticsearch 8 or newer, and OpenSearch, by the bulk API.
//
// An event goes into the index of its dataset and of the period that its own
// time lies in, logs-aws.cloudtrail-default-2026.11, with the operation create
// and its delivery id as _id. So a repeat always meets the index in which the
// first one lies and is dropped there (409), however late it comes. The alias
// logs-aws.cloudtrail-default names all of them. Why no data stream: it writes
// into its newest backing index alone, so a repeat that comes after a rollover
// finds no _id and is a second document (docs/ARCHITECTURE.md has the test).
//
// An alert is state: it goes into an index of its own by its id, and of its
// revisions the newest stands, whatever order they come in (external version).
//
// Every item's verdict is read: what the cluster may take later is tried again
// alone; what it cannot map is sent once more without the fields of unknown
// shape, which event.original holds anyway; what it refuses even then is
// rejected with its reason.
//
// The package knows rendered documents and imports internal/ and the stage's
// door; the catalogue in cmd offers it.
package elasticsearch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/tidwall/gjson"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/plugin"
	"github.com/burstwatch/burstwatch/sinks"
)

// Spec offers the sink.
func Spec() plugin.Spec[sinks.Sink] {
	spec := plugin.Define("elasticsearch", "Indexes events and alerts in Elasticsearch or OpenSearch.", Defaults(),
		func(env plugin.Env, o Options) (sinks.Sink, error) { return New(env, o) })
	spec.Setup = once((*Sink).install)
	spec.Check = once((*Sink).check)
	return spec
}

// once runs f on a sink made for it alone.
func once(f func(*Sink, context.Context) error) func(context.Context, plugin.Env, any) error {
	return func(ctx context.Context, env plugin.Env, options any) error {
		o, ok := options.(*Options)
		if !ok {
			return fmt.Errorf("elasticsearch: options are a %T", options)
		}
		s, err := New(env, *o)
		if err != nil {
			return err
		}
		return errors.Join(f(s, ctx), s.Close(ctx))
	}
}

// Sink writes to one cluster.
type Sink struct {
	options   Options
	log       *slog.Logger
	transport *elastictransport.Client
	base      *http.Transport // below it
	datasets  []string        // those that are known from the start
	names     names
	ready     bool            // templates are installed
	met       map[string]bool // aliases whose templates are there
	bodies    sync.Pool
}

// New makes the sink. It connects to nothing yet.
func New(env plugin.Env, o Options) (*Sink, error) {
	t, base, err := newTransport(o)
	if err != nil {
		return nil, fmt.Errorf("elasticsearch: %w", err)
	}
	return &Sink{
		options: o, log: env.Log, transport: t, base: base, datasets: env.Datasets, names: newNames(o), met: map[string]bool{},
		bodies: sync.Pool{New: func() any { return newBody(o.Compression) }},
	}, nil
}

// Write implements sinks.Sink.
func (s *Sink) Write(ctx context.Context, events []*event.Event) error {
	if err := s.Prepare(ctx); err != nil {
		return err
	}
	v := verdict{}
	items := make([]item, len(events))
	for i, ev := range events {
		items[i] = s.item(i, ev)
	}
	for i := range items {
		if alias := items[i].alias; alias != "" && s.options.Templates {
			if err := s.meet(ctx, alias); err != nil {
				return err
			}
		}
	}
	if err := s.send(ctx, items, &v); err != nil {
		return err
	}
	return v.error()
}

// item is one document on its way.
type item struct {
	at      int // its place in the events
	index   string
	alias   string
	id      event.ID
	version int64 // an alert's revision; 0 for events
	alert   string
	doc     []byte
	weak    bool   // its fields of unknown shape are out of the way
	why     string // why the cluster refused it as it was
}

func (s *Sink) item(i int, ev *event.Event) item {
	it := item{at: i, id: ev.DeliveryID, doc: ev.Doc}
	if ev.Alert {
		known := gjson.GetManyBytes(ev.Doc, "studio.alert.id", "studio.alert.revision")
		it.index, it.alert, it.version = s.options.AlertIndex, known[0].Str, max(known[1].Int(), 1)
		return it
	}
	it.index, it.alias = s.names.of(ev.Schema.Dataset(), ev.Time)
	return it
}

// Close implements sinks.Sink.
func (s *Sink) Close(ctx context.Context) error {
	err := s.transport.Close(ctx)
	s.base.CloseIdleConnections()
	return err
}

// verdict gathers what became of the items.
type verdict struct {
	retry  []int
	reject []sinks.Rejected
	err    error
}

func (v *verdict) again(it *item, err error) {
	v.retry = append(v.retry, it.at)
	if v.err == nil {
		v.err = err
	}
}

func (v *verdict) refuse(it *item, reason string) {
	v.reject = append(v.reject, sinks.Rejected{Index: it.at, Reason: reason})
}

func (v *verdict) error() error {
	if len(v.retry)+len(v.reject) == 0 {
		return nil
	}
	return &sinks.PartialError{Retry: v.retry, Reject: v.reject, Err: v.err}
}
