package geo

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	maxminddb "github.com/oschwald/maxminddb-golang/v2"
)

// Options name the database files; an empty path is none.
type Options struct {
	City string `yaml:"city" doc:"A City or Country database in MaxMind's format (.mmdb), such as GeoLite2-City or DB-IP's. Without one, places are known by the studio file alone."`
	ASN  string `yaml:"asn" doc:"A database of autonomous systems in the same format. Without one, networks have no owner's name."`
}

// DB answers where addresses are. It is immutable and serves all workers at
// once. A nil *DB knows nothing.
type DB struct {
	place, asn *maxminddb.Reader
	city       bool
}

// Open opens the databases. With no path at all it returns nil, which is a DB
// that knows nothing.
func Open(o Options) (*DB, error) {
	var db DB
	var errs []error
	open := func(path, what string, suits func(kind string) bool) *maxminddb.Reader {
		if path == "" {
			return nil
		}
		r, err := maxminddb.Open(path)
		if err != nil {
			errs = append(errs, fmt.Errorf("geoip.%s: %w", what, err))
			return nil
		}
		if kind := r.Metadata.DatabaseType; !suits(kind) {
			errs = append(errs, fmt.Errorf("geoip.%s: %s is a database of type %q: want %s", what, path, kind, wanted[what]), r.Close())
			return nil
		}
		return r
	}
	db.place = open(o.City, "city", func(kind string) bool { return isCity(kind) || strings.Contains(kind, "Country") })
	db.asn = open(o.ASN, "asn", func(kind string) bool { return strings.Contains(kind, "ASN") || strings.Contains(kind, "ISP") })
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if db.place == nil && db.asn == nil {
		return nil, nil //nolint:nilnil // a nil DB is one that knows nothing, as the type says
	}
	db.city = db.place != nil && isCity(db.place.Metadata.DatabaseType)
	return &db, nil
}

var wanted = map[string]string{
	"city": "one whose type says City or Country",
	"asn":  "one whose type says ASN or ISP",
}

func isCity(kind string) bool {
	return strings.Contains(kind, "City") || strings.Contains(kind, "Enterprise")
}

// Close unmaps the files. No look-up may be under way or follow.
func (db *DB) Close() error {
	if db == nil {
		return nil
	}
	var errs []error
	for _, r := range []*maxminddb.Reader{db.place, db.asn} {
		if r != nil {
			errs = append(errs, r.Close())
		}
	}
	return errors.Join(errs...)
}

// Cities reports whether coordinates and cities can be told, Countries whether
// countries can, and Systems whether autonomous systems can.
func (db *DB) Cities() bool { return db != nil && db.city }

// Countries reports whether countries can be told.
func (db *DB) Countries() bool { return db != nil && db.place != nil }

// Systems reports whether autonomous systems can be told.
func (db *DB) Systems() bool { return db != nil && db.asn != nil }

// Built is when the oldest of the databases was made, zero for none.
func (db *DB) Built() time.Time {
	var oldest time.Time
	if db == nil {
		return oldest
	}
	for _, r := range []*maxminddb.Reader{db.place, db.asn} {
		if r == nil {
			continue
		}
		if t := time.Unix(int64(r.Metadata.BuildEpoch), 0).UTC(); oldest.IsZero() || t.Before(oldest) { //nolint:gosec // a time of this age
			oldest = t
		}
	}
	return oldest
}

// record is what is read of a City or Country database.
type record struct {
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
		RadiusKm  float64  `maxminddb:"accuracy_radius"`
	} `maxminddb:"location"`
	// Flat databases, as npm's lite packages have them.
	FlatCountry string `maxminddb:"country_code"`
}

// Lookup tells what is known of an address; nothing is, of private ones.
func (db *DB) Lookup(a netip.Addr) Location {
	var l Location
	if db == nil || !a.IsValid() {
		return l
	}
	a = a.Unmap()
	if db.place != nil {
		db.locate(a, &l)
	}
	if db.asn != nil {
		var r struct {
			Number uint32 `maxminddb:"autonomous_system_number"`
			Owner  string `maxminddb:"autonomous_system_organization"`
		}
		if db.asn.Lookup(a).Decode(&r) == nil {
			l.ASN, l.Organization = r.Number, r.Owner
		}
	}
	return l
}

func (db *DB) locate(a netip.Addr, l *Location) {
	var r record
	if err := db.place.Lookup(a).Decode(&r); err != nil {
		return
	}
	l.Country, l.City = r.Country.ISO, r.City.Names.English
	if r.Location.Latitude == nil || r.Location.Longitude == nil {
		return
	}
	l.Latitude, l.Longitude, l.Known = *r.Location.Latitude, *r.Location.Longitude, true
	l.RadiusKm = r.Location.RadiusKm
	switch {
	case l.RadiusKm > 0:
	case l.City == "":
		l.RadiusKm = DefaultCountryRadiusKm
	default:
		l.RadiusKm = DefaultCityRadiusKm
	}
}
