package egress

import (
	"encoding/binary"
	"net/netip"

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

// judge says what two addresses are to each other; nil if nothing.
func (d *Detector) judge(src, dst netip.Addr, in scope) *pair {
	return d.between(d.locate(src, in), d.locate(dst, in))
}

// between says what two places are to each other; nil if nothing.
func (d *Detector) between(from, to place) *pair {
	if local(to.ip) || local(from.ip) || from.Network != nil && from.Network == to.Network {
		return nil
	}
	p := &pair{there: route{from: from, to: to}, back: route{from: to, to: from}}
	p.there.relation, p.back.relation = d.relation(&from, &to), d.relation(&to, &from)
	if p.there.relation == unexpected && p.back.relation == quiet && !to.ours() {
		p.back.relation = answered
	}
	if p.back.relation == unexpected && p.there.relation == quiet && !from.ours() {
		p.there.relation = answered
	}
	p.list(d.threats)
	if p.there.relation == quiet && p.back.relation == quiet && p.there.listed == "" {
		return nil
	}
	for _, r := range []*route{&p.there, &p.back} {
		if r.relation != quiet || r.listed != "" { // nothing is counted of the others
			r.count()
		}
	}
	return p
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

// count fills in what cases are counted by.
func (r *route) count() {
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

// pairs remembers what pairs of addresses are, by their text as it stands in
// the log: to read the addresses, and to look them up, costs more than all else.
type pairs struct {
	slots [pairSlots]pairSlot
	// long are those with an address of more than 16 bytes, and those that
	// lost their slot.
	long map[string]*pair
}

const (
	// A farm of a few thousand nodes has some ten thousand pairs.
	pairBits  = 15
	pairSlots = 1 << pairBits
	maxLong   = 1 << 15
)

type pairSlot struct {
	text  [4]uint64
	sizes uint32
	pair  *pair
}

// short makes a text of 4 to 16 bytes two words. With its size they tell which
// text it was.
func short(b []byte) (head, tail uint64) {
	if n := len(b); n >= 8 {
		return binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:])
	}
	return uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[len(b)-4:]))
}

const mixer = 0x9E3779B97F4A7C15

// of is the pair of two addresses as they are written; nil if it is quiet.
func (p *pairs) of(d *Detector, src, dst []byte, in scope) *pair {
	if len(src)-4 > 12 || len(dst)-4 > 12 || len(src) < 4 || len(dst) < 4 {
		return p.longer(d, src, dst, in)
	}
	var text [4]uint64
	text[0], text[1] = short(src)
	text[2], text[3] = short(dst)
	sizes := uint32(len(src))<<8 | uint32(len(dst))
	hash := ((text[0]*mixer^text[1])*mixer^text[2])*mixer ^ text[3]
	s := &p.slots[(hash*mixer)>>(64-pairBits)]
	if s.text != text || s.sizes != sizes {
		*s = pairSlot{text, sizes, d.read(src, dst, in)}
	}
	return s.pair
}

func (p *pairs) longer(d *Detector, src, dst []byte, in scope) *pair {
	var buf [128]byte
	key := append(append(append(buf[:0], src...), ' '), dst...)
	if known, ok := p.long[string(key)]; ok {
		return known
	}
	if len(p.long) >= maxLong || p.long == nil {
		p.long = map[string]*pair{}
	}
	made := d.read(src, dst, in)
	p.long[string(key)] = made
	return made
}

// read judges two addresses; what is none is quiet.
func (d *Detector) read(src, dst []byte, in scope) *pair {
	from, err1 := netip.ParseAddr(string(src))
	to, err2 := netip.ParseAddr(string(dst))
	if err1 != nil || err2 != nil {
		return nil
	}
	return d.judge(from, to, in)
}
