package locations

import (
	"math"
	"net/netip"
	"strings"
)

// World tells of addresses, the studio's own by its file and all others by a
// database, and of people. It answers the same to the same question as long as
// it lives, and many may ask at once.
type World interface {
	Place(netip.Addr) Place
	// Person is the login of somebody whom logs know by several names, "" for
	// whoever has one alone.
	Person(name string) string
}

// Place is what is known of an address. The zero Place is an address of which
// nothing is known.
type Place struct {
	// Site is the studio's name of it, "" for an address outside; Kind is the
	// site's: office, vpn, desktop, nat or home.
	Site, Kind string
	// City and Country are the database's; Country has two letters.
	City, Country string
	// Latitude and Longitude are degrees, if Located.
	Latitude, Longitude float64
	Located             bool
	// ErrorKm is how far from there it may really be; 0 means not said.
	ErrorKm float64
	// AS is the number of its autonomous system, 0 if not known; Owner is who
	// runs that.
	AS    uint32
	Owner string
}

// Errors assumed where a database states none. Two databases put one address in
// two towns; in the published comparisons a city is right within 50 km for
// about three of four addresses.
const (
	cityErrorKm = 50
	siteErrorKm = 1
)

// pooled reports whether the site is a door that people far away go through,
// which tells nothing of where they are.
func (p *Place) pooled() bool { return p.Kind == "vpn" || p.remote() }

// remote reports whether machines, not people, are at the site: cloud desktops
// and gateways of networks. The device behind such an address is not the one
// that its person holds.
func (p *Place) remote() bool { return p.Kind == "desktop" || p.Kind == "nat" }

func (p *Place) errorKm() float64 {
	switch {
	case p.ErrorKm > 0:
		return p.ErrorKm
	case p.Site != "":
		return siteErrorKm
	}
	return cityErrorKm
}

// mobile reports whether the owner of the network is a mobile carrier. Carriers
// give out addresses far from the phone.
func (p *Place) mobile() bool {
	if p.Owner == "" {
		return false
	}
	owner := strings.ToLower(p.Owner)
	for _, word := range carriers {
		if strings.Contains(owner, word) {
			return true
		}
	}
	return false
}

// amazon reports whether the network is Amazon's.
func (p *Place) amazon() bool {
	return p.AS == 16509 || p.AS == 14618 || strings.Contains(strings.ToLower(p.Owner), "amazon")
}

var carriers = []string{
	"mobil", "wireless", "cellular", "cellco", "vodafone", "telefonica moviles", "hutchison", "t-mobile", "three uk", "lte", "gsm",
}

// distance is the length of the way from a to b along the earth's surface in
// kilometres (haversine, mean radius 6371 km), and the part of it that the
// errors of both may account for.
func distance(a, b *Place) (km, errorKm float64) {
	const radians, diameter = math.Pi / 180, 2 * 6371.0
	la, lb := a.Latitude*radians, b.Latitude*radians
	dLat, dLon := (lb-la)/2, (b.Longitude-a.Longitude)*radians/2
	h := math.Sin(dLat)*math.Sin(dLat) + math.Cos(la)*math.Cos(lb)*math.Sin(dLon)*math.Sin(dLon)
	return diameter * math.Asin(math.Sqrt(min(1, h))), a.errorKm() + b.errorKm()
}

// prefix is the network that an address counts as where no database tells more:
// what one household or office has.
func prefix(a netip.Addr) netip.Prefix {
	bits := 24
	if a.Is6() {
		bits = 48
	}
	p, _ := a.Prefix(bits)
	return p
}

// wide is the network within which addresses are taken for one provider's.
func wide(a netip.Addr) netip.Prefix {
	bits := 16
	if a.Is6() {
		bits = 32
	}
	p, _ := a.Prefix(bits)
	return p
}
