package locations

import (
	"embed"
	"fmt"
	"net/netip"

	"github.com/burstwatch/burstwatch/internal/enrich"
	"github.com/burstwatch/burstwatch/rules/detect"
	"github.com/burstwatch/burstwatch/rules/sigma"
)

// Files are the headers of the rules, one a file.
//
//go:embed *.yml
var Files embed.FS

// The names of the package's detectors, as headers have them.
const (
	concurrentName = "locations.concurrent"
	sharedName     = "locations.shared-key"
)

// Names are the names of the package's detectors.
func Names() []string { return []string{concurrentName, sharedName} }

// New makes the detector of that name. A changed studio file or database asks
// for a new one. Without knowledge, nil, networks are compared by their
// addresses alone.
func New(name string, header *sigma.Rule, k *enrich.Knowledge) (detect.Rule, error) {
	w := known{k}
	switch name {
	case concurrentName:
		return NewConcurrent(header, w), nil
	case sharedName:
		return NewSharedKey(header, w), nil
	}
	return nil, fmt.Errorf("package locations has no detector %s", name)
}

// known answers by the studio file and the database.
type known struct{ *enrich.Knowledge }

// Place implements World.
func (k known) Place(a netip.Addr) Place {
	w := k.Where(a, "", "")
	out := Place{
		City: w.City, Country: w.Country, Latitude: w.Latitude, Longitude: w.Longitude, Located: w.Known, ErrorKm: w.RadiusKm,
		AS: w.ASN, Owner: w.Organization,
	}
	switch p := w.Place; {
	case p == nil || !p.Own():
	case p.Site != nil:
		out.Site, out.Kind = p.Site.Name, p.Site.Kind
	default: // a network or machine of the studio: whoever uses it is somewhere else
		out.Site, out.Kind = p.Name(), "nat"
		if out.Site == "" {
			out.Site = "a network of the studio"
		}
	}
	return out
}

// Person implements World.
func (k known) Person(name string) string {
	if p := k.Inventory().Person(name); p != nil {
		return p.Login
	}
	return ""
}
