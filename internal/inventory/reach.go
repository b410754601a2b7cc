package inventory

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/gaissmai/bart"
)

// reach is what a network or subnet may open connections to.
type reach struct {
	addresses bart.Lite
	ports     map[netip.Addr][]int // of hosts that are reached on some ports only
	services  map[string]bool      // lower case
}

// MayReach reports whether from may open a connection to an address and port:
// its own network, what may_reach names, and for content networks the licence
// servers. port 0 means that the port does not matter. Of a place that is in no
// network nothing is known: false.
func (x *Index) MayReach(from *Place, to netip.Addr, port int) bool {
	if x == nil || from == nil || from.Network == nil {
		return false
	}
	to = to.Unmap()
	return x.reaches[from.Network].has(to, port) || from.Subnet != nil && x.subReaches[from.Subnet].has(to, port)
}

// MayReachService is MayReach for an AWS service as flow logs name it in
// pkt-dst-aws-service, such as S3.
func (x *Index) MayReachService(from *Place, service string) bool {
	if x == nil || from == nil || from.Network == nil {
		return false
	}
	service = strings.ToLower(service)
	if r := x.reaches[from.Network]; r != nil && r.services[service] {
		return true
	}
	r := x.subReaches[from.Subnet]
	return from.Subnet != nil && r != nil && r.services[service]
}

func (r *reach) has(to netip.Addr, port int) bool {
	if r == nil {
		return false
	}
	if r.addresses.Lookup(to) {
		return true
	}
	ports, ok := r.ports[to]
	return ok && (port == 0 || slices.Contains(ports, port))
}

func newReach() *reach { return &reach{ports: map[netip.Addr][]int{}, services: map[string]bool{}} }

// reaches compiles what networks may reach; all other parts are there already.
func (c *compiler) reaches() {
	for i := range c.x.studio.Networks {
		n := &c.x.studio.Networks[i]
		key := at("networks", i)
		r := newReach()
		for _, p := range c.ranges[n] {
			r.addresses.Insert(p)
		}
		if n.Kind == ZoneContent {
			c.reachHosts(r, c.x.studio.Licences, n.Production)
		}
		for j, to := range n.MayReach {
			c.reach(r, item(key+".may_reach", j), to, n.Production)
		}
		c.x.reaches[n] = r
		for j := range n.Subnets {
			s := &n.Subnets[j]
			if len(s.MayReach) == 0 {
				continue
			}
			r := newReach()
			for k, to := range s.MayReach {
				c.reach(r, item(at(key+".subnets", j)+".may_reach", k), to, n.Production)
			}
			c.x.subReaches[s] = r
		}
	}
}

// reach adds one entry of may_reach.
func (c *compiler) reach(r *reach, key, to, production string) {
	if service, ok := strings.CutPrefix(to, "aws:"); ok {
		if service == "" {
			c.fail(key, "want a service behind aws:, such as aws:S3")
		}
		r.services[strings.ToLower(service)] = true
		return
	}
	switch to {
	case "licence_servers":
		c.reachHosts(r, c.x.studio.Licences, production)
		return
	case "repositories":
		c.reachHosts(r, c.x.studio.Repositories, production)
		return
	case "bastions":
		for i := range c.x.studio.Bastions {
			r.insert(c.bastions[i])
		}
		return
	}
	if ranges, ok := c.named[to]; ok {
		for _, p := range ranges {
			r.insert(p)
		}
		return
	}
	p, why := prefixOf(to)
	if why != "" {
		c.fail(key, "%s, or the name of a network or site, licence_servers, repositories, bastions, or aws:S3", why)
		return
	}
	r.insert(p)
}

func (r *reach) insert(p netip.Prefix) {
	if p.IsValid() {
		r.addresses.Insert(p)
	}
}

// reachHosts adds hosts that serve a production or everybody.
func (c *compiler) reachHosts(r *reach, hosts []Host, production string) {
	for i := range hosts {
		h := &hosts[i]
		if h.Production != "" && !strings.EqualFold(h.Production, production) {
			continue
		}
		for _, text := range h.Addresses {
			p, why := prefixOf(text)
			switch {
			case why != "": // said where the host stands
			case len(h.Ports) > 0 && p.IsSingleIP():
				r.ports[p.Addr()] = h.Ports
			default:
				r.addresses.Insert(p)
			}
		}
	}
}
