package egress

import (
	"github.com/burstwatch/burstwatch/internal/event"
)

// relation is what it means that one address opens a connection to another.
type relation uint8

const (
	// quiet is nothing to any rule.
	quiet relation = iota
	// unexpected: from a content network to what is not on its list.
	unexpected
	// answered: the other way round of unexpected, from a public address.
	answered
	// crossed: from one production's network to another's.
	crossed
	// outside: to a public address, from where that is not forbidden.
	outside
	// hidden: by a NAT gateway that is on the list; what lies behind it is told
	// by pkt-dstaddr or not at all.
	hidden
	// foreign: between two public IPv6 addresses of which the studio file knows
	// neither; the record may say which VPC it is from.
	foreign
)

// route is one address opening connections to another.
type route struct {
	relation relation
	from, to place
	// group is what cases are counted by: the subnet, or what is known instead.
	group []byte
	// machine tells opener and destination network apart within the group,
	// target the destination network alone.
	machine, target event.ID
	// listed is the entry of a threat list that holds either end.
	listed string
}

// pair is two addresses: there is the connection that the record's source
// opened, back the one that its destination opened.
type pair struct {
	there, back route
}

// between says what two places are to each other; nil if nothing.
func (d *Detector) between(from, to place) *pair {
	if local(to.ip) || local(from.ip) || from.Network != nil && from.Network == to.Network {
		return nil
	}
	there, back := d.relation(&from, &to), d.relation(&to, &from)
	if there == unexpected && back == quiet && !to.ours() {
		back = answered
	}
	if back == unexpected && there == quiet && !from.ours() {
		there = answered
	}
	listed := d.threats.either(to.ip, from.ip)
	if there == quiet && back == quiet && listed == "" {
		return nil
	}
	return &pair{
		there: route{relation: there, from: from, to: to, listed: listed},
		back:  route{relation: back, from: to, to: from, listed: listed},
	}
}

// relation is what it means that from opens a connection to to.
func (d *Detector) relation(from, to *place) relation {
	switch {
	case from.unknown() && !public(from.ip) && !to.ours():
		return outside // a network that the studio file does not know
	case from.unknown() && !to.ours() && from.ip.Is6():
		return foreign
	case from.Network == nil:
		return quiet
	case to.Network != nil && to.Production != nil && from.Production != nil && to.Production != from.Production:
		if meant(from, to) {
			return quiet
		}
		return crossed
	case from.Content() && !d.allowed(from, to):
		return unexpected
	case from.Content() && to.Zone == "nat":
		return hidden
	case !from.Content() && !to.ours():
		return outside
	}
	return quiet
}

// count fills in what cases are counted by. It is asked for once something is
// counted: of most connections nothing ever is.
func (r *route) count() {
	if r.group != nil {
		return
	}
	from, net := &r.from, r.network()
	switch {
	case r.relation == answered: // counted with the other way
		other := route{relation: unexpected, from: r.to, to: r.from}
		other.count()
		r.group, r.machine, r.target = other.group, other.machine, other.target
		return
	case from.Subnet != nil:
		r.group = []byte(from.Subnet.ID)
	case from.Network != nil:
		r.group = []byte(from.Network.VPC)
	default:
		r.group = []byte(networkOf(from.ip).String())
	}
	var s event.Scratch
	kind := []byte{byte(r.relation)}
	r.machine = event.HashID(&s, kind, r.group, []byte(from.ip.String()), net)
	r.target = event.HashID(&s, kind, r.group, net)
}

// network is what the destination is counted under.
func (r *route) network() []byte {
	switch {
	case r.to.Network != nil:
		return []byte(r.to.Network.VPC)
	case r.to.Site != nil:
		return []byte(r.to.Site.Name)
	}
	return []byte(networkOf(r.to.ip).String())
}
