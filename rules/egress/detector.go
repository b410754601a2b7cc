package egress

import (
	"embed"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/inventory"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/detect/gather"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// Files are the headers of the rules, one a file.
//
//go:embed *.yml
var Files embed.FS

// Options are what a Detector is made with. All of it may be missing.
type Options struct {
	// Studio is what is known of the studio.
	Studio *inventory.Index
	// Threats are the threat lists.
	Threats *Threats
	// Country names the country of a public address, "" where it is not known;
	// nil if nobody knows any.
	Country func(ip netip.Addr) string
}

// Detector makes the rules of this package. What one worker's observers of one
// Detector know of a record they share.
type Detector struct {
	studio  *inventory.Index
	threats *Threats
	country func(ip netip.Addr) string
	// repeated is set where networks have the same addresses.
	repeated bool
}

// New makes a Detector. A changed studio file or threat list asks for a new one.
func New(o Options) *Detector {
	d := &Detector{studio: o.Studio, threats: o.Threats, country: o.Country}
	if st := o.Studio.Studio(); st != nil {
		d.repeated = slices.ContainsFunc(st.Networks, func(n inventory.Network) bool { return n.Repeated })
	}
	return d
}

const (
	flowLogs     = "aws.vpcflow"
	resolverLogs = "aws.route53_resolver_logs"
	// unparsed are records of logs that have no parser of their own; theirs are
	// told by the fields that they have.
	unparsed = "generic.json"
)

// spec is what tells one rule of the package from another.
type spec struct {
	span detect.Span
	// flow notes a flow record, query a question to the resolver; nil where the
	// rule does not concern them.
	flow  func(o *observer, f *flow, ev *event.Event, s *event.Scratch, out *detect.Notes)
	query func(o *queries, q *query, ev *event.Event, s *event.Scratch, out *detect.Notes)
	// judge finds the cases of a bucket.
	judge func(r *rule, w *bucket) []detect.Case
}

var specs = map[string]spec{
	"egress.unexpected": {span: daily, flow: noteUnexpected, judge: judgeUnexpected},
	"egress.time":       {span: daily, flow: noteTime, judge: judgeTime},
	"egress.crossed":    {span: daily, flow: noteCrossed, judge: judgeCrossed},
	"egress.volume":     {span: detect.Span{Bucket: time.Hour, Before: remembered}, flow: noteVolume, judge: judgeVolume},
	"egress.new":        {span: detect.Span{Bucket: 24 * time.Hour, Before: known}, flow: noteNew, judge: judgeNew},
	"egress.threat":     {span: daily, flow: noteThreat, query: noteListed, judge: judgeThreat},
	"egress.names":      {span: detect.Span{Bucket: 24 * time.Hour, Before: known}, query: noteName, judge: judgeNames},
	"egress.gap":        {span: daily, flow: noteGap, judge: judgeGap},
}

var daily = detect.Span{Bucket: 24 * time.Hour}

// Names are the names of the package's detectors.
func Names() []string {
	return slices.Sorted(maps.Keys(specs))
}

// Rule makes the rule of a header whose detector is name.
func (d *Detector) Rule(name string, header *sigma.Rule) (detect.Rule, error) {
	s, ok := specs[name]
	if !ok {
		return nil, fmt.Errorf("package egress has no detector %s", name)
	}
	return &rule{spec: s, detector: d, header: header}, nil
}

// rule implements detect.Rule.
type rule struct {
	spec
	detector *Detector
	header   *sigma.Rule
}

// Rule implements detect.Rule.
func (r *rule) Rule() *sigma.Rule { return r.header }

// Span implements detect.Rule.
func (r *rule) Span() detect.Span { return r.span }

// Observer implements detect.Rule.
func (r *rule) Observer(schema event.Schema) detect.Observer {
	switch {
	case schema.Dataset() == flowLogs && r.flow != nil:
		if columns := newColumns(schema); columns != nil {
			return &observer{rule: r, columns: columns}
		}
	case (schema.Dataset() == resolverLogs || schema.Dataset() == unparsed) && r.query != nil:
		return newQueries(r, schema)
	}
	return nil
}

// observer implements detect.Observer.
type observer struct {
	rule    *rule
	columns *columns
	reader  *reader
	batch   gather.Gatherer
}

// Event implements detect.Observer.
func (o *observer) Event(ev *event.Event, s *event.Scratch, out *detect.Notes) {
	if f := o.shared(s).look(ev, s); f != nil {
		o.rule.flow(o, f, ev, s, out)
	}
}

// Reader implements detect.Sharing.
func (o *observer) Reader() any { return o.rule.detector }

// Concerns implements detect.Sharing.
func (o *observer) Concerns(ev *event.Event, s *event.Scratch) bool {
	return o.shared(s).look(ev, s) != nil
}

// shared is the worker's reader.
func (o *observer) shared(s *event.Scratch) *reader {
	if o.reader == nil {
		o.reader = s.Memo(o.rule.detector, func() any {
			return &reader{d: o.rule.detector, columns: o.columns, pairs: newPairs(o.rule.detector, scope{})}
		}).(*reader)
	}
	return o.reader
}

// Flush implements detect.Observer.
func (o *observer) Flush(out *detect.Notes) { o.batch.Flush(out) }

// bucket is one bucket of one group, with what was gathered in it.
type bucket struct {
	from, to int64
	// matters are those whose stretch lies in the bucket.
	matters []gather.Matter
	notes   []detect.Note
	// past are those of the rule's reach before it.
	past []gather.Matter
}

// Judge implements detect.Rule: it judges bucket by bucket.
func (r *rule) Judge(w *detect.Window) []detect.Case {
	all := gather.Read(w.Notes)
	size := int64(r.span.Bucket)
	var out []detect.Case
	for from := floor(w.From, size); from < w.To; from += size {
		b := bucket{from: max(from, w.From), to: min(from+size, w.To), notes: w.Notes}
		b.past = gather.Between(all, b.from-int64(r.span.Before), b.from)
		b.matters = gather.Between(all, b.from, b.to)
		if len(b.matters) > 0 {
			out = append(out, r.judge(r, &b)...)
		}
	}
	return out
}
