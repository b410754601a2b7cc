package geo

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime/debug"
	"time"

	maxminddb "github.com/oschwald/maxminddb-golang/v2"
)

// Options name the database files; none is needed. There may be several of a
// kind, such as one for IPv4 and one for IPv6; the first that knows an address
// answers.
type Options struct {
	City []string `yaml:"city" doc:"City or Country databases in MaxMind's format (.mmdb), such as GeoLite2-City or those of make geoip. Without one, places are known by the studio file alone."`
	ASN  []string `yaml:"asn" doc:"Databases of autonomous systems in the same format. Without one, networks have no owner's name."`
}

// DB answers where addresses are. It is immutable and serves all workers at
// once. A nil *DB knows nothing.
//
// Files are mapped into memory, for they are large and little of them is asked
// for. So a new one is moved into place, not written over the old: of a file
// that is cut short underneath, nothing more is known until it is opened again.
type DB struct {
	places, systems []*file
	built           time.Time
}

// Open opens the databases. Without any it returns nil, which is a DB that
// knows nothing. The error names every file that cannot be used, and why.
func Open(o Options) (*DB, error) {
	db := &DB{}
	var errs []error
	take := func(paths []string, key string, into *[]*file, kinds ...kind) {
		for _, path := range paths {
			f, err := open(path, kinds)
			if err != nil {
				errs = append(errs, fmt.Errorf("geoip.%s: %s: %w", key, path, err))
				continue
			}
			*into = append(*into, f)
			if t := f.built(); db.built.IsZero() || t.Before(db.built) {
				db.built = t
			}
		}
	}
	take(o.City, "city", &db.places, cities, countries)
	take(o.ASN, "asn", &db.systems, systems)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if len(db.places)+len(db.systems) == 0 {
		return nil, nil //nolint:nilnil // a nil DB is one that knows nothing, as the type says
	}
	return db, nil
}

// Cities reports whether coordinates and cities can be told.
func (db *DB) Cities() bool { return db != nil && len(db.places) > 0 && db.places[0].kind == cities }

// Countries reports whether countries can be told.
func (db *DB) Countries() bool { return db != nil && len(db.places) > 0 }

// Systems reports whether autonomous systems can be told.
func (db *DB) Systems() bool { return db != nil && len(db.systems) > 0 }

// Built is when the oldest of the databases was made, zero for none.
func (db *DB) Built() time.Time {
	if db == nil {
		return time.Time{}
	}
	return db.built
}

// Lookup tells what is known of an address; of private ones nothing is.
func (db *DB) Lookup(a netip.Addr) (l Location) {
	if db == nil || !a.IsValid() {
		return l
	}
	// A mapped file that was cut short is a fault of memory.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			l = Location{}
		}
	}()
	a = a.Unmap()
	for _, f := range db.places {
		if f.locate(a, &l) {
			break
		}
	}
	for _, f := range db.systems {
		if f.system(a, &l) {
			break
		}
	}
	return l
}

// file is one database.
type file struct {
	*maxminddb.Reader
	kind kind
	flat bool
}

func (f *file) built() time.Time {
	return time.Unix(int64(f.Metadata.BuildEpoch), 0).UTC()
}

// nested is a record as MaxMind and DB-IP have it.
type nested struct {
	Country struct {
		ISO string `maxminddb:"iso_code"`
	} `maxminddb:"country"`
	City struct {
		Names struct {
			English string `maxminddb:"en"`
		} `maxminddb:"names"`
	} `maxminddb:"city"`
	Location struct {
		Latitude  *float64 `maxminddb:"latitude"`
		Longitude *float64 `maxminddb:"longitude"`
		RadiusKm  uint32   `maxminddb:"accuracy_radius"`
	} `maxminddb:"location"`
}

// flat is a record as the packages of ip-location-db have it.
type flat struct {
	Country   string   `maxminddb:"country_code"`
	City      string   `maxminddb:"city"`
	Latitude  *float64 `maxminddb:"latitude"`
	Longitude *float64 `maxminddb:"longitude"`
}

func (f *file) locate(a netip.Addr, l *Location) bool {
	found := f.lookup(a)
	if !found.Found() {
		return false
	}
	var lat, lon *float64
	if f.flat {
		var r flat
		if found.Decode(&r) != nil {
			return false
		}
		l.Country, l.City, lat, lon = r.Country, r.City, r.Latitude, r.Longitude
	} else {
		var r nested
		if found.Decode(&r) != nil {
			return false
		}
		l.Country, l.City, lat, lon, l.RadiusKm = r.Country.ISO, r.City.Names.English, r.Location.Latitude, r.Location.Longitude, float64(r.Location.RadiusKm)
	}
	if lat == nil || lon == nil {
		l.RadiusKm = 0
		return true
	}
	l.Latitude, l.Longitude, l.Known = *lat, *lon, true
	switch {
	case l.RadiusKm > 0:
	case l.City == "":
		l.RadiusKm = DefaultCountryRadiusKm
	default:
		l.RadiusKm = DefaultCityRadiusKm
	}
	return true
}

func (f *file) system(a netip.Addr, l *Location) bool {
	var r struct {
		Number uint32 `maxminddb:"autonomous_system_number"`
		Owner  string `maxminddb:"autonomous_system_organization"`
	}
	found := f.lookup(a)
	if !found.Found() || found.Decode(&r) != nil {
		return false
	}
	l.ASN, l.Organization = r.Number, r.Owner
	return true
}

// lookup finds nothing of an IPv6 address in a database of IPv4.
func (f *file) lookup(a netip.Addr) maxminddb.Result {
	if a.Is6() && f.Metadata.IPVersion == 4 {
		return maxminddb.Result{}
	}
	return f.Lookup(a)
}
