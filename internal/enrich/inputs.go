package enrich

import (
	"bytes"
	"cmp"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/inventory"
)

// inputs are the getters of a dataset's own fields that ours are derived of;
// nil where its records have no such field.
type inputs struct {
	source, destination, account, region, person event.Getter
	service                                      event.Getter
	keys, roles, buckets, vpcs, subnets          []named
}

// named is a getter of a name of something, in calls of one service; "" is all.
// To look for a bucket in every call would cost more than all else.
type named struct {
	event.Getter
	service string
}

// What an identity is told by.
const personName = "studio.identity.person"

var roleNames = []string{"userIdentity.sessionContext.sessionIssuer.arn", "userIdentity.arn"}

// inputsOf compiles a schema's inputs. ECS names serve for every dataset; of
// what a call is about only CloudTrail's records tell, by their raw names.
func inputsOf(base event.Schema) inputs {
	in := inputs{
		source: base.Getter("source.ip"), destination: base.Getter("destination.ip"),
		account: base.Getter("cloud.account.id"), region: base.Getter("cloud.region"), person: base.Getter(personName),
	}
	switch base.Dataset() {
	case "aws.cloudtrail":
		in.service = base.Getter("eventSource")
		in.keys = append(getters(base, "", "resources.ARN"),
			getters(base, "kms.amazonaws.com", "requestParameters.keyId", "requestParameters.destinationKeyId", "requestParameters.targetKeyId")...)
		in.roles = getters(base, "", roleNames...)
		in.buckets = getters(base, "s3.amazonaws.com", "requestParameters.bucketName")
		in.vpcs = getters(base, "ec2.amazonaws.com", "requestParameters.vpcId")
		in.subnets = getters(base, "ec2.amazonaws.com", "requestParameters.subnetId")
	case "aws.vpcflow":
		in.vpcs = getters(base, "", "vpc-id")
		in.subnets = getters(base, "", "subnet-id")
	}
	return in
}

func getters(s event.Schema, service string, names ...string) []named {
	var out []named
	for _, name := range names {
		if g := s.Getter(name); g != nil {
			out = append(out, named{g, service})
		}
	}
	return out
}

// reading is what is read of one event.
type reading struct {
	k  *Knowledge
	m  *memory
	in *inputs
	ev *event.Event
	s  *event.Scratch

	src, dst         *spot
	srcRead, dstRead bool
	theKey           *inventory.Key
	keyRead          bool
	theRole          *inventory.Role
	roleRead         bool
	theNet           *inventory.Place
	netRead          bool
	owner            *inventory.Production
	ownerRead        bool
	service          []byte
	serviceRead      bool
}

// open begins to read an event; nil where nothing is known. The reading is the
// worker's, and good until the next one is opened.
func (s *schema) open(ev *event.Event, sc *event.Scratch) *reading {
	k := s.enricher.known.Load()
	if k == nil || k.Studio == nil && k.Geo == nil {
		return nil
	}
	m := memoryOf(s.enricher, k, sc)
	m.reading = reading{k: k, m: m, in: &s.in, ev: ev, s: sc}
	return &m.reading
}

// first is the first value of a field, nil if there is none.
func (r *reading) first(g event.Getter) []byte {
	if g == nil {
		return nil
	}
	r.m.values = g.Append(r.m.values[:0], r.ev, r.s)
	for i := range r.m.values {
		if v := &r.m.values[i]; v.Kind == event.String || v.Kind == event.Escaped {
			return v.Bytes
		}
	}
	return nil
}

// called is the first value of a name, nil where the call is another service's.
func (r *reading) called(n *named) []byte {
	if !r.concerns(n) {
		return nil
	}
	return r.first(n.Getter)
}

// concerns reports whether the call is one in which the name stands.
func (r *reading) concerns(n *named) bool {
	if n.service == "" {
		return true
	}
	if !r.serviceRead {
		r.service, r.serviceRead = r.first(r.in.service), true
	}
	return string(r.service) == n.service
}

// source is the event's source, nil if it is no address.
func (r *reading) source() *spot {
	if !r.srcRead {
		r.src, r.srcRead = r.spot(&r.m.sources, &sourceKeys, r.in.source), true
	}
	return r.src
}

