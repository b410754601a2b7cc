package geo

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	maxminddb "github.com/oschwald/maxminddb-golang/v2"
)

// kind is what a database knows.
type kind string

const (
	cities    kind = "City"
	countries kind = "Country"
	systems   kind = "ASN"
)

// kindOf tells it by the type that the file names: GeoLite2-City,
// DBIP-Country-Lite, "city ipv4", GeoIP2-ISP.
func kindOf(name string) kind {
	name = strings.ToLower(name)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) })
	}
	switch {
	case has("city", "enterprise", "precision"):
		return cities
	case has("asn", "isp"): // before country: asn-country is one of systems
		return systems
	case has("country"):
		return countries
	}
	return ""
}

// open maps a file and looks into it.
func open(path string, wanted []kind) (*file, error) {
	r, err := maxminddb.Open(path)
	var missing *fs.PathError
	if errors.As(err, &missing) {
		return nil, missing.Err
	}
	if err != nil {
		return nil, fmt.Errorf("is no database in MaxMind's format: %w", err)
	}
	f := &file{Reader: r, kind: kindOf(r.Metadata.DatabaseType)}
	if !slices.Contains(wanted, f.kind) {
		words := make([]string, len(wanted))
		for i, w := range wanted {
			words[i] = string(w)
		}
		return nil, errors.Join(fmt.Errorf("is a database of type %q; want %s", r.Metadata.DatabaseType, strings.Join(words, " or ")), r.Close())
	}
	for found := range r.Networks() {
		var record map[string]any
		if err := found.Decode(&record); err != nil {
			return nil, errors.Join(fmt.Errorf("is damaged: %w", err), r.Close())
		}
		_, f.flat = record["country_code"]
		break
	}
	return f, nil
}
