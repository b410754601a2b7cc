package enrich

import (
	"net/netip"

	"github.com/burstwatch/burstwatch/internal/geo"
	"github.com/burstwatch/burstwatch/internal/inventory"
)

// Knowledge is what is known besides the logs: the studio and where addresses
// are. It is immutable; either part may be nil, and so may a *Knowledge.
type Knowledge struct {
	Studio *inventory.Index
	Geo    *geo.DB
}

// Where is where an address is, by all that is known.
type Where struct {
	// Place is the studio file's, nil if it says nothing of the address.
	Place *inventory.Place
	// Location is the place's own where the studio file says where it is, else
	// the database's.
	geo.Location
}

// Sites are small against any error of a database.
const siteRadiusKm = 10

// defaultRadiusKm is that of a place of the studio file which is not its own.
const defaultRadiusKm = 50

// Inventory is the studio's index; nil knows nothing.
func (k *Knowledge) Inventory() *inventory.Index {
	if k == nil {
		return nil
	}
	return k.Studio
}

// Where tells where an address is, for a record of an account and region,
// which may be empty.
func (k *Knowledge) Where(a netip.Addr, account, region string) Where {
	return k.whereIn(a, account, region, "")
}

func (k *Knowledge) whereIn(a netip.Addr, account, region, vpc string) (w Where) {
	if k == nil || !a.IsValid() {
		return w
	}
	w.Place = k.Studio.AddressIn(a, account, region, vpc)
	w.Location = k.Geo.Lookup(a)
	if w.Place == nil {
		return w
	}
	lat, lon, ok := w.Place.Coordinates()
	if ok {
		w.Latitude, w.Longitude, w.Known, w.RadiusKm = lat, lon, true, siteRadiusKm
	}
	switch p := w.Place; {
	case p.Site != nil:
		w.overrule(ok, p.Site.Country, p.Site.City)
	case p.Elsewhere != nil:
		e := p.Elsewhere
		w.overrule(ok, e.Country, e.City)
		if ok {
			w.RadiusKm = defaultRadiusKm
		}
		if e.RadiusKm > 0 {
			w.RadiusKm = e.RadiusKm
		}
		if e.ASN != 0 {
			w.ASN, w.Organization = uint32(e.ASN), e.Organization
		}
	}
	return w
}

// overrule puts the studio file's words in place of the database's. Where the
// file has coordinates, the database's city goes: it may be another one.
func (w *Where) overrule(placed bool, country, city string) {
	if country != "" {
		w.Country = country
	}
	if placed || city != "" {
		w.City = city
	}
}
