package egress

import (
	"github.com/burstwatch/burstwatch/internal/event"
)

// columns read what is looked at of a flow record.
type columns struct {
	src, dst, pktSrc, pktDst              event.Getter
	srcPort, dstPort, protocol            event.Getter
	packets, bytes                        event.Getter
	action, status, initiator, direction  event.Getter
	machine, vpc, subnet, account, region event.Getter
	path, service                         event.Getter
}

func newColumns(schema event.Schema) *columns {
	get := schema.Getter
	c := &columns{
		src: get("srcaddr"), dst: get("dstaddr"), pktSrc: get("pkt-srcaddr"), pktDst: get("pkt-dstaddr"),
		srcPort: get("srcport"), dstPort: get("dstport"), protocol: get("protocol"),
		packets: get("packets"), bytes: get("bytes"),
		action: get("action"), status: get("log-status"), initiator: get("aws.vpcflow.initiator"), direction: get("flow-direction"),
		machine: get("interface-id"), vpc: get("vpc-id"), subnet: get("subnet-id"), account: get("cloud.account.id"),
		region: get("cloud.region"), path: get("traffic-path"), service: get("pkt-dst-aws-service"),
	}
	for _, g := range []event.Getter{c.src, c.dst, c.pktSrc, c.pktDst, c.srcPort, c.dstPort, c.protocol, c.packets, c.bytes, c.action, c.status, c.initiator, c.direction, c.machine, c.vpc, c.subnet, c.account, c.region, c.path, c.service} {
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
	scopes  map[scope]*pairs
	values  []event.Value

	last  *event.Event // that flow was read of, in that round of the scratch
	round uint64
	flow  *flow
	one   flow
}

// flow is a record that some rule may note.
type flow struct {
	pair *pair
	// route is the connection that the record belongs to, as far as somebody
	// can tell; forth is set where its bytes went from opener to destination.
	route *route
	forth bool
	// gap is set for a stretch that was not recorded: all else is empty.
	gap bool
	// machine is the interface, for what is not known by addresses.
	machine, account string
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
	if ev == r.last && s.Round() == r.round {
		return r.flow
	}
	r.last, r.round, r.flow = ev, s.Round(), nil
	src, dst := r.text(r.columns.src, ev, s), r.text(r.columns.dst, ev, s)
	if p := r.text(r.columns.pktSrc, ev, s); p != nil {
		src = p
	}
	if p := r.text(r.columns.pktDst, ev, s); p != nil {
		dst = p
	}
	if src == nil || dst == nil {
		r.flow = r.gap(ev, s)
		return r.flow
	}
	pairs := r.pairs
	if r.d.repeated {
		pairs = r.scoped(ev, s)
	}
	if p := pairs.of(src, dst); p != nil {
		r.flow = r.read(p, ev, s)
	}
	return r.flow
}

// scoped is the memory of pairs for the networks that a record can be about,
// where several have the same addresses.
func (r *reader) scoped(ev *event.Event, s *event.Scratch) *pairs {
	in := scope{string(r.text(r.columns.account, ev, s)), string(r.text(r.columns.region, ev, s)), string(r.text(r.columns.vpc, ev, s))}
	if r.scopes[in] == nil {
		if len(r.scopes) >= maxScopes || r.scopes == nil {
			r.scopes = map[scope]*pairs{}
		}
		r.scopes[in] = newPairs(r.d, in)
	}
	return r.scopes[in]
}

// maxScopes bounds what a worker remembers of networks with the same addresses.
const maxScopes = 64

// gap is a record that says that an interface's traffic was not recorded.
func (r *reader) gap(ev *event.Event, s *event.Scratch) *flow {
	if string(r.text(r.columns.status, ev, s)) != "SKIPDATA" {
		return nil
	}
	r.one = flow{
		gap: true, time: moment(ev), route: &route{},
		machine: string(r.text(r.columns.machine, ev, s)), account: string(r.text(r.columns.account, ev, s)),
	}
	return &r.one
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
	if f.route.relation == quiet && f.route.listed == "" || r.byService(f, ev, s) {
		return nil
	}
	if f.route.relation == hidden && (!f.forth || r.text(r.columns.pktDst, ev, s) != nil) {
		return nil
	}
	f.bytes, f.packets = r.number(r.columns.bytes, ev, s), r.number(r.columns.packets, ev, s)
	f.protocol = r.number(r.columns.protocol, ev, s)
	f.route.count()
	return f
}

// byService tells whether a record went to AWS's own service by a gateway
// endpoint (traffic-path 7), or to a service that the network may reach by name.
// By an internet gateway (8) the same services are the internet, and so is an
// address that merely is AWS's.
func (r *reader) byService(f *flow, ev *event.Event, s *event.Scratch) bool {
	if !f.forth {
		return false
	}
	switch r.number(r.columns.path, ev, s) {
	case 7:
		return true
	case 8:
		return false
	}
	service := r.text(r.columns.service, ev, s)
	return service != nil && f.route.from.Content() && r.d.studio.MayReachService(f.route.from.Place, string(service))
}

// known puts in the network of an address that the studio file lacks, by the
// VPC that the record is of.
func (r *reader) known(p *pair, ev *event.Event, s *event.Scratch) *pair {
	if !p.there.vague() && !p.back.vague() {
		return p
	}
	vpc, subnet := string(r.text(r.columns.vpc, ev, s)), string(r.text(r.columns.subnet, ev, s))
	if vpc != "" || subnet != "" {
		from, to := p.there.from, p.there.to
		switch string(r.text(r.columns.direction, ev, s)) {
		case "egress":
			r.d.adopt(&from, vpc, subnet)
		case "ingress":
			r.d.adopt(&to, vpc, subnet)
		}
		if from.Place != p.there.from.Place || to.Place != p.there.to.Place {
			p = r.d.between(from, to)
		}
	}
	if p == nil || p.there.relation == foreign {
		return nil
	}
	return p
}

// vague tells whether a record could say more of a route than the studio file.
func (r *route) vague() bool {
	return (r.relation == outside || r.relation == foreign) && r.from.unknown()
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
