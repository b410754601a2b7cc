package enrich

import (
	"slices"

	"github.com/burstwatch/burstwatch/internal/event"
	"github.com/burstwatch/burstwatch/internal/inventory"
)

// part is what has to be known for a field.
type part int

const (
	ofStudio part = iota
	ofPlaces      // the studio or a database
	ofASN
)

func (p part) of(k *Knowledge) bool {
	switch {
	case k == nil:
		return false
	case k.Studio != nil:
		return true
	case p == ofPlaces:
		return k.Geo.Countries()
	case p == ofASN:
		return k.Geo.Systems()
	}
	return false
}

// derived is one field of ours.
type derived struct {
	key  event.Key
	from part
	list bool
	// can says whether events of such inputs may have it.
	can func(*inputs) bool
	// value derives it, Null if there is none.
	value func(*reading) event.Value
	// of are the names of the fields that it is derived of, for those that may
	// recur in records (event.Recurring).
	of []string
}

func hasSource(in *inputs) bool      { return in.source != nil }
func hasDestination(in *inputs) bool { return in.destination != nil }
func hasAccount(in *inputs) bool     { return in.account != nil }
func hasKey(in *inputs) bool         { return len(in.keys) > 0 }
func hasRole(in *inputs) bool        { return len(in.roles) > 0 }
func hasPerson(in *inputs) bool      { return in.person != nil }
func always(*inputs) bool            { return true }

// hasOwner says whether something of an event can belong to a production.
func hasOwner(in *inputs) bool { return hasAccount(in) || hasSource(in) || hasDestination(in) }

// all are our fields in key order: those of addresses, which come as a list of the
// address (see spot), and the others.
var all = sorted(slices.Concat(ofSpots, others))

var ofSpots = []derived{
	ofSource(sourceKeys.asn, ofASN), ofSource(sourceKeys.organization, ofASN),
	ofSource(sourceKeys.city, ofPlaces), ofSource(sourceKeys.country, ofPlaces), ofSource(sourceKeys.location, ofPlaces),
	ofDestination(destinationKeys.asn, ofASN), ofDestination(destinationKeys.organization, ofASN),
	ofDestination(destinationKeys.city, ofPlaces), ofDestination(destinationKeys.country, ofPlaces), ofDestination(destinationKeys.location, ofPlaces),

	ofSource(sourceKeys.network, ofStudio), ofSource(sourceKeys.production, ofStudio), ofSource(sourceKeys.site, ofStudio),
	ofSource(sourceKeys.tier, ofStudio), ofSource(sourceKeys.zone, ofStudio), ofSource(sourceKeys.at, ofStudio),
	ofDestination(destinationKeys.network, ofStudio), ofDestination(destinationKeys.production, ofStudio), ofDestination(destinationKeys.site, ofStudio),
	ofDestination(destinationKeys.tier, ofStudio), ofDestination(destinationKeys.zone, ofStudio),
}

var others = sorted([]derived{
	{event.KeyCloudAccountName, ofStudio, false, hasAccount, func(r *reading) event.Value {
		if a := r.account(); a != nil {
			return r.m.text(a.Name)
		}
		return event.Value{}
	}, nil},
	{event.KeyStudioIdentityDuty, ofStudio, false, hasRole, func(r *reading) event.Value {
		return r.text(r.role(), func(x *inventory.Role) string { return x.Duty })
	}, roleNames},
	{event.KeyStudioIdentityProduction, ofStudio, false, hasRole, func(r *reading) event.Value {
		return r.text(r.role(), func(x *inventory.Role) string { return x.Production })
	}, roleNames},
	{event.KeyStudioIdentityPerson, ofStudio, false, hasPerson, (*reading).person, []string{personName}},
	{event.KeyStudioKeyAlias, ofStudio, false, hasKey, keyText(func(k *inventory.Key) string { return k.Alias }), nil},
	{event.KeyStudioKeyProduction, ofStudio, false, hasKey, keyText(func(k *inventory.Key) string { return k.Production }), nil},
	{event.KeyStudioKeyPurpose, ofStudio, false, hasKey, keyText(func(k *inventory.Key) string { return k.Purpose }), nil},
	{event.KeyStudioNetworkName, ofStudio, false, hasOwner, func(r *reading) event.Value {
		if n := r.network(); n != nil && n.Network != nil {
			return r.m.text(n.Network.Name)
		}
		return event.Value{}
	}, nil},
	{event.KeyStudioNetworkZone, ofStudio, false, hasOwner, func(r *reading) event.Value {
		if n := r.network(); n != nil {
			return r.m.text(n.Zone)
		}
		return event.Value{}
	}, nil},
	{event.KeyStudioProduction, ofStudio, false, hasOwner, func(r *reading) event.Value {
		if p := r.production(); p != nil {
			return r.m.text(p.Name)
		}
		return event.Value{}
	}, nil},
	{event.KeyStudioTier, ofStudio, false, hasOwner, func(r *reading) event.Value {
		if p := r.production(); p != nil && p.Tier != 0 {
			return event.Int64(int64(p.Tier))
		}
		return event.Value{}
	}, nil},
	{event.KeyStudioWindow, ofStudio, true, always, (*reading).windows, nil},
})