func (r *reading) destination() *spot {
	if !r.dstRead {
		r.dst, r.dstRead = r.spot(&r.m.destinations, &destinationKeys, r.in.destination), true
	}
	return r.dst
}

func (r *reading) spot(t *table[*spot], keys *spotKeys, g event.Getter) *spot {
	text := r.first(g)
	if text == nil {
		return nil
	}
	if !r.k.Studio.Repeats() {
		return r.m.spot(t, keys, text, "", "", "")
	}
	// Which network an address is of depends on whose record names it.
	account := string(r.first(r.in.account))
	region := string(r.first(r.in.region))
	vpc := ""
	if len(r.in.vpcs) > 0 {
		vpc = string(r.called(&r.in.vpcs[0]))
	}
	return r.m.spot(t, keys, text, account, region, vpc)
}

func (r *reading) account() *inventory.Account {
	if r.in.account == nil || r.k.Studio == nil {
		return nil
	}
	return r.k.Studio.AccountBytes(r.first(r.in.account))
}

var kmsARN = []byte(":kms:")

// key is the studio's key that the event is about.
func (r *reading) key() *inventory.Key {
	if r.keyRead || r.k.Studio == nil {
		return r.theKey
	}
	r.keyRead = true
	for i := range r.in.keys {
		g := &r.in.keys[i]
		if !r.concerns(g) {
			continue
		}
		r.m.named = g.Append(r.m.named[:0], r.ev, r.s)
		for i := range r.m.named {
			v := &r.m.named[i]
			if v.Kind != event.String && v.Kind != event.Escaped || bytes.HasPrefix(v.Bytes, arnPrefix) && !bytes.Contains(v.Bytes, kmsARN) {
				continue
			}
			if r.theKey = r.m.key(r, v.Bytes); r.theKey != nil {
				return r.theKey
			}
		}
	}
	return nil
}

var arnPrefix = []byte("arn:")

// role is the studio's role that acts.
func (r *reading) role() *inventory.Role {
	if r.roleRead || r.k.Studio == nil {
		return r.theRole
	}
	r.roleRead = true
	for i := range r.in.roles {
		if arn := r.called(&r.in.roles[i]); arn != nil {
			if r.theRole = r.m.role(r, arn); r.theRole != nil {
				break
			}
		}
	}
	return r.theRole
}

// network is the studio's network that the event is about: of the subnet or VPC
// that it names, else the one of its addresses that most needs guarding.
func (r *reading) network() *inventory.Place {
	if r.netRead || r.k.Studio == nil {
		return r.theNet
	}
	r.netRead = true
	for i := range r.in.subnets {
		if r.theNet = r.k.Studio.Subnet(string(r.called(&r.in.subnets[i]))); r.theNet != nil {
			return r.theNet
		}
	}
	for i := range r.in.vpcs {
		if r.theNet = r.k.Studio.VPC(string(r.called(&r.in.vpcs[i]))); r.theNet != nil {
			return r.theNet
		}
	}
	a, b := placeOf(r.source()), placeOf(r.destination())
	if a == nil || b != nil && guard(b) > guard(a) {
		a = b
	}
	if a.Own() {
		r.theNet = a
	}
	return r.theNet
}

// guard orders places by what is lost with them: content of the first tier
// first.
func guard(p *inventory.Place) int {
	switch {
	case p.Content():
		return 10 - cmp.Or(p.Tier, 4)
	case p.Network != nil:
		return 2
	case p.Own():
		return 1
	}
	return 0
}

// production is the production that the event is about.
func (r *reading) production() *inventory.Production {
	if !r.ownerRead && r.k.Studio != nil {
		r.owner, r.ownerRead = r.findProduction(), true
	}
	return r.owner
}

func (r *reading) findProduction() *inventory.Production {
	x := r.k.Studio
	if k := r.key(); k != nil && k.Production != "" {
		return x.Production(k.Production)
	}
	for i := range r.in.buckets {
		if p := x.Bucket(string(r.called(&r.in.buckets[i]))); p != nil {
			return p
		}
	}
	if n := r.network(); n != nil && n.Production != nil {
		return n.Production
	}
	if role := r.role(); role != nil && role.Production != "" {
		return x.Production(role.Production)
	}
	return x.AccountProduction(string(r.first(r.in.account)))
}
