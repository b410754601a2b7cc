package inventory

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/gaissmai/bart"
)

// entry is one prefix and what it says of addresses in it.
type entry struct {
	prefix netip.Prefix
	set    func(*Place)
	in     *Network // of a network, its subnets; nil for what stands anywhere
	host   bool
}

func (c *compiler) sites() {
	for i := range c.x.studio.Sites {
		s := &c.x.studio.Sites[i]
		key := at("sites", i)
		if s.Name == "" {
			c.fail(key+".name", "want a name, by which alerts call the place")
		}
		c.once("site", s.Name, key+".name")
		c.oneOf(key+".kind", s.Kind, "office", "vpn", "desktop", "nat", "home")
		c.coordinates(key, s.Latitude, s.Longitude)
		c.country(key+".country", s.Country)
		c.account(key+".account", s.Account)
		ranges := c.prefixes(key+".cidrs", s.CIDRs)
		if len(s.CIDRs) == 0 {
			c.fail(key+".cidrs", "want the networks of the place; without one nothing is recognised by it")
		}
		for j, p := range ranges {
			if c.once("network of a site", p.String(), item(key+".cidrs", j)) && !c.wide(item(key+".cidrs", j), p) {
				c.entries = append(c.entries, entry{prefix: p, set: func(to *Place) { to.Site, to.Elsewhere, to.Zone = s, nil, s.Kind }})
			}
		}
		c.named[s.Name] = append(c.named[s.Name], ranges...)
	}
}

func (c *compiler) places() {
	for i := range c.x.studio.Places {
		e := &c.x.studio.Places[i]
		key := at("places", i)
		if e.Name == "" {
			c.fail(key+".name", "want a name, by which alerts call the place")
		}
		c.coordinates(key, e.Latitude, e.Longitude)
		c.country(key+".country", e.Country)
		if e.RadiusKm < 0 {
			c.fail(key+".radius_km", "want kilometres, not %v", e.RadiusKm)
		}
		if e.ASN < 0 || e.ASN > math.MaxUint32 {
			c.fail(key+".asn", "want the number of an autonomous system, not %d", e.ASN)
		}
		if len(e.CIDRs) == 0 {
			c.fail(key+".cidrs", "want the networks of the place; without one nothing is recognised by it")
		}
		for j, p := range c.prefixes(key+".cidrs", e.CIDRs) {
			if c.once("network of a site", p.String(), item(key+".cidrs", j)) && !c.wide(item(key+".cidrs", j), p) {
				c.entries = append(c.entries, entry{prefix: p, set: func(to *Place) { *to = Place{Elsewhere: e} }})
			}
		}
	}
}

func (c *compiler) networks() {
	for i := range c.x.studio.Networks {
		n := &c.x.studio.Networks[i]
		key := at("networks", i)
		if n.VPC == "" && n.Name == "" {
			c.fail(key, "want the id of the VPC, or at least a name")
		}
		if n.VPC != "" && !strings.HasPrefix(n.VPC, "vpc-") {
			c.fail(key+".vpc", "want the id of a VPC, such as vpc-0f00dfeed, not %q", n.VPC)
		}
		if c.once("vpc", n.VPC, key+".vpc") && n.VPC != "" {
			c.x.networks[n.VPC], c.x.vpcs[n.VPC] = n, &Place{}
		}
		if c.once("site", n.Name, key+".name") && n.Name != "" {
			c.named[n.Name] = nil
		}
		c.oneOf(key+".kind", n.Kind, ZoneContent, ZoneManagement, ZoneLogging)
		c.account(key+".account", n.Account)
		p := c.production(key+".production", n.Production)
		c.ranges[n] = c.prefixes(key+".cidrs", n.CIDRs)
		c.named[n.Name] = c.ranges[n]
		for _, prefix := range c.ranges[n] {
			c.entries = append(c.entries, entry{prefix: prefix, in: n, set: func(to *Place) { to.network(n, p) }})
		}
		if place := c.x.vpcs[n.VPC]; place != nil {
			place.network(n, p)
		}
		c.subnets(key, n, p)
	}
	c.disjoint()
}

// network makes a place one of a VPC.
func (p *Place) network(n *Network, of *Production) {
	*p = Place{Network: n, Production: of, Zone: n.Kind}
	if of != nil {
		p.Tier = of.Tier
	}
}

func (c *compiler) subnets(key string, n *Network, p *Production) {
	var known []netip.Prefix
	for j := range n.Subnets {
		s := &n.Subnets[j]
		key := at(key+".subnets", j)
		if s.ID != "" && !strings.HasPrefix(s.ID, "subnet-") {
			c.fail(key+".id", "want the id of a subnet, such as subnet-0f00dfeed, not %q", s.ID)
		}
		c.oneOf(key+".kind", s.Kind, ZoneContent, ZoneManagement, ZoneLogging)
		set := func(to *Place) {
			to.network(n, p)
			to.Subnet, to.Zone = s, cmp.Or(s.Kind, n.Kind)
		}
		place := &Place{}
		set(place)
		if c.once("subnet", s.ID, key+".id") && s.ID != "" {
			c.x.subnets[s.ID] = place
		}
		if s.CIDR == "" {
			continue
		}
		prefix, why := prefixOf(s.CIDR)
		if why != "" {
			c.fail(key+".cidr", "%s", why)
			continue
		}
		place.Prefix = prefix
		if !slices.ContainsFunc(c.ranges[n], func(r netip.Prefix) bool { return r.Bits() <= prefix.Bits() && r.Contains(prefix.Addr()) }) {
			c.fail(key+".cidr", "%s does not lie in %s, the ranges of its network", prefix, strings.Join(n.CIDRs, ", "))
		}
		for _, other := range known {
			if other.Overlaps(prefix) {
				c.fail(key+".cidr", "%s overlaps %s, another subnet of the network", prefix, other)
			}
		}
		known = append(known, prefix)
		c.entries = append(c.entries, entry{prefix: prefix, in: n, set: set})
	}
}