// Gives reports whether a field is one that events have by what is known
// besides the logs.
func Gives(field string) bool {
	key, ok := event.KeyOf(field)
	return ok && slices.ContainsFunc(all, func(d derived) bool { return d.key == key })
}

func sorted(d []derived) []derived {
	slices.SortFunc(d, func(a, b derived) int { return int(a.key) - int(b.key) })
	return d
}

// spotKeys are the fields of an address.
type spotKeys struct {
	asn, organization, city, country, location event.Key
	network, production, site, tier, zone      event.Key
	// at is the site once more, where the event itself is at the address's; noKey
	// where it is not.
	at event.Key
}

const noKey = event.Key(event.Keys)

var (
	sourceKeys = spotKeys{
		event.KeySourceASNumber, event.KeySourceASOrganizationName, event.KeySourceGeoCityName, event.KeySourceGeoCountryIsoCode, event.KeySourceGeoLocation,
		event.KeyStudioSourceNetwork, event.KeyStudioSourceProduction, event.KeyStudioSourceSite, event.KeyStudioSourceTier, event.KeyStudioSourceZone, event.KeyStudioSite,
	}
	destinationKeys = spotKeys{
		event.KeyDestinationASNumber, event.KeyDestinationASOrganizationName, event.KeyDestinationGeoCityName, event.KeyDestinationGeoCountryIsoCode, event.KeyDestinationGeoLocation,
		event.KeyStudioDestinationNetwork, event.KeyStudioDestinationProduction, event.KeyStudioDestinationSite, event.KeyStudioDestinationTier, event.KeyStudioDestinationZone, noKey,
	}
)

func ofSource(key event.Key, from part) derived {
	return derived{key, from, false, hasSource, func(r *reading) event.Value { return r.source().value(key) }, nil}
}

func ofDestination(key event.Key, from part) derived {
	return derived{key, from, false, hasDestination, func(r *reading) event.Value { return r.destination().value(key) }, nil}
}

func keyText(of func(*inventory.Key) string) func(*reading) event.Value {
	return func(r *reading) event.Value {
		if k := r.key(); k != nil {
			return r.m.text(of(k))
		}
		return event.Value{}
	}
}

func (r *reading) text(x *inventory.Role, of func(*inventory.Role) string) event.Value {
	if x == nil {
		return event.Value{}
	}
	return r.m.text(of(x))
}

// person is the login of somebody whom the record knows by another name.
func (r *reading) person() event.Value {
	if r.k.Studio == nil {
		return event.Value{}
	}
	name := r.first(r.in.person)
	if name == nil {
		return event.Value{}
	}
	if p := r.m.person(r, name); p != nil {
		return r.m.text(p.Login)
	}
	return event.Value{}
}

// windows are the kinds of the windows that are open at the event's time and
// concern its account or production.
func (r *reading) windows() event.Value {
	if !r.k.Studio.AnyWindow(r.ev.Time) {
		return event.Value{}
	}
	account, production := string(r.first(r.in.account)), ""
	if p := r.production(); p != nil {
		production = p.Name
	}
	var kinds []string
	for _, w := range r.k.Studio.Windows(r.ev.Time) {
		if w.Concerns(account, production) && !slices.Contains(kinds, w.Kind) {
			kinds = append(kinds, w.Kind)
		}
	}
	return r.m.list(kinds)
}
