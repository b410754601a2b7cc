package geo_test

import (
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/burstwatch/burstwatch/internal/geo"
	"github.com/burstwatch/burstwatch/internal/geo/geotest"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func open(t *testing.T, o geo.Options) *geo.DB {
	t.Helper()
	db, err := geo.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

var towns = map[string]geotest.Place{
	"203.0.113.0/24":    {Country: "GB", City: "London", Latitude: 51.5, Longitude: -0.1, RadiusKm: 20},
	"198.51.100.0/25":   {Country: "SG", City: "Singapore", Latitude: 1.35, Longitude: 103.8},
	"192.0.2.0/24":      {Country: "US", Latitude: 37.7, Longitude: -97.8},
	"2001:db8::/32":     {Country: "CA", City: "Vancouver", Latitude: 49.3, Longitude: -123.1},
	"198.51.100.128/25": {Country: "FR"},
}

func TestAnAddressIsWhereTheDatabaseSays(t *testing.T) {
	db := open(t, geo.Options{
		City: []string{geotest.Places(t, "GeoLite2-City", towns)},
		ASN:  []string{geotest.Systems(t, map[string]geotest.System{"203.0.113.0/24": {Number: 64496, Organization: "Example"}})},
	})
	for text, want := range map[string]geo.Location{
		"203.0.113.9":        {Country: "GB", City: "London", Latitude: 51.5, Longitude: -0.1, RadiusKm: 20, Known: true, ASN: 64496, Organization: "Example"},
		"::ffff:203.0.113.9": {Country: "GB", City: "London", Latitude: 51.5, Longitude: -0.1, RadiusKm: 20, Known: true, ASN: 64496, Organization: "Example"},
		"198.51.100.1":       {Country: "SG", City: "Singapore", Latitude: 1.35, Longitude: 103.8, RadiusKm: geo.DefaultCityRadiusKm, Known: true},
		"198.51.100.129":     {Country: "FR"},
		"192.0.2.1":          {Country: "US", Latitude: 37.7, Longitude: -97.8, RadiusKm: geo.DefaultCountryRadiusKm, Known: true},
		"2001:db8::1":        {Country: "CA", City: "Vancouver", Latitude: 49.3, Longitude: -123.1, RadiusKm: geo.DefaultCityRadiusKm, Known: true},
		"10.0.0.1":           {},
	} {
		if got := db.Lookup(addr(text)); got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
	if !db.Cities() || !db.Countries() || !db.Systems() || db.Built().IsZero() {
		t.Error("the databases do not say what they are")
	}
}

func TestFlatDatabasesForEachProtocolAreOne(t *testing.T) {
	four := geotest.Flat(t, "city ipv4", map[string]map[string]any{"203.0.113.0/24": {"country_code": "GB", "city": "London", "latitude": 51.5, "longitude": -0.1}})
	six := geotest.Flat(t, "city ipv6", map[string]map[string]any{"2001:db8::/32": {"country_code": "CA", "city": "", "latitude": 49.3, "longitude": -123.1}})
	db := open(t, geo.Options{City: []string{four, six}})
	if l := db.Lookup(addr("203.0.113.1")); l.City != "London" || l.Country != "GB" || l.RadiusKm != geo.DefaultCityRadiusKm {
		t.Errorf("IPv4: %+v", l)
	}
	if l := db.Lookup(addr("2001:db8::5")); l.Country != "CA" || !l.Known || l.RadiusKm != geo.DefaultCountryRadiusKm {
		t.Errorf("IPv6: %+v", l)
	}
}

func TestWithoutADatabaseNothingIsKnown(t *testing.T) {
	db := open(t, geo.Options{})
	if l := db.Lookup(addr("203.0.113.1")); l != (geo.Location{}) || db.Cities() || db.Countries() || db.Systems() || !db.Built().IsZero() {
		t.Errorf("%+v", l)
	}
}

func TestACountryDatabaseKnowsNoCities(t *testing.T) {
	db := open(t, geo.Options{City: []string{geotest.Places(t, "GeoLite2-Country", map[string]geotest.Place{"203.0.113.0/24": {Country: "GB"}})}})
	if db.Cities() || !db.Countries() {
		t.Error("it says otherwise")
	}
	if l := db.Lookup(addr("203.0.113.1")); l.Country != "GB" || l.Known {
		t.Errorf("%+v", l)
	}
}

func TestWhatCannotBeUsedIsNamed(t *testing.T) {
	dir := t.TempDir()
	rubbish := dir + "/rubbish.mmdb"
	if err := os.WriteFile(rubbish, []byte(strings.Repeat("rubbish", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	asn := geotest.Systems(t, map[string]geotest.System{"203.0.113.0/24": {Number: 64496, Organization: "Example"}})
	_, err := geo.Open(geo.Options{City: []string{dir + "/none.mmdb", rubbish, asn}, ASN: []string{geotest.Places(t, "GeoLite2-City", towns)}})
	if err == nil {
		t.Fatal("all of it is taken")
	}
	for _, want := range []string{
		"geoip.city: " + dir + "/none.mmdb: no such file", "geoip.city: " + rubbish + ": is no database in MaxMind's format",
		`is a database of type "GeoLite2-ASN"; want City or Country`, "geoip.asn: ", "want ASN",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
}

// Somebody copies a new database over the one that is in use.
func TestAFileCutShortUnderneathDoesNotEndTheProgram(t *testing.T) {
	name := geotest.Places(t, "GeoLite2-City", towns)
	db := open(t, geo.Options{City: []string{name}})
	if err := os.Truncate(name, 0); err != nil {
		t.Fatal(err)
	}
	if l := db.Lookup(addr("203.0.113.9")); l != (geo.Location{}) {
		t.Logf("the pages were still there: %+v", l)
	}
}

func TestDistanceAllowsForTheDatabaseOwnError(t *testing.T) {
	london := geo.Location{Latitude: 51.5074, Longitude: -0.1278, Known: true, RadiusKm: 50}
	singapore := geo.Location{Latitude: 1.3521, Longitude: 103.8198, Known: true, RadiusKm: 50}
	if km, sure := geo.Distance(london, singapore); km < 10840 || km > 10870 || sure != km-100 {
		t.Errorf("London to Singapore: %v km, %v sure", km, sure)
	}
	near := london
	near.Latitude += 0.5
	if km, sure := geo.Distance(london, near); km < 50 || km > 60 || sure != 0 {
		t.Errorf("55 km: %v, %v sure", km, sure)
	}
	if km, sure := geo.Distance(london, geo.Location{Country: "SG"}); km != 0 || sure != 0 {
		t.Errorf("to a country: %v, %v", km, sure)
	}
}

func BenchmarkLookup(b *testing.B) {
	db, err := geo.Open(geo.Options{City: []string{geotest.Places(b, "GeoLite2-City", towns)}})
	if err != nil {
		b.Fatal(err)
	}
	a := addr("203.0.113.9")
	b.ReportAllocs()
	for b.Loop() {
		db.Lookup(a)
	}
}