// disjoint reports networks whose ranges overlap although an address is meant
// to tell them apart.
func (c *compiler) disjoint() {
	all := c.x.studio.Networks
	for i := range all {
		for k := range i {
			if all[i].Repeated || all[k].Repeated {
				continue
			}
			for j, p := range c.ranges[&all[i]] {
				for _, q := range c.ranges[&all[k]] {
					if p.Overlaps(q) {
						c.fail(item(at("networks", i)+".cidrs", j), "%s overlaps %s of %s: an address would not tell which of the two is meant. If both are so, write repeated: true in one of them; it is then known by its VPC, account and region alone", p, q, cmp.Or(all[k].Name, all[k].VPC))
					}
				}
			}
		}
	}
}

func (c *compiler) hosts() {
	for i, text := range c.x.studio.Bastions {
		p, why := prefixOf(text)
		if why != "" {
			c.fail(item("bastions", i), "%s", why)
		}
		c.bastions = append(c.bastions, p)
		h := &Host{Name: "bastion " + text, Addresses: []string{text}}
		if why == "" && c.once(DutyBastion, p.String(), item("bastions", i)) {
			c.host(p, h, DutyBastion, nil)
		}
	}
	c.group("licence_servers", c.x.studio.Licences, DutyLicence)
	c.group("repositories", c.x.studio.Repositories, DutyRepository)
}

func (c *compiler) group(list string, hosts []Host, duty string) {
	for i := range hosts {
		h := &hosts[i]
		key := at(list, i)
		of := c.production(key+".production", h.Production)
		if len(h.Addresses)+len(h.Interfaces) == 0 {
			c.fail(key+".addresses", "want the addresses of the host; without one nothing is recognised by it")
		}
		for j, p := range c.prefixes(key+".addresses", h.Addresses) {
			if c.once(duty, p.String(), item(key+".addresses", j)) {
				c.host(p, h, duty, of)
			}
		}
		for j, port := range h.Ports {
			if port < 1 || port > 65535 {
				c.fail(item(key+".ports", j), "want a port from 1 to 65535, not %d", port)
			}
		}
		for j, id := range h.Interfaces {
			if !strings.HasPrefix(id, "eni-") {
				c.fail(item(key+".interfaces", j), "want the id of a network interface, such as eni-0f00dfeed, not %q", id)
			}
			if c.once("interface", id, item(key+".interfaces", j)) {
				c.x.interfaces[id] = &Place{Host: h, Duty: duty, Production: of}
			}
		}
	}
}

func (c *compiler) host(p netip.Prefix, h *Host, duty string, of *Production) {
	c.entries = append(c.entries, entry{prefix: p, host: true, set: func(to *Place) {
		if to.Host != nil && to.Prefix == p { // a machine with two duties has the one that is named first
			return
		}
		to.Elsewhere, to.Host, to.Duty = nil, h, duty
		if of != nil {
			to.Production, to.Tier = of, of.Tier
		}
	}})
}

// lay makes the tables. A more special prefix takes over what the wider ones
// around it say, so the wide ones go first.
func (c *compiler) lay() {
	slices.SortStableFunc(c.entries, func(a, b entry) int { return a.prefix.Bits() - b.prefix.Bits() })
	for _, e := range c.entries {
		if e.in == nil || !e.in.Repeated {
			e.into(&c.x.everywhere)
		}
	}
	c.scopes()
	for _, p := range c.x.interfaces {
		for _, text := range p.Host.Addresses {
			if prefix, why := prefixOf(text); why == "" {
				if known, ok := c.x.everywhere.LookupPrefix(prefix); ok {
					*p = *known
				}
			}
		}
	}
}

func (e *entry) into(t *bart.Table[*Place]) {
	place := &Place{}
	if around, ok := t.LookupPrefix(e.prefix); ok {
		*place = *around
	}
	e.set(place)
	place.Prefix = e.prefix
	t.Insert(e.prefix, place)
}

// scopes makes tables of their own for VPCs, and accounts with region, whose
// address ranges are others' too.
func (c *compiler) scopes() {
	for i := range c.x.studio.Networks {
		n := &c.x.studio.Networks[i]
		if !n.Repeated {
			continue
		}
		for _, scope := range []string{n.VPC, n.Account + "/" + n.Region} {
			if scope == "" || n.Account == "" && scope != n.VPC {
				continue
			}
			if c.x.scopes == nil {
				c.x.scopes = map[string]*bart.Table[*Place]{}
			}
			t := c.x.scopes[scope]
			if t == nil {
				t = &bart.Table[*Place]{}
				c.x.scopes[scope] = t
			}
			for _, e := range c.entries {
				if e.in == n || e.host && c.within(n, e.prefix) {
					e.into(t)
				}
			}
		}
	}
}

func (c *compiler) within(n *Network, p netip.Prefix) bool {
	return slices.ContainsFunc(c.ranges[n], func(r netip.Prefix) bool { return r.Contains(p.Addr()) })
}
