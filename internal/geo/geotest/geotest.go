// Package geotest makes small databases of locations for tests. Nothing but
// tests imports it.
package geotest

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// Place is what a City or Country database says of a network. A City of "" and
// no coordinates make it a country's.
type Place struct {
	Country, City       string
	Latitude, Longitude float64
	// RadiusKm is left out where it is 0, as DB-IP leaves it out.
	RadiusKm int
}

// System is what a database of autonomous systems says of a network.
type System struct {
	Number       uint32
	Organization string
}

// Places writes a database of places into a folder of the test and returns its
// path. kind is its type, such as GeoLite2-City.
func Places(t testing.TB, kind string, places map[string]Place) string {
	t.Helper()
	records := map[string]mmdbtype.DataType{}
	for network, p := range places {
		m := mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(p.Country)}}
		if p.City != "" {
			m["city"] = mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(p.City)}}
		}
		if p.Latitude != 0 || p.Longitude != 0 {
			at := mmdbtype.Map{"latitude": mmdbtype.Float64(p.Latitude), "longitude": mmdbtype.Float64(p.Longitude)}
			if p.RadiusKm > 0 {
				at["accuracy_radius"] = mmdbtype.Uint16(p.RadiusKm)
			}
			m["location"] = at
		}
		records[network] = m
	}
	return write(t, kind, records)
}

// Systems writes a database of autonomous systems.
func Systems(t testing.TB, systems map[string]System) string {
	t.Helper()
	records := map[string]mmdbtype.DataType{}
	for network, s := range systems {
		records[network] = mmdbtype.Map{
			"autonomous_system_number": mmdbtype.Uint32(s.Number), "autonomous_system_organization": mmdbtype.String(s.Organization),
		}
	}
	return write(t, "GeoLite2-ASN", records)
}

// Flat writes a database whose records have the same keys as those of the
// ip-location-db packages, not nested.
func Flat(t testing.TB, kind string, records map[string]map[string]any) string {
	t.Helper()
	out := map[string]mmdbtype.DataType{}
	for network, fields := range records {
		m := mmdbtype.Map{}
		for k, v := range fields {
			switch v := v.(type) {
			case string:
				m[mmdbtype.String(k)] = mmdbtype.String(v)
			case float64:
				m[mmdbtype.String(k)] = mmdbtype.Float64(v)
			case int:
				m[mmdbtype.String(k)] = mmdbtype.Uint32(v)
			}
		}
		out[network] = m
	}
	return write(t, kind, out)
}

func write(t testing.TB, kind string, records map[string]mmdbtype.DataType) string {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for network, record := range records {
		p := netip.MustParsePrefix(network)
		n := &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
		if err := w.Insert(n, record); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(t.TempDir(), kind+".mmdb")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}
