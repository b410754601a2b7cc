package egress

import (
	"net/netip"
	"strings"

	"github.com/burstwatch/burstwatch/internal/inventory"
)

// place is an address and what the studio file says of it.
type place struct {
	ip netip.Addr
	*inventory.Place
}

// nowhere is the place of which the studio file says nothing.
var nowhere = &inventory.Place{}

// scope says which networks a record can be about, for those whose addresses
// are another's too. All of it may be empty.
type scope struct{ account, region, vpc string }

func (d *Detector) locate(ip netip.Addr, in scope) place {
	ip = real(ip)
	p := d.studio.AddressIn(ip, in.account, in.region, in.vpc)
	if p == nil {
		p = nowhere
	}
	return place{ip, p}
}

// ours tells whether an address is the studio's: of a network, of a site, a
// host of its, or of no public range at all.
func (p *place) ours() bool {
	return p.Network != nil || p.Site != nil || p.Host != nil || p.Duty != "" || !public(p.ip)
}

// unknown tells whether the studio file says nothing of an address.
func (p *place) unknown() bool {
	return p.Network == nil && p.Site == nil && p.Host == nil && p.Duty == ""
}

func (p *place) production() string {
	if p.Production == nil {
		return ""
	}
	return p.Production.Name
}

// public tells whether the internet knows the way to an address.
func public(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !shared.Contains(ip)
}

// shared is what carriers and container networks use inside (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// local tells whether an address never leaves its network: link-local (AWS's
// metadata, name and time servers), loopback, multicast, broadcast, none, and
// the same servers of AWS over IPv6.
func local(ip netip.Addr) bool { return !ip.IsGlobalUnicast() || instance.Contains(ip) }

var instance = netip.MustParsePrefix("fd00:ec2::/32")

// allowed tells whether hosts of a network may open connections to an address.
// Repositories are what a farm is for; the studio's index knows the rest.
func (d *Detector) allowed(from, to *place) bool {
	if to.Duty == inventory.DutyRepository && (to.Production == nil || to.Production == from.Production) {
		return true
	}
	return d.studio.MayReach(from.Place, to.ip, 0)
}

// meant tells whether the network of a production was meant when another one
// was allowed to reach it: by its name, or by addresses of its own. Whoever
// allows 10.0.0.0/8 has not opened one production to another.
func meant(from, to *place) bool {
	lists := [][]string{from.Network.MayReach}
	if from.Subnet != nil {
		lists = append(lists, from.Subnet.MayReach)
	}
	for _, list := range lists {
		for _, entry := range list {
			if strings.EqualFold(entry, to.Network.Name) {
				return true
			}
			if p, err := netip.ParsePrefix(entry); err == nil && p.Contains(to.ip) && within(p, to.Network) {
				return true
			}
			if ip, err := netip.ParseAddr(entry); err == nil && ip == to.ip {
				return true
			}
		}
	}
	return false
}

func within(p netip.Prefix, n *inventory.Network) bool {
	for _, text := range n.CIDRs {
		if c, err := netip.ParsePrefix(text); err == nil && c.Overlaps(p) && p.Bits() >= c.Bits() {
			return true
		}
	}
	return false
}

// adopt takes the VPC and subnet that a record names for those of a place of
// which the studio file says nothing.
func (d *Detector) adopt(p *place, vpc, subnet string) {
	if !p.unknown() {
		return
	}
	if known := d.studio.Subnet(subnet); known != nil {
		p.Place = known
		return
	}
	if n := d.studio.Network(vpc); n != nil {
		known := &inventory.Place{Network: n, Zone: n.Kind, Production: d.studio.Production(n.Production)}
		if known.Production != nil {
			known.Tier = known.Production.Tier
		}
		p.Place = known
	}
}

// marks are the studio's windows at the begin and the end of a case.
func (d *Detector) marks(first, last int64, production string) []string {
	var out []string
	for _, t := range []int64{first, last} {
		for _, w := range d.studio.Windows(t) {
			mark := "in the window \"" + w.Name + "\""
			if w.Concerns("", production) && (len(out) == 0 || out[len(out)-1] != mark) {
				out = append(out, mark)
			}
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
	p, _ := ip.Prefix(bits) // the bits fit
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
