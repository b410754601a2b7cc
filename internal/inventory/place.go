package inventory

import "net/netip"

// Place is what is known of an address, an interface or a subnet. Parts that do
// not apply are nil.
type Place struct {
	// Prefix is the most special network that the file names for it.
	Prefix netip.Prefix
	// Site is the site or pool that it belongs to.
	Site *Site
	// Elsewhere is set for a place that is not the studio's.
	Elsewhere *Elsewhere
	// Network and Subnet are those of a VPC.
	Network *Network
	Subnet  *Subnet
	// Host is the machine, Duty what it is: bastion, licence_server or repository.
	Host *Host
	Duty string
	// Production is the one whose network or host it is, nil if it is shared.
	Production *Production
	// Tier is the production's, 0 if there is none.
	Tier int
	// Zone is the kind of the subnet, network or site: content, management,
	// logging, office, vpn, desktop, nat or home; "" for Elsewhere.
	Zone string
}

// Own reports whether the place is the studio's. A nil place is not.
func (p *Place) Own() bool { return p != nil && p.Elsewhere == nil }

// Content reports whether the place is a content network.
func (p *Place) Content() bool { return p != nil && p.Zone == ZoneContent }

// Name is what people call the place: its host, site or network with subnet.
func (p *Place) Name() string {
	switch {
	case p == nil:
		return ""
	case p.Host != nil && p.Host.Name != "":
		return p.Host.Name
	case p.Site != nil:
		return p.Site.Name
	case p.Elsewhere != nil:
		return p.Elsewhere.Name
	case p.Subnet != nil && p.Subnet.Name != "":
		return p.Network.Name + "/" + p.Subnet.Name
	case p.Network != nil:
		return p.Network.Name
	}
	return ""
}

// Coordinates are where the place is, in degrees north and east; false if the
// file does not say.
func (p *Place) Coordinates() (latitude, longitude float64, ok bool) {
	switch {
	case p == nil:
	case p.Site != nil:
		latitude, longitude = p.Site.Latitude, p.Site.Longitude
	case p.Elsewhere != nil:
		latitude, longitude = p.Elsewhere.Latitude, p.Elsewhere.Longitude
	}
	return latitude, longitude, latitude != 0 || longitude != 0
}

// Zones of networks.
const (
	ZoneContent    = "content"
	ZoneManagement = "management"
	ZoneLogging    = "logging"
)

// Duties of hosts.
const (
	DutyBastion    = "bastion"
	DutyLicence    = "licence_server"
	DutyRepository = "repository"
)
