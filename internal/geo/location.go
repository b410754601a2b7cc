package geo

import "math"

// Location is what a database knows of an address. Parts that it does not know
// are zero.
type Location struct {
	// Country is the ISO 3166 code in two letters.
	Country string
	City    string
	// Latitude and Longitude are in degrees north and east, good if Known.
	Latitude, Longitude float64
	// RadiusKm is how far from there the truth may be: what the database says,
	// or the package's default for its kind.
	RadiusKm float64
	// Known is set where there are coordinates. Without them only countries can
	// be compared.
	Known bool
	// ASN is the number of the autonomous system, Organization its owner.
	ASN          uint32
	Organization string
}

// Errors of databases that do not tell their own. GeoLite2 and DB-IP lite place
// four of five addresses within 50 km in large countries; of an address of
// which just the country is known nothing better can be said than its country.
const (
	DefaultCityRadiusKm    = 50
	DefaultCountryRadiusKm = 1000
)

const earthRadiusKm = 6371.0088 // mean radius, IUGG

// Distance is the great-circle distance in kilometres between two known
// locations, and how much of it is sure: less the errors of both, not below 0.
// Both are 0 where one of them is not known.
func Distance(a, b Location) (km, sure float64) {
	if !a.Known || !b.Known {
		return 0, 0
	}
	const rad = math.Pi / 180
	dLat, dLon := (b.Latitude-a.Latitude)*rad, (b.Longitude-a.Longitude)*rad
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(a.Latitude*rad)*math.Cos(b.Latitude*rad)*math.Pow(math.Sin(dLon/2), 2)
	km = 2 * earthRadiusKm * math.Asin(math.Min(1, math.Sqrt(h)))
	return km, math.Max(0, km-a.RadiusKm-b.RadiusKm)
}
