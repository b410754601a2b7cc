package egress

import (
	"net/netip"
	"slices"
	"time"

	"github.com/burstwatch/burstwatch/internal/inventory"
)

// atlas is what the studio file says of addresses. It is not changed once made.
type atlas struct {
	networks []network
	sites    []site
	hosts    []host
	windows  []window
}

type network struct {
	vpc, name, kind, production string
	// tier is the production's, 0 if unknown.
	tier            int
	ranges, mayGo   []netip.Prefix
	subnets         []subnet
	account, region string
}

type subnet struct {
	id, name string
	prefix   netip.Prefix
}

type site struct {
	name, kind string
	ranges     []netip.Prefix
}

// host is one that content networks may reach: a licence server, a repository.
type host struct {
	address    netip.Addr
	production string
}

type window struct {
	name     string
	from, to int64
}

// newAtlas reads a studio file; nil is an empty one. What is no address or no
// date in it is left out: validate has told its place.
func newAtlas(st *inventory.Studio) *atlas {
	a := &atlas{}
	if st == nil {
		return a
	}
	tiers := map[string]int{}
	for _, p := range st.Productions {
		tiers[p.Name] = p.Tier
	}
	for i := range st.Networks {
		a.networks = append(a.networks, newNetwork(&st.Networks[i], tiers))
	}
	for _, s := range st.Sites {
		a.sites = append(a.sites, site{s.Name, s.Kind, prefixes(s.CIDRs)})
	}
	for _, h := range slices.Concat(st.Licences, st.Repositories) {
		for _, text := range h.Addresses {
			if ip, err := netip.ParseAddr(text); err == nil {
				a.hosts = append(a.hosts, host{ip.Unmap(), h.Production})
			}
		}
	}
	for _, w := range st.Windows {
		from, err1 := time.Parse(time.RFC3339, w.From)
		to, err2 := time.Parse(time.RFC3339, w.To)
		if err1 == nil && err2 == nil {
			a.windows = append(a.windows, window{w.Name, from.UnixNano(), to.UnixNano()})
		}
	}
	return a
}

func newNetwork(n *inventory.Network, tiers map[string]int) network {
	out := network{
		vpc: n.VPC, name: n.Name, kind: n.Kind, production: n.Production, tier: tiers[n.Production],
		ranges: prefixes(n.CIDRs), mayGo: prefixes(n.MayReach), account: n.Account, region: n.Region,
	}
	for _, s := range n.Subnets {
		if p, err := netip.ParsePrefix(s.CIDR); err == nil {
			out.subnets = append(out.subnets, subnet{s.ID, s.Name, p.Masked()})
		}
	}
	return out
}

// prefixes reads networks; a single address is one of its own.
func prefixes(list []string) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range list {
		if p, err := netip.ParsePrefix(text); err == nil {
			out = append(out, p.Masked())
		} else if ip, err := netip.ParseAddr(text); err == nil {
			out = append(out, netip.PrefixFrom(ip, ip.BitLen()))
		}
	}
	return out
}

// longest is the length of the longest of list that holds ip, -1 for none.
func longest(list []netip.Prefix, ip netip.Addr) int {
	best := -1
	for _, p := range list {
		if p.Bits() > best && p.Contains(ip) {
			best = p.Bits()
		}
	}
	return best
}

// place is what is known of an address.
type place struct {
	ip netip.Addr
	// in is the network that it belongs to, nil for none; part its subnet.
	in   *network
	part *subnet
	// at is the studio's site that it belongs to, nil for none.
	at *site
}

// locate finds the place of an address: the network or site with the longest
// prefix that holds it.
func (a *atlas) locate(ip netip.Addr) place {
	p, best := place{ip: ip}, -1
	for i := range a.networks {
		if n := longest(a.networks[i].ranges, ip); n > best {
			best, p.in = n, &a.networks[i]
		}
	}
	for i := range a.sites {
		if n := longest(a.sites[i].ranges, ip); n > best {
			best, p.in, p.at = n, nil, &a.sites[i]
		}
	}
	if p.in != nil {
		p.part = p.in.subnet(ip)
	}
	return p
}

func (n *network) subnet(ip netip.Addr) *subnet {
	var found *subnet
	for i := range n.subnets {
		if s := &n.subnets[i]; s.prefix.Contains(ip) && (found == nil || s.prefix.Bits() > found.prefix.Bits()) {
			found = s
		}
	}
	return found
}

// byVPC is the network of a VPC, for addresses that the studio file lacks.
func (a *atlas) byVPC(id string) *network {
	i := slices.IndexFunc(a.networks, func(n network) bool { return n.vpc == id && id != "" })
	if i < 0 {
		return nil
	}
	return &a.networks[i]
}

// ours tells whether an address is the studio's: of a network, of a site, or
// of no public range at all.
func (p *place) ours() bool { return p.in != nil || p.at != nil || !public(p.ip) }

// public tells whether the internet knows the way to an address.
func public(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !shared.Contains(ip)
}

// shared is what carriers and container networks use inside (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// local tells whether an address never leaves its network: link-local (AWS's
// metadata, name and time servers), loopback, multicast, broadcast, none.
func local(ip netip.Addr) bool {
	return !ip.IsGlobalUnicast() && !ip.IsPrivate() || ip.IsMulticast()
}

var awsTime = netip.MustParsePrefix("fd00:ec2::/32") // the same of AWS over IPv6

// allowed tells whether hosts of n may open connections to an address.
func (a *atlas) allowed(n *network, to *place) bool {
	if bits := longest(n.mayGo, to.ip); bits >= 0 && !wider(bits, to) {
		return true
	}
	return slices.ContainsFunc(a.hosts, func(h host) bool {
		return h.address == to.ip && (h.production == "" || h.production == n.production)
	})
}

// wider tells whether a permission of so many bits was not made with the
// place's network in mind: whoever allows 10.0.0.0/8 has not allowed a
// production to reach another one.
func wider(bits int, to *place) bool {
	return to.in != nil && to.in.production != "" && longest(to.in.ranges, to.ip) > bits
}

// marks are the studio's windows that lie around a stretch of time.
func (a *atlas) marks(first, last int64) []string {
	var out []string
	for _, w := range a.windows {
		if first < w.to && last >= w.from {
			out = append(out, "in the window \""+w.name+"\"")
		}
	}
	return out
}

// networkOf is the network that an address of the internet is counted under:
// /24 and /48 are the least that are routed.
func networkOf(ip netip.Addr) netip.Prefix {
	bits := 24
	if ip.Is6() {
		bits = 48
	}
	p, _ := ip.Prefix(bits) //nolint:errcheck // the bits fit
	return p
}

// real is the address that a written one stands for: IPv4 inside IPv6, and
// behind NAT64.
func real(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	if nat64.Contains(ip) {
		b := ip.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return ip
}

var nat64 = netip.MustParsePrefix("64:ff9b::/96")
