package egress

import (
	"github.com/burstwatch/burstwatch/internal/event"
)

// columns read what is looked at of a flow record.
type columns struct {
	src, dst, pktSrc, pktDst                event.Getter
	srcPort, dstPort, protocol              event.Getter
	packets, bytes                          event.Getter
	action, status, initiator, direction    event.Getter
	machine, vpc, subnet, account, path, to event.Getter
}

func newColumns(schema event.Schema) *columns {
	get := schema.Getter
	c := &columns{
		src: get("srcaddr"), dst: get("dstaddr"), pktSrc: get("pkt-srcaddr"), pktDst: get("pkt-dstaddr"),
		srcPort: get("srcport"), dstPort: get("dstport"), protocol: get("protocol"),
		packets: get("packets"), bytes: get("bytes"),
		action: get("action"), status: get("log-status"), initiator: get("aws.vpcflow.initiator"), direction: get("flow-direction"),
		machine: get("interface-id"), vpc: get("vpc-id"), subnet: get("subnet-id"), account: get("cloud.account.id"),
		path: get("traffic-path"), to: get("pkt-dst-aws-service"),
	}
	for _, g := range []event.Getter{c.src, c.dst, c.pktSrc, c.pktDst, c.srcPort, c.dstPort, c.protocol, c.packets, c.bytes, c.action, c.status, c.initiator, c.direction, c.machine, c.vpc, c.subnet, c.account, c.path, c.to} {
		if g == nil {
			return nil
		}
	}
	return c
}

// reader is what a worker knows of the record that the rules look at: all
// rules of a Detector share it, so that it is read once.
type reader struct {
	d       *Detector
	columns *columns
	pairs   *pairs
	values  []event.Value

	// last is the event that flow was read of. It is forgotten at the end of a
	// batch, when its memory becomes another event's.
	last *event.Event
	flow *flow
	one  flow
}

// flow is a record that some rule may note.
type flow struct {
	pair *pair
	// route is the connection that the record belongs to, as far as somebody
	// can tell; forth is set where its bytes went from opener to destination.
	route *route
	forth bool
	// unknown is set where nobody can tell who opened it.
	unknown bool
	// accepted and refused; neither for transit gateways.
	refused        bool
	bytes, packets int64
	port           int64 // of the destination of the route
	protocol       int64
	time           int64
}

func (r *reader) text(g event.Getter, ev *event.Event, s *event.Scratch) []byte {
	r.values = g.Append(r.values[:0], ev, s)
	if len(r.values) == 0 {
		return nil
	}
	return r.values[0].Bytes
}

func (r *reader) number(g event.Getter, ev *event.Event, s *event.Scratch) int64 {
	r.values = g.Append(r.values[:0], ev, s)
	if len(r.values) == 0 || r.values[0].Kind != event.Int {
		return 0
	}
	return r.values[0].Num
}

// look reads an event; nil if no rule has to do with it.
func (r *reader) look(ev *event.Event, s *event.Scratch) *flow {
	if ev == r.last {
		return r.flow
	}
	r.last, r.flow = ev, nil
	src, dst := r.text(r.columns.src, ev, s), r.text(r.columns.dst, ev, s)
	if p := r.text(r.columns.pktSrc, ev, s); p != nil {
		src = p
	}
	if p := r.text(r.columns.pktDst, ev, s); p != nil {
		dst = p
	}
	if src == nil || dst == nil {
		return nil
	}
	if p := r.pairs.of(r.d, src, dst); p != nil {
		r.flow = r.read(p, ev, s)
	}
	return r.flow
}

// read reads the rest of a record.
func (r *reader) read(p *pair, ev *event.Event, s *event.Scratch) *flow {
	f := &r.one
	*f = flow{time: moment(ev)}
	if string(r.text(r.columns.action, ev, s)) == "REJECT" {
		f.refused = true
	}
	if p = r.known(p, ev, s); p == nil {
		return nil
	}
	f.pair = p
	initiator := r.text(r.columns.initiator, ev, s)
	switch string(initiator) {
	case "source":
		f.route, f.forth = &p.there, true
		f.port = r.number(r.columns.dstPort, ev, s)
	case "destination":
		f.route = &p.back
		f.port = r.number(r.columns.srcPort, ev, s)
	default:
		if p.there.to.ours() {
			return nil // inside it is a question as likely as an answer
		}
		f.route, f.forth, f.unknown = &p.there, true, true
		f.port = r.number(r.columns.dstPort, ev, s)
	}
	if f.route.relation == quiet && f.route.listed == "" || r.byEndpoint(f, ev, s) {
		return nil
	}
	f.bytes, f.packets = r.number(r.columns.bytes, ev, s), r.number(r.columns.packets, ev, s)
	f.protocol = r.number(r.columns.protocol, ev, s)
	return f
}

// byEndpoint tells whether a record went by a gateway endpoint to S3 or
// DynamoDB, or came from there: the way back has no traffic-path. By an
// internet gateway (8) the same services are the internet. Where the record does
// not say which (2), it stays what it is.
func (r *reader) byEndpoint(f *flow, ev *event.Event, s *event.Scratch) bool {
	return f.forth && r.number(r.columns.path, ev, s) == 7
}

// known puts in the network of an address that the studio file lacks, by the
// VPC that the record is of.
func (r *reader) known(p *pair, ev *event.Event, s *event.Scratch) *pair {
	if p.there.relation != foreign && p.back.relation != foreign && p.there.relation != outside && p.back.relation != outside {
		return p
	}
	n := r.d.atlas.byVPC(string(r.text(r.columns.vpc, ev, s)))
	if n != nil {
		from, to := p.there.from, p.there.to
		switch string(r.text(r.columns.direction, ev, s)) {
		case "egress":
			from.adopt(n)
		case "ingress":
			to.adopt(n)
		}
		if p = r.d.between(from, to); p == nil {
			return nil
		}
	}
	if p.there.relation == foreign {
		return nil
	}
	return p
}

// adopt takes n for the network of a place that is nobody's else.
func (p *place) adopt(n *network) {
	if p.in == nil && p.at == nil {
		p.in = n
	}
}

// moment is the record's time, or when it was read where it has none.
func moment(ev *event.Event) int64 {
	if ev.Time != 0 {
		return ev.Time
	}
	return ev.Created
}

const (
	hour = int64(3600e9)
	day  = 24 * hour
)

// floor is the begin of the stretch that t lies in.
func floor(t, stretch int64) int64 {
	n := t / stretch
	if t%stretch < 0 {
		n--
	}
	return n * stretch
}
